// SPDX-License-Identifier: GPL-3.0-or-later
// All links of a node: the table, the dials under way, the ration at the door. Network thread only.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "core/handshake_gate.hpp"
#include "core/link_places.hpp"
#include "core/reconnect_plan.hpp"
#include "link.hpp"

namespace soulfabric::mesh {

/// One peer being dialled, at several endpoints perhaps; whoever wants a link to it waits here.
struct DialAttempt {
  explicit DialAttempt(PeerId peer_in) : peer(peer_in) {}
  PeerId peer;
  bool located = false;  // the locator is asked, not only the caller's endpoint tried
  bool has_endpoints = false;
  bool done = false;
  std::size_t pending = 0;
  std::size_t failed = 0;
  Status outcome{};
  std::optional<Error> reason;  // of the last endpoint that failed
  std::vector<std::shared_ptr<Link>> handshakes;
  Notifier changed;
};

class LinksRoom final : public Links, private LinkHost {
 public:
  LinksRoom(LinkDependencies dependencies, LinkSettings settings);
  LinksRoom(const LinksRoom&) = delete;
  LinksRoom& operator=(const LinksRoom&) = delete;
  ~LinksRoom() override;

  Status start() override;
  Task<void> stop() override;
  PeerId self() const override { return self_; }
  std::optional<Endpoint> listening() const override;
  Task<Result<StreamPtr>> open(PeerId peer, Protocol protocol, guard::Origin origin, MonoTime deadline) override;
  Task<Status> connect(PeerId peer, guard::Origin origin, MonoTime deadline) override;
  Task<Status> dial(PeerId peer, Endpoint endpoint, MonoTime deadline) override;
  void drop(const PeerId& peer) override;
  void on_stream(Protocol protocol, StreamHandler handler) override { handlers_[protocol] = std::move(handler); }
  void on_unreachable(CallBack call_back) override { call_back_ = std::move(call_back); }
  void on_link(std::function<void(const PeerId&, bool up)> callback) override { listeners_.push_back(std::move(callback)); }
  bool is_linked(const PeerId& peer) const override { return table_.contains(peer); }
  std::optional<LinkInfo> link(const PeerId& peer) const override;
  std::vector<LinkInfo> links() const override;
  LinkMetrics metrics() const override;
  void configure(const LinkSettings& settings) override;

 private:
  // LinkHost
  IoClock& clock() noexcept override { return deps_.clock; }
  TaskScope& scope() noexcept override { return scope_; }
  BufferPool& buffers() noexcept override { return buffers_; }
  MutableByteView scratch() noexcept override { return scratch_; }
  bool account_unread(std::int64_t change, std::uint64_t unread) noexcept override;
  bool knows(Protocol protocol) const override { return handlers_.contains(protocol); }
  void accept_stream(StreamPtr stream) override;
  void leaving(Link& link) override;
  void ended(Link& link, const Error& reason) override;
  void wake() override { changed_.notify_all(); }

  // The table.
  void adopt(const std::shared_ptr<Link>& link);
  void take_off(Link& link);
  void blame(const Link& link);
  [[nodiscard]] std::shared_ptr<Link> find(const PeerId& peer) const;
  [[nodiscard]] std::shared_ptr<Link> make_link(std::unique_ptr<net::ByteStream> stream, Direction direction, std::optional<PeerId> expected);
  [[nodiscard]] MuxLimits mux_limits() const;
  [[nodiscard]] LinkTimes times() const;
  [[nodiscard]] HandshakeLimits handshake_limits() const;

  // Inbound.
  [[nodiscard]] Status listen();
  [[nodiscard]] Task<void> accept_loop(std::shared_ptr<net::Listener> listener);
  [[nodiscard]] Task<void> receive(std::unique_ptr<net::ByteStream> stream, HandshakePlace place);
  [[nodiscard]] Status admit_inbound(const Link& link);
  [[nodiscard]] LinkSeat seat_of(const Link& link) const;
  /// Whether there is a place beside, or at the cost of, those that are linked.
  [[nodiscard]] Result<std::optional<PeerId>> place_for_guest(const PeerId& peer, const LinkGuest& guest) const;
  [[nodiscard]] Task<Status> settle(std::shared_ptr<Link> link, MonoTime deadline);
  [[nodiscard]] Task<bool> is_alive(std::shared_ptr<Link> link, MonoTime deadline);

  // Outbound.
  [[nodiscard]] Status may_dial(const PeerId& peer) const;
  [[nodiscard]] std::shared_ptr<DialAttempt> attempt_for(const PeerId& peer);
  [[nodiscard]] Task<void> locate(std::shared_ptr<DialAttempt> attempt, guard::Origin origin);
  void try_endpoint(const std::shared_ptr<DialAttempt>& attempt, Endpoint endpoint, std::size_t place);
  [[nodiscard]] Task<void> try_at(std::shared_ptr<DialAttempt> attempt, Endpoint endpoint, std::size_t place);
  [[nodiscard]] Task<Status> dial_once(std::shared_ptr<DialAttempt> attempt, Endpoint endpoint);
  [[nodiscard]] Task<Status> be_called(PeerId peer, guard::Origin origin, Status outcome, MonoTime deadline);
  [[nodiscard]] Task<Status> outcome_of(std::shared_ptr<DialAttempt> attempt, MonoTime deadline);
  void one_done(DialAttempt& attempt, Error reason);
  [[nodiscard]] static Status summary(const DialAttempt& attempt);
  void finish(DialAttempt& attempt, Status outcome);
  [[nodiscard]] bool is_wrong_place(const Endpoint& endpoint, MonoTime now) const;
  void note_wrong_place(const Endpoint& endpoint, MonoTime now);

  // Time.
  [[nodiscard]] Task<void> keep_loop();
  void look_at_links(MonoTime now);
  void reconnect(MonoTime now);
  [[nodiscard]] MonoTime next_look(MonoTime now) const;

  static constexpr std::size_t kScratch = 16 * 1024;  // one TLS record

  LinkDependencies deps_;
  LinkSettings settings_;
  PeerId self_;
  TaskScope scope_;
  BufferPool buffers_;
  std::array<std::uint8_t, kScratch> scratch_{};
  HandshakeGate gate_;
  ReconnectPlan plan_;
  std::shared_ptr<net::Listener> listener_;
  std::map<PeerId, std::shared_ptr<Link>> table_;
  std::vector<std::shared_ptr<Link>> all_;  // in the table or on their way out, oldest first
  std::map<PeerId, std::shared_ptr<DialAttempt>> dials_;
  std::map<Endpoint, MonoTime> wrong_places_;
  std::map<Protocol, StreamHandler> handlers_;
  std::vector<std::function<void(const PeerId&, bool up)>> listeners_;
  CallBack call_back_;
  std::uint64_t unread_ = 0;
  LinkMetrics metrics_;
  bool running_ = false;
  Notifier changed_;
};

}  // namespace soulfabric::mesh
