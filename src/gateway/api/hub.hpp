// SPDX-License-Identifier: GPL-3.0-or-later
// The event stream: tells every open page what changed. Each socket keeps what is still to be told, one entry per thing, so a slow
// reader costs no more than the number of things. Network thread only.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::gateway {

enum class News : std::uint8_t { Application, Search, Responses, SearchRemoved, Transfer, TransferRemoved, Shares, Browse, Mesh, Pod, Relay };

class EventSocket final : public SocketSource {
 public:
  EventSocket(Context& context, Identity identity) : context_(context), identity_(std::move(identity)) {}
  [[nodiscard]] Task<std::optional<std::string>> next() override;
  void received(std::string_view text) override;
  void end() override;

  void tell(News news, const std::string& id);
  void tell_responses(const std::string& search, std::size_t from);
  void tell_message(const std::string& text);
  /// Told at most five times a second, whatever is going on.
  void tell_relay();
  [[nodiscard]] const Identity& identity() const noexcept { return identity_; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }

 private:
  using Key = std::pair<News, std::string>;
  [[nodiscard]] Task<std::string> render(Key key);
  [[nodiscard]] Task<std::string> render_responses(std::string search);
  [[nodiscard]] std::string render_hello() const;

  Context& context_;
  Identity identity_;
  std::deque<Key> queue_;
  std::set<Key> queued_;
  std::deque<std::string> messages_;
  std::map<std::string, std::size_t> told_responses_;  // by search: how many
  Notifier changed_;
  MonoTime relay_next_{};  // not before
  bool relay_due_ = false;
  bool greeted_ = false;
  bool rested_ = true;
  bool ended_ = false;
};

class Hub final : public soulseek::Observer, public library::Shares::Observer {
 public:
  explicit Hub(Context& context) : context_(context) {}
  ~Hub() override { stop(); }
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;
  void add_routes(RouteTable& table);
  void start();
  void stop();
  /// Takes note of a socket of another resource, so that it ends with the session or key that opened it.
  void adopt(std::shared_ptr<SocketSource> socket, Identity identity);
  /// Whether as many sockets are open as may be.
  [[nodiscard]] bool is_full();
  void close_session(const std::string& session);
  /// Of everybody, or of those whose API key is no longer there.
  void close_all();
  void close_lost_keys();

  void on_session_changed() override;
  void on_search_changed(const std::string& id) override;
  void on_search_responses(const std::string& id, std::size_t from) override;
  void on_search_removed(const std::string& id) override;
  void on_transfer_changed(const soulseek::Transfer& transfer) override;
  void on_transfer_removed(const std::string& id) override;
  void on_download_complete(const soulseek::Transfer& transfer) override;
  void on_message(const soulseek::PrivateMessage& message) override;
  void on_browse_progress(const std::string& username, std::uint64_t bytes, std::uint64_t size) override;
  void on_scan_progress(const library::ScanProgress& progress) override;
  void on_snapshot(const std::shared_ptr<const library::Snapshot>& snapshot) override;

 private:
  [[nodiscard]] Task<Response> open(Call& call);
  struct Adopted {
    std::weak_ptr<SocketSource> socket;
    Identity identity;
  };
  template <class F>
  void close_where(F&& matches);
  void watch_mesh();
  void watch_relays();
  void tell(News news, const std::string& id = {});
  void record(std::string_view type, std::string data);
  void record_transfer_end(const soulseek::Transfer& transfer);
  Context& context_;
  std::vector<std::weak_ptr<EventSocket>> sockets_;
  std::vector<Adopted> adopted_;
  std::shared_ptr<Hub*> self_ = std::make_shared<Hub*>(this);  // listeners of mesh and relays may outlive the hub
  std::uint64_t mesh_joins_ = 1;                               // counted on every change of the mesh
  std::uint64_t mesh_watched_ = 0;                             // of these, the one whose parts are listened to
  std::set<std::string> ended_uploads_;  // told as complete
  bool logged_in_ = false;
  bool started_ = false;
};

}  // namespace soulfabric::gateway
