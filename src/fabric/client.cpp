// SPDX-License-Identifier: GPL-3.0-or-later
// A call's way out: a place, a stream, one frame there, one frame back.
#include "client.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "soulfabric/mesh/blame.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::size_t kFirstRead = 4096;

std::uint32_t milliseconds_left(MonoTime now, MonoTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

/// One of the few calls of a peer at a time; leaving its scope lets the next one go.
class CallClient::Place {
 public:
  Place(CallClient& client, PeerId peer) : client_(client), peer_(peer) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (held_ || waiter_.granted) {
      client_.leave(peer_);
      return;
    }
    const auto lane = client_.lanes_.find(peer_);
    if (lane == client_.lanes_.end()) return;
    std::erase(lane->second.waiting, &waiter_);
  }

 private:
  friend class CallClient;
  CallClient& client_;
  PeerId peer_;
  Waiter waiter_;
  bool held_ = false;
};

std::size_t CallClient::busy(const PeerId& peer) const {
  const auto lane = lanes_.find(peer);
  return lane == lanes_.end() ? 0 : lane->second.busy;
}

void CallClient::leave(const PeerId& peer) {
  const auto found = lanes_.find(peer);
  Lane& lane = found->second;
  --lane.busy;
  while (!lane.waiting.empty() && lane.busy < per_peer_) {
    Waiter* const next = lane.waiting.front();
    lane.waiting.pop_front();
    ++lane.busy;
    next->granted = true;
    next->called.notify_all();
  }
  if (lane.busy == 0 && lane.waiting.empty()) lanes_.erase(found);
}

Task<Status> CallClient::take_place(Place& place, MonoTime deadline) {
  Lane& lane = lanes_[place.peer_];
  if (lane.busy < per_peer_) {
    ++lane.busy;
    place.held_ = true;
    co_return Status{};
  }
  lane.waiting.push_back(&place.waiter_);
  while (!place.waiter_.granted) {
    const bool called = co_await place.waiter_.called.wait(deps_.clock, deadline);
    if (!called && !place.waiter_.granted && deps_.clock.now() >= deadline)
      co_return fail(Errc::TimedOut, "Too many calls of this node are under way; try again shortly.");
  }
  co_return Status{};
}

Error CallClient::blame(const mesh::Stream& stream, Error error) {
  deps_.guard.charge(mesh::charge_of(guard::Violation::InvalidMessage, stream));
  return error;
}

Task<Result<mesh::StreamPtr>> CallClient::send(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question,
                                               MonoTime deadline, bool& sent) {
  RequestHead head{question.service, question.method, {}, 0, question.budget, 0};
  deps_.random.fill(head.id);
  auto stream = co_await deps_.links.open(peer, mesh::Protocol::Call, permit.origin(), deadline);
  if (!stream) co_return std::unexpected(std::move(stream).error());
  permit.spend();
  head.deadline_ms = question.streams ? std::numeric_limits<std::uint32_t>::max() : milliseconds_left(deps_.clock.now(), deadline);
  const auto frame = encode_request(std::move(head), question.payload);
  if (!frame) co_return std::unexpected(frame.error());
  sent = true;
  const auto written = co_await (*stream)->write(*frame, deadline);
  if (!written) co_return std::unexpected(written.error());
  co_return std::move(*stream);
}

Task<Result<CallOutcome>> CallClient::read_reply(mesh::Stream& stream, std::size_t cap, MonoTime deadline) {
  std::array<std::uint8_t, kFirstRead> buffer;
  std::size_t filled = 0;
  for (;;) {
    const auto got = co_await stream.read_some(MutableByteView(buffer).subspan(filled), deadline);
    if (!got && got.error().code == Errc::TimedOut) co_return fail(Errc::TimedOut, "The other node did not answer in time.");
    if (!got) co_return fail(Errc::Offline, "The other node went away before it answered.");
    filled += *got;
    const ByteView received(buffer.data(), filled);
    auto parsed = parse_reply(received);
    if (!parsed) co_return std::unexpected(blame(stream, std::move(parsed).error()));
    if (!*parsed) continue;
    const std::size_t size = (*parsed)->head.payload_size;
    if (size > cap) co_return fail(Errc::TooLarge, "The other node's answer is larger than wanted.");
    const ByteView rest = received.subspan((*parsed)->size);
    if (rest.size() > size) co_return fail(Errc::Malformed, "Bytes came behind the answer; this method may be one that streams.");
    CallOutcome outcome{(*parsed)->head.status, Bytes(rest.begin(), rest.end()), stream.peer(), {}};
    if (rest.size() == size) co_return outcome;
    outcome.payload.resize(size);
    const auto whole = co_await net::read_exactly(stream, MutableByteView(outcome.payload).subspan(rest.size()), deadline);
    if (whole) co_return outcome;
    if (whole.error().code == Errc::TimedOut) co_return fail(Errc::TimedOut, "The other node did not finish its answer in time.");
    co_return fail(Errc::Offline, "The other node went away before it finished its answer.");
  }
}

Task<Result<CallOutcome>> CallClient::call(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question, MonoTime deadline,
                                           bool& sent) {
  const MonoTime began = deps_.clock.now();
  Place place(*this, peer);
  const auto placed = co_await take_place(place, deadline);
  if (!placed) co_return std::unexpected(placed.error());
  const auto stream = co_await send(permit, peer, question, deadline, sent);
  if (!stream) co_return std::unexpected(stream.error());
  auto outcome = co_await read_reply(**stream, question.reply_cap, deadline);
  if (!outcome) co_return outcome;
  (*stream)->shutdown_write();
  outcome->took = deps_.clock.now() - began;
  co_return outcome;
}

/// Byte by byte up to the end of the head: what follows is the conversation's.
Task<Result<mesh::StreamPtr>> CallClient::open(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question,
                                               MonoTime deadline, CallStatus& status) {
  Place place(*this, peer);
  const auto placed = co_await take_place(place, deadline);
  if (!placed) co_return std::unexpected(placed.error());
  bool sent = false;
  auto stream = co_await send(permit, peer, question, deadline, sent);
  if (!stream) co_return stream;
  std::array<std::uint8_t, kPrefixSize + kReplyHeadCap> buffer;
  std::size_t filled = 0;
  for (;;) {
    const auto got = co_await net::read_exactly(**stream, MutableByteView(buffer).subspan(filled, 1), deadline);
    if (!got) co_return std::unexpected(got.error());
    ++filled;
    auto parsed = parse_reply(ByteView(buffer.data(), filled));
    if (!parsed) co_return std::unexpected(blame(**stream, std::move(parsed).error()));
    if (!*parsed) continue;
    status = (*parsed)->head.status;
    if (status != CallStatus::Ok) co_return fail(Errc::Rejected, "The other node refused the stream: " + std::string(name_of(status)) + ".");
    if ((*parsed)->head.payload_size != 0) co_return fail(Errc::Unsupported, "This method does not stream.");
    co_return std::move(*stream);
  }
}

}  // namespace soulfabric::fabric
