// SPDX-License-Identifier: GPL-3.0-or-later
// A call's way in: head, gate, payload, budget, handler, one answer.
#include "router.hpp"

#include <algorithm>
#include <array>

#include "active_call.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/mesh/blame.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::chrono::seconds kHeadTime{10};   // for the head to arrive
constexpr std::chrono::seconds kReplyTime{10};  // for an answer to be taken, beyond the call's own deadline
constexpr std::chrono::seconds kLingerTime{5};  // for a refused caller to end its stream
constexpr std::size_t kFirstRead = 2048;        // a head and most payloads

guard::Subject subject_of(const mesh::Stream& stream) { return guard::Subject::peer(stream.peer().text()); }

}  // namespace

Router::Router(Dependencies dependencies, RouterSettings settings)
    : deps_(std::move(dependencies)),
      payload_time_(settings.payload_time),
      payload_rate_(settings.payload_rate),
      gate_(std::move(settings)),
      scope_(deps_.context, "calls") {}

Status Router::add(MeshService& service, bool hidden) {
  const auto number = gate_.add(service.info(), hidden);
  if (!number) return std::unexpected(number.error());
  services_.push_back(&service);
  return {};
}

void Router::configure(RouterSettings settings) {
  payload_time_ = settings.payload_time;
  payload_rate_ = settings.payload_rate;
  gate_.configure(std::move(settings));
}

void Router::accept(mesh::StreamPtr stream) { scope_.spawn("call", serve(std::move(stream))); }

Task<void> Router::stop() { co_await scope_.close(); }

void Router::charge(const mesh::Stream& stream, guard::Violation violation) { deps_.guard.charge(mesh::charge_of(violation, stream)); }

Admission Router::admit(const mesh::Stream& stream, const guard::Subject& subject, bool trusted, const RequestHead& head) {
  const auto standing = trusted ? guard::Standing::Welcome : deps_.guard.standing(subject);
  Arrival arrival{stream.peer(), stream.remote().address, deps_.guard.is_banned(subject), standing, head.service, head.method, head.payload_size,
                  std::chrono::milliseconds(head.deadline_ms)};
  return gate_.admit(arrival, deps_.clock.now());
}

Task<Result<Router::Request>> Router::read_request(mesh::Stream& stream) {
  const MonoTime deadline = deps_.clock.now() + kHeadTime;
  std::array<std::uint8_t, kFirstRead> buffer;
  std::size_t filled = 0;
  for (;;) {
    const auto got = co_await stream.read_some(MutableByteView(buffer).subspan(filled), deadline);
    if (!got) co_return std::unexpected(got.error());
    filled += *got;
    const ByteView received(buffer.data(), filled);
    auto parsed = parse_request(received);
    if (!parsed) {
      charge(stream, parsed.error().code == Errc::TooLarge ? guard::Violation::Oversize : guard::Violation::InvalidMessage);
      co_return std::unexpected(std::move(parsed).error());
    }
    if (!*parsed) continue;
    const ByteView rest = received.subspan((*parsed)->size);
    if (rest.size() > (*parsed)->head.payload_size) {
      charge(stream, guard::Violation::Protocol);
      co_return fail(Errc::Malformed, "Bytes came behind the payload of a call.");
    }
    co_return Request{std::move((*parsed)->head), Bytes(rest.begin(), rest.end())};
  }
}

/// The rest of a refused payload is read and dropped, so that a caller who writes before it reads gets to its answer.
Task<void> Router::refuse(mesh::StreamPtr stream, CallStatus status, std::size_t unread) {
  const MonoTime deadline = deps_.clock.now() + kLingerTime;
  const auto frame = encode_reply(status, {});
  const auto written = co_await stream->write(*frame, deadline);
  if (!written) co_return;
  stream->shutdown_write();
  std::array<std::uint8_t, kFirstRead> dropped;
  for (;;) {
    const auto got = co_await stream->read_some(dropped, deadline);
    if (!got || *got > unread) co_return;
    unread -= *got;
  }
}

/// What was announced and does not come holds its room only for a moment.
Task<Status> Router::read_payload(ActiveCall& call, Request& request) {
  call.payload() = std::move(request.rest);
  const std::size_t have = call.payload().size();
  const std::size_t whole = request.head.payload_size;
  if (have == whole) co_return Status{};
  const std::chrono::milliseconds transfer(1000 * whole / std::max<std::size_t>(payload_rate_, 1));
  const MonoTime patience = deps_.clock.now() + payload_time_ + transfer;
  call.payload().resize(whole);
  co_return co_await net::read_exactly(call.stream(), MutableByteView(call.payload()).subspan(have), std::min(call.deadline(), patience));
}

Task<void> Router::serve(mesh::StreamPtr stream) {
  auto request = co_await read_request(*stream);
  if (!request) {
    if (request.error().code != Errc::TooLarge) co_return;
    co_await refuse(std::move(stream), CallStatus::PayloadTooLarge, 0);
    co_return;
  }
  const guard::Subject subject = subject_of(*stream);
  const bool trusted = deps_.is_trusted(stream->peer());
  Admission admission = admit(*stream, subject, trusted, request->head);
  if (admission.charge) charge(*stream, *admission.charge);
  const std::size_t unread = request->head.payload_size - request->rest.size();
  if (!admission.call) {
    co_await refuse(std::move(stream), admission.status, unread);
    co_return;
  }
  auto budget = deps_.guard.begin_call(subject, stream->remote().address, std::min(request->head.budget, admission.call->method->units));
  if (!budget) {
    const auto status = budget.error().code == Errc::Banned ? CallStatus::Forbidden : CallStatus::QuotaExceeded;
    gate_.finish(*admission.call, {status, false}, deps_.clock.now());
    co_await refuse(std::move(stream), status, unread);
    co_return;
  }
  MeshService& service = *services_[admission.call->service];
  const auto call = std::make_shared<ActiveCall>(gate_, deps_.clock, std::move(*admission.call), service, std::move(stream));
  call->begin(std::move(*budget), trusted);
  const auto whole = co_await read_payload(*call, *request);
  if (!whole) co_return;
  const auto handler = scope_.start("handler", run(call));
  if (!handler) co_return;
  co_await watch(call, *handler);
}

/// Waits for the caller to end its stream, to say something it may not, or for the deadline; whichever it is, the handler hears of it.
Task<void> Router::watch(std::shared_ptr<ActiveCall> call, std::uint64_t handler) {
  if (call->method().streams) {
    if (call->is_settled()) co_return;  // a handler that needs nobody ends before it is waited for
    const bool ended = co_await call->ended.wait(deps_.clock, call->deadline());
    if (ended) co_return;
    call->note(CallStatus::Timeout);
    scope_.stop(handler);
    call->stream().close();
    co_return;
  }
  std::array<std::uint8_t, 1> more;
  const auto got = co_await call->stream().read_some(more, call->deadline());
  if (got) charge(call->stream(), guard::Violation::Protocol);
  if (call->is_answered()) co_return;
  const bool late = !got && got.error().code == Errc::TimedOut;
  if (late) {
    scope_.stop(handler);
    co_await answer(*call, {CallStatus::Timeout, {}});
    co_return;
  }
  if (!call->claim_answer()) co_return;
  call->note_caller_left();
  scope_.stop(handler);
  call->stream().close();
}

Task<Reply> Router::run_handler(ActiveCall& call) {
  try {
    auto reply = co_await call.service().call(call.context(), call.method().name, call.payload());
    co_return reply;
  } catch (const std::exception& e) {
    if (call.is_answered() || scope_.closing()) throw;  // it was told to stop
    log::error("fabric", "The service " + call.service().info().name + " failed in " + call.method().name + ": " + e.what());
  } catch (...) {
    log::error("fabric", "The service " + call.service().info().name + " failed in " + call.method().name + ".");
  }
  co_return Reply{CallStatus::Internal, {}};
}

Task<CallStatus> Router::run_stream(ActiveCall& call) {
  const auto frame = encode_reply(CallStatus::Ok, {});
  const auto written = co_await call.stream().write(*frame, call.deadline());
  if (!written) co_return CallStatus::Unavailable;
  try {
    const auto status = co_await call.service().stream(call.context(), call.method().name, call.payload(), call.stream());
    co_return status;
  } catch (const std::exception& e) {
    if (scope_.closing() || deps_.clock.now() >= call.deadline()) throw;  // it was told to stop
    log::error("fabric", "The service " + call.service().info().name + " failed in " + call.method().name + ": " + e.what());
  } catch (...) {
    log::error("fabric", "The service " + call.service().info().name + " failed in " + call.method().name + ".");
  }
  co_return CallStatus::Internal;
}

Task<void> Router::run(std::shared_ptr<ActiveCall> call) {
  struct Settle {
    ActiveCall& call;
    ~Settle() {
      call.settle();
      call.ended.notify_all();
    }
  };
  const Settle settle{*call};
  if (!call->method().streams) {
    auto reply = co_await run_handler(*call);
    co_await answer(*call, std::move(reply));
    co_return;
  }
  const auto status = co_await run_stream(*call);
  if (!call->claim_answer()) co_return;
  call->note(status);
  if (status == CallStatus::Ok)
    call->stream().shutdown_write();
  else
    call->stream().close();
}

/// The one answer. What is too large is our fault: the caller gets Internal and keeps its good name.
Task<void> Router::answer(ActiveCall& call, Reply reply) {
  if (!call.claim_answer()) co_return;
  if (reply.status != CallStatus::Ok) reply.payload.clear();
  if (reply.payload.size() > call.method().reply_cap) {
    log::error("fabric", "The service " + call.service().info().name + " answered " + call.method().name + " with more than it may.");
    reply = {CallStatus::Internal, {}};
  } else if (!call.hold_reply(reply.payload.size())) {
    reply = {CallStatus::Unavailable, {}};
  }
  call.note(reply.status);
  const auto frame = encode_reply(reply.status, reply.payload);
  reply.payload = {};
  const auto written = co_await call.stream().write(*frame, deps_.clock.now() + kReplyTime);
  if (written)
    call.stream().shutdown_write();
  else
    call.note_caller_left();
}

}  // namespace soulfabric::fabric
