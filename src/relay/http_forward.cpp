// SPDX-License-Identifier: GPL-3.0-or-later
// Request by request: judged, said anew, answered; after an upgrade bytes as they come.
#include "http_forward.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "http_leg.hpp"
#include "tunnel_pump.hpp"
#include "tunnels_impl.hpp"

namespace soulfabric::relay {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::chrono::seconds kHeadTime{20};    // from the first byte of a head to its last
constexpr std::chrono::seconds kTunnelTime{30};  // for a tunnel, its turn included
constexpr std::chrono::seconds kLingerTime{2};   // for a browser to take a refusal
constexpr std::chrono::seconds kSurelyOpen{5};   // a tunnel idle for longer may have been ended by the other side
constexpr std::size_t kLingerBytes = 1024 * 1024;

/// One request and its answer.
struct Exchange {
  HttpDoor& door;
  IoClock& clock;
  Duration idle;
  HttpLeg& client;
  HttpLeg& far;
  const ForwardRequest& request;
  ForwardResponse response{};
  bool answered = false;   // bytes of an answer went to the browser
  bool body_sent = false;  // of the request, whole
  bool whole = false;      // the answer, to its end
  bool over = false;       // nothing more is expected of the other side
};

/// Bytes of a body from one leg to the other, to its end.
Task<Status> pass_body(HttpLeg& from, net::ByteStream& to, BodyPlan plan, IoClock& clock, Duration idle) {
  BodyMeter meter(plan);
  while (!meter.is_done()) {
    if (!from.has_bytes()) {
      auto more = co_await from.more(clock.now() + idle);
      if (!more && more.error().code == Errc::Closed && meter.is_until_end()) co_return Status{};
      if (!more) co_return more;
    }
    const auto part = meter.take(from.view());
    if (!part) co_return std::unexpected(part.error());
    auto written = co_await to.write(from.view().first(*part), clock.now() + idle);
    if (!written) co_return written;
    from.use(*part);
  }
  co_return Status{};
}

Task<Result<HttpHead>> read_head(HttpLeg& leg, bool is_response, MonoTime deadline) {
  for (;;) {
    auto parsed = is_response ? parse_response_head(leg.view()) : parse_request_head(leg.view());
    if (!parsed) co_return std::unexpected(std::move(parsed).error());
    if (*parsed) co_return std::move(**parsed);
    const auto more = co_await leg.more(deadline);
    if (!more) co_return std::unexpected(more.error());
  }
}

Task<void> tell(HttpLeg& client, ForwardRefusal refusal, IoClock& clock) {
  const MonoTime deadline = clock.now() + kLingerTime;
  const std::string text = render_refusal(refusal);
  const auto written = co_await client.stream().write(bytes_of(text), deadline);
  if (!written) co_return;
  client.stream().shutdown_write();
  std::size_t dropped = client.view().size();
  client.use(dropped);
  while (dropped < kLingerBytes) {  // a connection closed over unread bytes would take the answer with it
    const auto more = co_await client.more(deadline);
    if (!more) co_return;
    dropped += client.view().size();
    client.use(client.view().size());
  }
}

/// The first bytes of both sides may have been read already.
Task<void> pass_bytes(Exchange& ex) {
  const auto out = co_await ex.far.stream().write(ex.client.view(), ex.clock.now() + ex.idle);
  if (!out) co_return;
  const auto in = co_await ex.client.stream().write(ex.far.view(), ex.clock.now() + ex.idle);
  if (!in) co_return;
  ex.client.use(ex.client.view().size());
  ex.far.use(ex.far.view().size());
  TunnelEntry counted;  // the tunnel counts its bytes itself
  counted.peer = ex.door.settings.peer;
  co_await pump_both_ways(ex.door.tunnels.near_room(), std::make_shared<TunnelEntry>(std::move(counted)), ex.far.stream(),
                          ex.client.stream());
}

/// Heads until the last one; false: nothing came, or nothing that makes sense.
Task<bool> receive_head(Exchange& ex) {
  do {
    const auto head = co_await read_head(ex.far, true, ex.clock.now() + ex.idle);
    if (!head) co_return false;
    auto response = rewrite_response(*head, ex.request, ex.door.rules);
    if (!response) co_return false;
    ex.far.use(head->size);
    ex.response = std::move(*response);
    ex.answered = true;
    const auto written = co_await ex.client.stream().write(bytes_of(ex.response.head), ex.clock.now() + ex.idle);
    if (!written) co_return false;
  } while (ex.response.interim);
  co_return true;
}

Task<void> receive(Exchange& ex) {
  const bool has_head = co_await receive_head(ex);
  if (!has_head) co_return;
  if (ex.response.upgraded) {
    co_await pass_bytes(ex);
    co_return;
  }
  const auto passed = co_await pass_body(ex.far, ex.client.stream(), ex.response.body, ex.clock, ex.idle);
  ex.whole = passed.has_value();
  ex.over = true;
  if (!passed) ex.client.stream().close();  // cut short: the browser must not take it for whole
}

/// A browser that leaves while its answer is on the way frees the tunnel.
Task<void> watch_client(Exchange& ex) {
  const auto more = co_await ex.client.more(kNever);
  if (!more && !ex.over) ex.far.stream().close();
  co_await ex.clock.sleep_until(kNever);
}

/// What follows the body is watched like above: the answer ends this, whichever comes first.
Task<void> send_body_and_watch(Exchange& ex) {
  const auto sent = co_await pass_body(ex.client, ex.far.stream(), ex.request.body, ex.clock, ex.idle);
  ex.body_sent = sent.has_value();
  // Where the other side takes no more it may have answered already; where the browser left nobody wants an answer.
  if (sent && !ex.client.has_bytes()) co_await watch_client(ex);
  co_await ex.clock.sleep_until(kNever);
}

Task<void> converse(Exchange& ex) {
  const auto sent = co_await ex.far.stream().write(bytes_of(ex.request.head), ex.clock.now() + ex.idle);
  if (!sent) co_return;
  if (ex.request.body.kind != BodyKind::None) {
    co_await (receive(ex) || send_body_and_watch(ex));
    co_return;
  }
  ex.body_sent = true;
  if (ex.request.upgrade || ex.client.has_bytes())
    co_await receive(ex);
  else
    co_await (receive(ex) || watch_client(ex));
}

/// True: the browser may go on with its next request.
Task<bool> answer(HttpDoor& door, HttpLeg& client, const ForwardRequest& request) {
  IoClock& clock = door.tunnels.deps().clock;
  Duration age = request.repeatable ? Duration::max() : kSurelyOpen;
  for (;;) {
    auto taken = co_await door.pool.take(door.settings, age, clock.now() + kTunnelTime);
    if (!taken) {
      co_await tell(client, refusal_for(taken.error()), clock);
      co_return false;
    }
    HttpLeg far(*taken->stream);
    Exchange ex{door, clock, door.tunnels.settings().idle, client, far, request};
    co_await converse(ex);
    if (!ex.answered && taken->used_before && request.repeatable) {  // the other side had ended it meanwhile
      age = Duration::zero();
      continue;
    }
    if (!ex.answered) {
      co_await tell(client, {502, "The other node ended the tunnel before it answered; try again."}, clock);
      co_return false;
    }
    if (ex.whole && ex.response.reusable && ex.body_sent && !far.has_bytes()) door.pool.give_back(door.settings, std::move(taken->stream));
    co_return ex.whole&& ex.body_sent && !ex.response.last;
  }
}

}  // namespace

Task<void> serve_http(HttpDoor door, net::ByteStream& stream) {
  IoClock& clock = door.tunnels.deps().clock;
  HttpLeg client(stream);
  for (;;) {
    if (!client.has_bytes()) {
      const auto ready = co_await stream.wait_readable(clock.now() + door.tunnels.settings().idle);
      if (!ready) co_return;
    }
    const auto head = co_await read_head(client, false, clock.now() + kHeadTime);
    const bool gone =
        !head && head.error().code != Errc::Malformed && head.error().code != Errc::TooLarge && head.error().code != Errc::Unsupported;
    if (gone) co_return;
    const auto request = head ? rewrite_request(*head, door.rules) : std::unexpected(refusal_for(head.error()));
    if (!request) {
      door.tunnels.refused(TunnelRefusal::Host);
      co_await tell(client, request.error(), clock);
      co_return;
    }
    client.use(head->size);
    const bool goes_on = co_await answer(door, client, *request);
    if (!goes_on) co_return;
  }
}

}  // namespace soulfabric::relay
