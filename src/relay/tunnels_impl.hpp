// SPDX-License-Identifier: GPL-3.0-or-later
// The trusted relay of one node: far side, middle and near side share one book of tunnels. Network thread only.
#pragma once
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/tunnel_book.hpp"
#include "core/unproven_places.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/net/tls_stream.hpp"
#include "soulfabric/relay/tunnels.hpp"
#include "tunnel_pump.hpp"
#include "wire/tunnel_words.hpp"

namespace soulfabric::relay {

struct OpenQuestion {
  std::string target;
  template <class Visitor>
  void fields(Visitor& f) {
    f("target", target, kTargetNameCap);
  }
};
struct RelayQuestion {
  PeerId peer;  // who is to be at the other end
  template <class Visitor>
  void fields(Visitor& f) {
    f("peer", peer);
  }
};

/// Refusals by reason, counted here only.
class RefusalCounts {
 public:
  void count(TunnelRefusal why) noexcept { ++counts_[static_cast<std::size_t>(why)]; }
  [[nodiscard]] std::vector<std::uint64_t> all() const { return {counts_.begin(), counts_.end()}; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(TunnelRefusal::Count_)> counts_{};
};

/// Leaves the book at the end of its life.
class BookPlace {
 public:
  BookPlace(TunnelBook& book, std::shared_ptr<TunnelEntry> entry, std::function<void()> left)
      : book_(book), entry_(std::move(entry)), left_(std::move(left)) {}
  BookPlace(const BookPlace&) = delete;
  BookPlace& operator=(const BookPlace&) = delete;
  ~BookPlace() {
    book_.leave(entry_->id);
    left_();
  }
  [[nodiscard]] const std::shared_ptr<TunnelEntry>& entry() const noexcept { return entry_; }

 private:
  TunnelBook& book_;
  std::shared_ptr<TunnelEntry> entry_;
  std::function<void()> left_;
};

class Forwards;
class TunnelService;

class TunnelsImpl final : public Tunnels {
 public:
  TunnelsImpl(TunnelDependencies dependencies, TunnelSettings settings);
  ~TunnelsImpl() override;
  TunnelsImpl(const TunnelsImpl&) = delete;
  TunnelsImpl& operator=(const TunnelsImpl&) = delete;

  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const TunnelSettings& settings) override;
  [[nodiscard]] std::vector<TunnelInfo> tunnels() const override;
  [[nodiscard]] Status close(std::uint64_t id) override;
  [[nodiscard]] std::vector<ForwardInfo> forwards() const override;
  [[nodiscard]] Result<ForwardInfo> open_forward(ForwardSettings settings) override;
  [[nodiscard]] Status close_forward(const std::string& name) override;
  [[nodiscard]] Task<Result<std::unique_ptr<net::ByteStream>>> open(PeerId peer, std::string target, std::optional<PeerId> via,
                                                                    MonoTime deadline) override;
  [[nodiscard]] TunnelMetrics metrics() const override;
  void on_change(std::function<void()> callback) override { changed_.push_back(std::move(callback)); }
  [[nodiscard]] fabric::MeshService& service() override;

  // ---- far side and middle: called by the service --------------------------------------------------------------
  [[nodiscard]] Task<void> serve_target(PeerId peer, std::optional<PeerId> via, std::string target, net::ByteStream& stream);
  [[nodiscard]] Task<void> serve_relay(PeerId caller, PeerId peer, net::ByteStream& stream);
  [[nodiscard]] Task<void> serve_relayed(PeerId middle, net::ByteStream& stream);

  // ---- for the forwards ----------------------------------------------------------------------------------------
  struct Wish {
    PeerId peer;
    std::string target;
    std::optional<PeerId> via;
    std::string forward;
  };
  [[nodiscard]] Task<Result<std::unique_ptr<net::ByteStream>>> open_wish(Wish wish, MonoTime deadline);
  void refused(TunnelRefusal why) noexcept { refusals_.count(why); }
  void changed() const;
  /// Of the near side: its bytes are the user's own and without limit.
  [[nodiscard]] PumpRoom& near_room() noexcept { return near_room_; }
  [[nodiscard]] TunnelBook& book() noexcept { return book_; }
  [[nodiscard]] TunnelDependencies& deps() noexcept { return deps_; }
  [[nodiscard]] const TunnelSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] TaskScope& scope() noexcept { return scope_; }
  /// A tunnel ended: there may be a place.
  [[nodiscard]] Notifier& left() noexcept { return left_; }

 private:
  /// A half-open relayed tunnel of one middle, as long as this lives.
  class Unproven;

  [[nodiscard]] std::shared_ptr<BookPlace> enter(TunnelEntry entry);
  [[nodiscard]] bool is_gateway(const std::string& target) const;
  [[nodiscard]] bool is_own_port(std::uint16_t port) const;
  [[nodiscard]] mesh::PeerRights rights_of(const PeerId& peer) const;
  /// Named by the operator or reputable.
  [[nodiscard]] bool is_known(const PeerId& peer) const;
  /// Why this peer may not have this target, if so.
  [[nodiscard]] std::optional<TunnelRefusal> judge(const PeerId& peer, const std::string& target) const;
  [[nodiscard]] std::optional<TunnelRefusal> judge_relay(const PeerId& caller, const PeerId& peer) const;
  [[nodiscard]] std::optional<TunnelRefusal> judge_unproven(const PeerId& middle) const;
  [[nodiscard]] Task<Result<std::unique_ptr<net::TlsStream>>> prove(PeerId middle, net::ByteStream& stream, std::string& target);
  [[nodiscard]] std::optional<TunnelRefusal> judge_place(TunnelSide side, const PeerId& peer) const;
  /// Counts it and says so.
  [[nodiscard]] Task<void> refuse(net::ByteStream& stream, TunnelRefusal why);
  [[nodiscard]] Task<Status> say(net::ByteStream& stream, TunnelAnswer answer);
  [[nodiscard]] Task<Result<std::unique_ptr<net::ByteStream>>> reach_target(std::string target);
  [[nodiscard]] Task<Result<mesh::StreamPtr>> call(PeerId to, std::string method, Bytes payload, guard::Origin origin, MonoTime deadline);
  [[nodiscard]] Task<Status> hear(net::ByteStream& stream, MonoTime deadline);
  [[nodiscard]] Task<Result<std::unique_ptr<net::ByteStream>>> reach(Wish wish, MonoTime deadline);
  [[nodiscard]] Task<void> watch_silence();
  /// Ends what may not be any more: rights and targets change while tunnels stand.
  void judge_again();

  TunnelDependencies deps_;
  TunnelSettings settings_;
  std::set<std::string> own_targets_;  // operator's names that lead to a port of this daemon: never reached
  TunnelBook book_;
  PumpRoom room_;
  PumpRoom near_room_;
  RefusalCounts refusals_;
  UnprovenPlaces unproven_;
  std::vector<std::function<void()>> changed_;
  Notifier entered_;
  Notifier left_;
  bool started_ = false;
  std::unique_ptr<TunnelService> service_;
  std::unique_ptr<Forwards> forwards_;
  TaskScope scope_;
};

}  // namespace soulfabric::relay
