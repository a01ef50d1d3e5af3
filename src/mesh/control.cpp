// SPDX-License-Identifier: GPL-3.0-or-later
// Questions between linked nodes, answered and asked; connect-back through a common peer.
#include "soulfabric/mesh/control.hpp"

#include <algorithm>
#include <array>

#include "core/peer_record.hpp"
#include "soulfabric/base/log.hpp"
#include "wire/control_message.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::chrono::seconds kAnswerTime{5};
constexpr std::chrono::seconds kDialBackTime{5};
constexpr std::size_t kTrackedPeers = 4096;

/// What one peer may still ask.
struct Ration {
  guard::TokenBucket asks;
  guard::TokenBucket call_backs;
};

Task<Result<Bytes>> read_message(Stream& stream, MonoTime deadline) {
  std::array<std::uint8_t, 2> head{};
  const auto began = co_await net::read_exactly(stream, head, deadline);
  if (!began) co_return std::unexpected(began.error());
  const std::size_t size = static_cast<std::size_t>(head[0]) << 8U | head[1];
  if (size > kControlCap) co_return fail(Errc::TooLarge, "a message between nodes is too long");
  Bytes body(size);
  const auto rest = co_await net::read_exactly(stream, body, deadline);
  if (!rest) co_return std::unexpected(rest.error());
  co_return body;
}

class LinkedControl final : public Control {
 public:
  LinkedControl(ControlDependencies dependencies, ControlSettings settings)
      : deps_(dependencies), settings_(settings), scope_(deps_.context, "mesh control", settings.concurrent) {}

  void start() override {
    deps_.links.on_stream(Protocol::Control, [this](StreamPtr stream) { scope_.spawn("answer", answer(std::move(stream))); });
    deps_.links.on_link([this](const PeerId& peer, bool up) {
      if (up) scope_.spawn("greet", greet(peer));
    });
    deps_.peers.on_revoked([this](const PeerId& peer) { deps_.links.drop(peer); });
    deps_.links.on_unreachable([this](PeerId peer, guard::Origin origin, MonoTime deadline) { return ask_to_be_called(peer, origin, deadline); });
  }

  Task<void> stop() override { co_await scope_.close(); }
  void tell_rotation(const Rotation& rotation) override { rotation_ = rotation; }
  ControlMetrics metrics() const override { return metrics_; }

 private:
  // ---- asking ----------------------------------------------------------------------------------------------------
  Task<Result<ControlReply>> ask(PeerId peer, ControlRequest request) {
    const MonoTime deadline = deps_.clock.now() + kAnswerTime;
    // RemoteMesh: only over a link that is there.
    auto stream = co_await deps_.links.open(peer, Protocol::Control, guard::Origin::RemoteMesh, deadline);
    if (!stream) co_return std::unexpected(stream.error());
    const Bytes message = encode_control(request);
    const auto sent = co_await (*stream)->write(message, deadline);
    if (!sent) co_return std::unexpected(sent.error());
    (*stream)->shutdown_write();
    const auto body = co_await read_message(**stream, deadline);
    if (!body) co_return std::unexpected(body.error());
    co_return decode_control_reply(*body);
  }

  /// On a fresh link: where the other end is, and that we are somebody they knew under another name.
  Task<void> greet(PeerId peer) {
    const auto reply = co_await ask(peer, {ControlAsk::Record, std::nullopt, {}, {}});
    if (reply && reply->status == ControlStatus::Ok) take_record(peer, reply->statement);
    if (!rotation_) co_return;
    const auto told = co_await ask(peer, {ControlAsk::Rotation, std::nullopt, encode_rotation(*rotation_), {}});
    if (!told) log::debug("mesh", "a rotation could not be told: " + told.error().message);
  }

  void take_record(const PeerId& from, ByteView statement) {
    const auto record = decode_record(statement);
    if (!record || PeerId::of(record->signer) != from) return;
    const auto learned = deps_.peers.learn(*record);
    if (!learned && learned.error().code == Errc::Unauthorized) blame(from, guard::Violation::BadSignature);
  }

  /// The way to a peer that we cannot dial: one whom we are both linked with asks it to dial us.
  Task<bool> ask_to_be_called(PeerId peer, guard::Origin origin, MonoTime deadline) {
    if (origin == guard::Origin::RemoteMesh || !deps_.peers.own_record()) co_return false;
    std::vector<PeerId> common;
    for (const auto& link : deps_.links.links())
      if (link.peer != peer) common.push_back(link.peer);
    for (std::size_t i = common.size(); i > 1; --i) std::swap(common[i - 1], common[deps_.random.below(i)]);
    if (common.size() > settings_.common_peers) common.resize(settings_.common_peers);
    for (const auto& helper : common) {
      if (deps_.clock.now() >= deadline) co_return false;
      const auto reply = co_await ask(helper, {ControlAsk::CallMe, peer, {}, {}});
      if (reply && reply->status == ControlStatus::Ok) co_return true;
    }
    co_return false;
  }

  // ---- answering -------------------------------------------------------------------------------------------------
  Task<void> answer(StreamPtr stream) {
    const PeerId from = stream->peer();
    const MonoTime deadline = deps_.clock.now() + kAnswerTime;
    const auto body = co_await read_message(*stream, deadline);
    if (!body) {
      if (body.error().code == Errc::TooLarge) blame(from, guard::Violation::Oversize);
      co_return;
    }
    const auto request = decode_control_request(*body);
    if (!request) {
      blame(from, guard::Violation::InvalidMessage);
      co_return;
    }
    ++metrics_.asked;
    const auto reply = co_await reply_to(from, *request);
    const Bytes message = encode_control(reply);
    const auto sent = co_await stream->write(message, deadline);
    if (sent) stream->shutdown_write();
  }

  Task<ControlReply> reply_to(PeerId from, ControlRequest request) {
    auto& ration = ration_of(from);
    const auto now = deps_.clock.now();
    const bool calls = request.ask == ControlAsk::CallMe || request.ask == ControlAsk::PleaseDial;
    if (!ration.asks.take(now, 1) || (calls && !ration.call_backs.take(now, 1))) {
      ++metrics_.limited;
      co_return ControlReply{ControlStatus::Limited, {}};
    }
    switch (request.ask) {
      case ControlAsk::Record: co_return record_for(request);
      case ControlAsk::CallMe: {
        const auto passed = co_await pass_on(from, request);
        co_return passed;
      }
      case ControlAsk::PleaseDial: co_return dial_back(request);
      case ControlAsk::Rotation: co_return take_rotation(from, request);
    }
    co_return ControlReply{ControlStatus::Unknown, {}};
  }

  ControlReply record_for(const ControlRequest& request) const {
    // Of others only what they let us tell: a record that they published themselves is in the DHT for all to read.
    if (request.peer && *request.peer != deps_.links.self()) return {ControlStatus::Unknown, {}};
    const auto own = deps_.peers.own_record();
    if (!own) return {ControlStatus::Unknown, {}};
    return {ControlStatus::Ok, encode_record(*own)};
  }

  /// Endpoints of the asker's own record at the address where we see it (security rule S7).
  std::vector<Endpoint> observed_in_record(const PeerId& from, const SignedRecord& record) const {
    const auto link = deps_.links.link(from);
    auto told = decode_endpoints(record.body, true);
    if (!link || !told) return {};
    std::erase_if(*told, [&](const Endpoint& endpoint) { return endpoint.address != link->remote.address; });
    return std::move(*told);
  }

  Task<ControlReply> pass_on(PeerId from, ControlRequest request) {
    if (!request.peer || !deps_.links.is_linked(*request.peer)) co_return ControlReply{ControlStatus::Unknown, {}};
    const auto known = deps_.peers.find(from);
    if (!known || !known->record) co_return ControlReply{ControlStatus::Unreachable, {}};
    ControlRequest wish{ControlAsk::PleaseDial, from, encode_record(*known->record), observed_in_record(from, *known->record)};
    if (wish.observed.empty()) co_return ControlReply{ControlStatus::Unreachable, {}};
    ++metrics_.passed_on;
    const auto reply = co_await ask(*request.peer, std::move(wish));
    co_return ControlReply{reply ? reply->status : ControlStatus::Unknown, {}};
  }

  /// Only where the record's signer says it is, and the common peer sees it: neither can make us dial somebody else.
  ControlReply dial_back(const ControlRequest& request) {
    const auto record = decode_record(request.statement);
    if (!record || !request.peer || PeerId::of(record->signer) != *request.peer) return {ControlStatus::Unknown, {}};
    if (deps_.links.is_linked(*request.peer)) return {ControlStatus::Ok, {}};
    const auto learned = deps_.peers.learn(*record);
    if (!learned && learned.error().code != Errc::Exists) return {ControlStatus::Unknown, {}};
    // As the book believes them: it leaves out what must not be dialled and what rests.
    const auto known = deps_.peers.find(*request.peer);
    std::vector<Endpoint> places;
    if (known) places = known->endpoints;
    std::erase_if(places, [&](const Endpoint& place) { return std::ranges::find(request.observed, place) == request.observed.end(); });
    if (places.empty()) return {ControlStatus::Unreachable, {}};
    ++metrics_.dialled_back;
    scope_.spawn("dial back", dial_one_of(*request.peer, std::move(places)));
    return {ControlStatus::Ok, {}};
  }

  /// Not by `connect`: that would ask to be called back in its turn, and two peers out of each other's reach would never end.
  Task<void> dial_one_of(PeerId peer, std::vector<Endpoint> places) {
    const MonoTime deadline = deps_.clock.now() + kDialBackTime;
    for (const Endpoint& place : places) {
      const auto done = co_await deps_.links.dial(peer, place, deadline);
      if (done) co_return;
      log::debug("mesh", "a peer that asked to be dialled was not reached: " + done.error().message);
    }
  }

  ControlReply take_rotation(const PeerId& from, const ControlRequest& request) {
    const auto rotation = decode_rotation(request.statement);
    if (!rotation || PeerId::of(rotation->after) != from) return {ControlStatus::Unknown, {}};
    if (!check_rotation(*rotation, deps_.clock.wall())) {
      blame(from, guard::Violation::BadSignature);
      return {ControlStatus::Unknown, {}};
    }
    const auto link = deps_.links.link(from);
    (void)deps_.peers.learn(*rotation, link ? std::optional(link->remote.address) : std::nullopt);
    return {ControlStatus::Ok, {}};
  }

  // ---- limits ----------------------------------------------------------------------------------------------------
  Ration& ration_of(const PeerId& peer) {
    const auto found = rations_.find(peer);
    if (found != rations_.end()) return found->second;
    if (rations_.size() >= kTrackedPeers) std::erase_if(rations_, [this](const auto& entry) { return !deps_.links.is_linked(entry.first); });
    constexpr std::chrono::minutes kMinute{1};
    return rations_
        .try_emplace(peer, Ration{guard::TokenBucket(settings_.asks_per_minute, settings_.asks_per_minute, kMinute),
                                  guard::TokenBucket(settings_.call_backs_per_minute, settings_.call_backs_per_minute, kMinute)})
        .first->second;
  }

  void blame(const PeerId& peer, guard::Violation violation) {
    const auto link = deps_.links.link(peer);
    guard::Charge charge{violation, guard::Subject::peer(peer.text()), std::nullopt, guard::Channel::WeDialled};
    if (link) charge.address = link->remote.address;
    if (link && link->direction == Direction::Inbound) charge.channel = guard::Channel::TheyConnected;
    if (deps_.guard.charge(charge) == guard::Verdict::Banned) deps_.links.drop(peer);
  }

  ControlDependencies deps_;
  ControlSettings settings_;
  std::optional<Rotation> rotation_;
  std::map<PeerId, Ration> rations_;
  ControlMetrics metrics_;
  TaskScope scope_;
};

}  // namespace

std::unique_ptr<Control> make_control(ControlDependencies dependencies, ControlSettings settings) {
  return std::make_unique<LinkedControl>(dependencies, settings);
}

}  // namespace soulfabric::mesh
