// SPDX-License-Identifier: GPL-3.0-or-later
// Far side and middle. Every refusal towards the other node is one byte; the reason is counted here only.
#include "tunnel_service.hpp"

#include <algorithm>
#include <array>

#include "soulfabric/net/local.hpp"
#include "soulfabric/net/tls_stream.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;
using fabric::CallStatus;

constexpr std::chrono::hours kLongest{24 * 30};  // a call has an end; an idle tunnel is closed long before
constexpr std::chrono::seconds kOpenTime{10};    // each step until the bytes flow
constexpr std::chrono::seconds kSayTime{5};
constexpr std::uint32_t kLoopback = 0x7F000001;

TunnelAnswer answer_for(TunnelRefusal why) noexcept {
  switch (why) {
    case TunnelRefusal::PerPeer:
    case TunnelRefusal::Total:
    case TunnelRefusal::Rate: return TunnelAnswer::Busy;
    case TunnelRefusal::Down: return TunnelAnswer::Down;
    case TunnelRefusal::Loop: return TunnelAnswer::Loop;
    default: return TunnelAnswer::Refused;
  }
}

/// A stream that somebody else owns and that outlives this; only an explicit `close` resets it.
class BorrowedStream final : public net::ByteStream {
 public:
  explicit BorrowedStream(net::ByteStream& inner) : inner_(inner) {}
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override { return inner_.read_some(into, deadline); }
  Task<Status> wait_readable(MonoTime deadline) override { return inner_.wait_readable(deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_.write(data, deadline); }
  Task<Status> send_file(int file, std::uint64_t from, std::uint64_t count, MonoTime deadline) override {
    return inner_.send_file(file, from, count, deadline);
  }
  void shutdown_write() override { inner_.shutdown_write(); }
  void close() override { inner_.close(); }
  bool is_open() const noexcept override { return inner_.is_open(); }
  Endpoint remote() const override { return inner_.remote(); }
  Endpoint local() const override { return inner_.local(); }

 private:
  net::ByteStream& inner_;
};

Task<Result<std::string>> read_hello(net::ByteStream& stream, MonoTime deadline) {
  std::array<std::uint8_t, kHelloCap> words;
  std::size_t filled = 0;
  for (;;) {
    const auto got = co_await net::read_exactly(stream, MutableByteView(words).subspan(filled, 1), deadline);
    if (!got) co_return std::unexpected(got.error());
    ++filled;
    auto parsed = parse_hello(ByteView(words).first(filled));
    if (!parsed) co_return std::unexpected(std::move(parsed).error());
    if (*parsed) co_return std::move(**parsed);
  }
}

fabric::ServiceInfo about() {
  fabric::ServiceInfo info;
  info.name = std::string(kTunnelService);
  info.version = "1.0.0";
  info.longest_call = kLongest;
  info.announced = false;
  return info;
}

fabric::MethodInfo small_question() {
  fabric::MethodInfo info;
  info.request_cap = 256;
  return info;
}

}  // namespace

TunnelService::TunnelService(TunnelsImpl& tunnels)
    : TypedService(about(), {fabric::stream_method<&TunnelService::open>("Open", small_question()),
                             fabric::stream_method<&TunnelService::relay>("Relay", small_question()),
                             fabric::stream_method<&TunnelService::relayed>("Relayed", small_question())}),
      tunnels_(tunnels) {}

Task<CallStatus> TunnelService::open(fabric::CallContext& context, OpenQuestion question, mesh::Stream& stream) {
  co_await tunnels_.serve_target(context.caller, std::nullopt, std::move(question.target), stream);
  co_return CallStatus::Ok;
}
Task<CallStatus> TunnelService::relay(fabric::CallContext& context, RelayQuestion question, mesh::Stream& stream) {
  co_await tunnels_.serve_relay(context.caller, question.peer, stream);
  co_return CallStatus::Ok;
}
Task<CallStatus> TunnelService::relayed(fabric::CallContext& context, fabric::Nothing, mesh::Stream& stream) {
  co_await tunnels_.serve_relayed(context.caller, stream);
  co_return CallStatus::Ok;
}

std::optional<TunnelRefusal> TunnelsImpl::judge(const PeerId& peer, const std::string& target) const {
  if (!settings_.enabled || !started_) return TunnelRefusal::Disabled;
  if (!rights_of(peer).tunnel_targets || deps_.guard.is_banned(guard::Subject::peer(peer.text()))) return TunnelRefusal::NoRight;
  if (is_gateway(target)) return std::nullopt;
  const auto found = settings_.targets.find(target);
  if (found == settings_.targets.end()) return TunnelRefusal::Target;
  if (is_own_port(found->second)) return TunnelRefusal::OwnPort;
  return std::nullopt;
}

std::optional<TunnelRefusal> TunnelsImpl::judge_relay(const PeerId& caller, const PeerId& peer) const {
  if (!settings_.relay || !started_) return TunnelRefusal::Disabled;
  const auto allowed = rights_of(caller).relay_for;
  if (std::ranges::find(allowed, peer) == allowed.end()) return TunnelRefusal::NoRight;
  if (peer == deps_.links.self() || peer == caller) return TunnelRefusal::Loop;
  return std::nullopt;
}

std::optional<TunnelRefusal> TunnelsImpl::judge_place(TunnelSide side, const PeerId& peer) const {
  const auto none = book_.refuses(side, peer);
  if (!none) return std::nullopt;
  return *none == NoPlace::PerPeer ? TunnelRefusal::PerPeer : TunnelRefusal::Total;
}

Task<Status> TunnelsImpl::say(net::ByteStream& stream, TunnelAnswer answer) {
  const std::array<std::uint8_t, 1> word{static_cast<std::uint8_t>(answer)};
  co_return co_await stream.write(word, deps_.clock.now() + kSayTime);
}

Task<void> TunnelsImpl::refuse(net::ByteStream& stream, TunnelRefusal why) {
  refused(why);
  changed();
  const auto said = co_await say(stream, answer_for(why));
  if (said) co_await stream.finish(deps_.clock.now() + kSayTime);
}

Task<Result<std::unique_ptr<net::ByteStream>>> TunnelsImpl::reach_target(std::string target) {
  if (is_gateway(target)) {
    auto pair = net::make_local_pair(deps_.context, deps_.clock);
    if (!pair) co_return std::unexpected(pair.error());
    const auto joined = deps_.gateway->join(pair->descriptor);
    if (!joined) co_return std::unexpected(joined.error());
    co_return std::move(pair->stream);
  }
  const auto found = settings_.targets.find(target);
  if (found == settings_.targets.end() || is_own_port(found->second)) co_return fail(Errc::NotFound, "There is no such target.");
  const Endpoint there{IpAddress::v4(kLoopback), found->second};
  co_return co_await deps_.dialer.connect(there, deps_.clock.now() + kOpenTime);
}

Task<void> TunnelsImpl::serve_target(PeerId peer, std::optional<PeerId> via, std::string target, net::ByteStream& stream) {
  auto refusal = judge(peer, target);
  if (!refusal) refusal = judge_place(TunnelSide::Far, peer);
  if (refusal) {
    co_await refuse(stream, *refusal);
    co_return;
  }
  TunnelEntry wanted;
  wanted.side = TunnelSide::Far;
  wanted.peer = peer;
  wanted.via = via;
  wanted.target = target;
  const auto place = enter(std::move(wanted));
  const auto reached = co_await reach_target(target);
  if (!reached) {
    co_await refuse(stream, TunnelRefusal::Down);
    co_return;
  }
  net::ByteStream& there = **reached;
  place->entry()->close = [&stream, &there] {
    stream.close();
    there.close();
  };
  const auto said = co_await say(stream, TunnelAnswer::Open);
  if (said) co_await pump_both_ways(room_, place->entry(), stream, there);
}

Task<void> TunnelsImpl::serve_relay(PeerId caller, PeerId peer, net::ByteStream& stream) {
  auto refusal = judge_relay(caller, peer);
  if (!refusal) refusal = judge_place(TunnelSide::Middle, caller);
  if (refusal) {
    co_await refuse(stream, *refusal);
    co_return;
  }
  TunnelEntry wanted;
  wanted.side = TunnelSide::Middle;
  wanted.peer = caller;
  wanted.via = peer;
  const auto place = enter(std::move(wanted));
  // The operator gave the right by name, so this is our own doing and not bought by the call (security rule S3).
  const auto onward =
      co_await call(peer, "Relayed", fabric::encode(fabric::Nothing{}), guard::Origin::LocalAutomation, deps_.clock.now() + kOpenTime);
  if (!onward) {
    co_await refuse(stream, onward.error().code == Errc::RateLimited ? TunnelRefusal::Rate : TunnelRefusal::Down);
    co_return;
  }
  net::ByteStream& there = **onward;
  place->entry()->close = [&stream, &there] {
    stream.close();
    there.close();
  };
  const auto said = co_await say(stream, TunnelAnswer::Open);
  if (said) co_await pump_both_ways(room_, place->entry(), stream, there);
}

/// A half-open tunnel by way of one middle: whoever is behind it proves itself within seconds or leaves.
class TunnelsImpl::Unproven {
 public:
  Unproven(TunnelsImpl& tunnels, PeerId middle) : places_(tunnels.unproven_), middle_(middle), known_(tunnels.is_known(middle)) {
    places_.enter(middle_, known_);
  }
  Unproven(const Unproven&) = delete;
  Unproven& operator=(const Unproven&) = delete;
  ~Unproven() { places_.leave(middle_, known_); }

 private:
  UnprovenPlaces& places_;
  PeerId middle_;
  bool known_;
};

bool TunnelsImpl::is_known(const PeerId& peer) const {
  const auto known = deps_.peers.find(peer);
  if (known && (known->configured || known->trusted)) return true;
  return deps_.guard.is_reputable(guard::Subject::peer(peer.text()));
}

std::optional<TunnelRefusal> TunnelsImpl::judge_unproven(const PeerId& middle) const {
  if (!settings_.enabled || !started_ || deps_.identity == nullptr) return TunnelRefusal::Disabled;
  const auto none = unproven_.refuses(middle, is_known(middle), settings_.per_peer, settings_.total);
  if (!none) return std::nullopt;
  return *none == NoPlace::PerPeer ? TunnelRefusal::PerPeer : TunnelRefusal::Total;
}

Task<Result<std::unique_ptr<net::TlsStream>>> TunnelsImpl::prove(PeerId middle, net::ByteStream& stream, std::string& target) {
  const Unproven counted(*this, middle);
  const MonoTime deadline = deps_.clock.now() + kOpenTime;
  net::TlsStreamOptions server;
  server.side = net::TlsSide::Server;
  auto borrowed = std::make_unique<BorrowedStream>(stream);
  auto inner = co_await net::start_tls(scope_, deps_.clock, std::move(borrowed), deps_.identity, server, deadline);
  if (!inner) co_return inner;
  auto hello = co_await read_hello(**inner, deadline);
  if (!hello) co_return std::unexpected(hello.error());
  target = std::move(*hello);
  co_return inner;
}

/// Never leads on to a third node: inside there are only targets of this one (security rule S18).
Task<void> TunnelsImpl::serve_relayed(PeerId middle, net::ByteStream& stream) {
  const auto refusal = judge_unproven(middle);
  if (refusal) {  // an end before the first byte of TLS says all that is to be said
    refused(*refusal);
    co_return;
  }
  std::string target;
  const auto inner = co_await prove(middle, stream, target);
  if (!inner) {
    refused(TunnelRefusal::Identity);
    stream.close();
    co_return;
  }
  const PeerId peer = (*inner)->peer();
  if (peer == deps_.links.self()) {
    co_await refuse(**inner, TunnelRefusal::Loop);
    co_return;
  }
  co_await serve_target(peer, middle, std::move(target), **inner);
}

}  // namespace soulfabric::relay
