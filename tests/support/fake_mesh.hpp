// SPDX-License-Identifier: GPL-3.0-or-later
// Links, peers and a source of descriptors that are what the test says, and a way to run one coroutine on virtual time.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "soulfabric/fabric/directory.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "support/sim_clock.hpp"

namespace soulfabric::testing {

/// Runs `task` to its end on the clock's own time, `longest` at most; how it ended.
template <class T>
T run_virtual(IoContext& context, SimClock& clock, Task<T> task, Duration longest = std::chrono::minutes(10)) {
  auto value = std::make_shared<std::optional<T>>();
  auto failure = std::make_shared<std::exception_ptr>();
  boost::asio::co_spawn(context, std::move(task), [value, failure](const std::exception_ptr& e, T result) {
    *failure = e;
    value->emplace(std::move(result));
  });
  EXPECT_TRUE(clock.run_while_not([&] { return value->has_value(); }, longest)) << "the coroutine did not end";
  if (*failure) std::rethrow_exception(*failure);
  return std::move(**value);
}

inline Task<Status> as_status(Task<void> task) {
  co_await std::move(task);
  co_return Status{};
}

/// Links that stand because the test says so. A stream is whatever `opens` makes of the wish.
class FakeLinks final : public mesh::Links {
 public:
  explicit FakeLinks(PeerId self_in) : own_id(self_in) {}

  void link(const PeerId& peer, Endpoint remote, mesh::Direction direction = mesh::Direction::Outbound) {
    mesh::LinkInfo info;
    info.peer = peer;
    info.remote = remote;
    info.direction = direction;
    present[peer] = info;
    for (const auto& listener : listeners) listener(peer, true);
  }
  void unlink(const PeerId& peer) {
    present.erase(peer);
    for (const auto& listener : listeners) listener(peer, false);
  }

  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  PeerId self() const override { return own_id; }
  std::optional<Endpoint> listening() const override { return std::nullopt; }
  Task<Result<mesh::StreamPtr>> open(PeerId peer, mesh::Protocol protocol, guard::Origin, MonoTime) override {
    if (!present.contains(peer) || !opens) co_return fail(Errc::Offline, "there is no link to this peer");
    co_return opens(peer, protocol);
  }
  Task<Status> connect(PeerId peer, guard::Origin, MonoTime) override {
    if (!present.contains(peer)) co_return fail(Errc::Offline, "there is no link to this peer");
    co_return Status{};
  }
  Task<Status> dial(PeerId peer, Endpoint endpoint, MonoTime) override {
    dialled.emplace_back(peer, endpoint);
    if (!reachable.contains(endpoint)) co_return fail(Errc::Offline, "nobody answers there");
    link(peer, endpoint);
    co_return Status{};
  }
  void drop(const PeerId& peer) override { unlink(peer); }
  void on_stream(mesh::Protocol protocol, StreamHandler handler) override { handlers[protocol] = std::move(handler); }
  void on_link(std::function<void(const PeerId&, bool up)> callback) override { listeners.push_back(std::move(callback)); }
  bool is_linked(const PeerId& peer) const override { return present.contains(peer); }
  std::optional<mesh::LinkInfo> link(const PeerId& peer) const override {
    const auto found = present.find(peer);
    return found == present.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<mesh::LinkInfo> links() const override {
    std::vector<mesh::LinkInfo> out;
    for (const auto& [peer, info] : present) out.push_back(info);
    return out;
  }
  mesh::LinkMetrics metrics() const override { return {}; }
  void configure(const mesh::LinkSettings&) override {}

  PeerId own_id;
  std::map<PeerId, mesh::LinkInfo> present;
  std::set<Endpoint> reachable;
  std::vector<std::pair<PeerId, Endpoint>> dialled;
  std::map<mesh::Protocol, StreamHandler> handlers;
  std::vector<std::function<void(const PeerId&, bool)>> listeners;
  std::function<Result<mesh::StreamPtr>(const PeerId&, mesh::Protocol)> opens;
};

/// A book whose pages the test writes.
class FakePeerBook final : public mesh::PeerBook {
 public:
  /// A peer that was linked once, at this address.
  mesh::KnownPeer& know(const PeerId& peer, std::optional<Endpoint> at, WallTime seen) {
    auto& known = peers[peer];
    known.peer = peer;
    if (at) known.endpoints = {*at};
    known.first_seen = known.first_linked = known.last_seen = seen;
    return known;
  }
  /// A peer of whom only its record was heard.
  void hear_of(const PeerId& peer, Endpoint at) {
    peers[peer].peer = peer;
    peers[peer].endpoints = {at};
  }

  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void set_endpoints(std::vector<Endpoint>) override {}
  std::optional<mesh::SignedRecord> own_record() const override { return own; }
  mesh::RotationOutcome learn(const mesh::Rotation& /*rotation*/, const std::optional<IpAddress>& /*from*/) override { return mesh::RotationOutcome::Known; }
  Status learn(const mesh::SignedRecord& record) override {
    learnt.push_back(record);
    return {};
  }
  std::vector<mesh::KnownPeer> known() const override {
    std::vector<mesh::KnownPeer> out;
    for (const auto& [id, peer] : peers) out.push_back(peer);
    return out;
  }
  std::optional<mesh::KnownPeer> find(const PeerId& peer) const override {
    const auto found = peers.find(peer);
    return found == peers.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_trusted(const PeerId& peer) const override {
    const auto found = peers.find(peer);
    return found != peers.end() && found->second.trusted;
  }
  bool is_revoked(const PeerId& peer) const override {
    const auto found = peers.find(peer);
    return found != peers.end() && found->second.revoked;
  }
  void configure(const mesh::PeerBookSettings&) override {}
  Task<std::vector<Endpoint>> locate(PeerId peer, guard::Origin, MonoTime) override {
    const auto found = peers.find(peer);
    co_return found == peers.end() ? std::vector<Endpoint>{} : found->second.endpoints;
  }
  void dialled(const PeerId&, const Endpoint&, const Status&) override {}
  void linked(const PeerId&, const PublicKey&, const Endpoint&, mesh::Direction) override {}
  std::vector<PeerId> wanted() const override { return {}; }

  std::map<PeerId, mesh::KnownPeer> peers;
  std::vector<mesh::SignedRecord> learnt;
  std::optional<mesh::SignedRecord> own;
};

/// What each peer would tell; who is not here does not answer.
class FakeSource final : public fabric::DescriptorSource {
 public:
  explicit FakeSource(IoClock& clock) : clock_(clock) {}
  Task<Result<std::vector<mesh::SignedRecord>>> ask(PeerId peer, std::string name, MonoTime deadline) override {
    asked.emplace_back(peer, name);
    const auto found = tells.find(peer);
    if (found != tells.end()) co_return found->second;
    co_await clock_.sleep_until(deadline);
    co_return fail(Errc::TimedOut, "no answer");
  }
  std::map<PeerId, std::vector<mesh::SignedRecord>> tells;
  std::vector<std::pair<PeerId, std::string>> asked;

 private:
  IoClock& clock_;
};

}  // namespace soulfabric::testing
