// SPDX-License-Identifier: GPL-3.0-or-later
// Connections with peers: listens, reaches others directly and through the server at once, keeps P connections and hands
// file and distributed connections to whom they concern (protocol note, section 5). Network thread only.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "peer_link.hpp"
#include "server_session.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::soulseek {

/// Numbers: protocol note, sections 2 and 5.
struct PeerTimes {
  Duration connect = std::chrono::seconds(10);
  Duration indirect = std::chrono::seconds(20);
  Duration init = std::chrono::seconds(5);     // the first message of an accepted connection
  Duration idle = std::chrono::seconds(60);    // a P connection without traffic
  Duration ghost = std::chrono::seconds(10);   // a P connection on which nothing followed the init message
  Duration answered = std::chrono::seconds(2); // after a search answer, when nothing else is going on
  Duration write = std::chrono::seconds(60);
  Duration listen_again = std::chrono::seconds(10);
};

struct PeerHubOptions {
  Endpoint listen;
  PeerTimes times;
};

/// What the hub asks and tells the other parts; set once before start.
struct PeerHubHandlers {
  PeerMessageHandler message;
  FileConnectionHandler file;
  std::function<void(PeerConnection)> distributed;
  /// Whether a search answer with this token is awaited; asked before it is inflated.
  std::function<bool(std::uint32_t token)> wants_search_answer;
  std::function<void(const std::string& username)> link_closed;
};

class PeerHub final : public PeerPort, public ServerListener {
 public:
  PeerHub(IoContext& context, IoClock& clock, Random& random, net::Dialer& dialer, guard::Guard& guard, ServerSession& server, WorkerPool& workers,
          PeerHubOptions options);
  void set_handlers(PeerHubHandlers handlers) { handlers_ = std::move(handlers); }
  /// Opens the listening port (trying again by itself while it is taken).
  void start();
  [[nodiscard]] Task<void> stop();
  void set_listen(Endpoint at);
  [[nodiscard]] const std::optional<std::string>& listen_problem() const noexcept { return listen_problem_; }
  [[nodiscard]] std::uint16_t listen_port() const noexcept;

  [[nodiscard]] Task<Status> send(std::string username, Bytes frame, MonoTime deadline) override;
  /// Sends our share list, whose body lies on disk.
  [[nodiscard]] Task<Status> send_list(std::string username, library::SharedListBody list, MonoTime deadline);
  [[nodiscard]] Task<Result<FileConnection>> open_file(std::string username, MonoTime deadline) override;
  /// Reaches a candidate of the tree at the address that the server named.
  [[nodiscard]] Task<Result<PeerConnection>> open_distributed(std::string username, Endpoint at, MonoTime deadline);
  /// The next browse answer of this user goes to `sink`; nullptr: none is expected any more. The sink outlives the expectation.
  void expect_browse(const std::string& username, BrowseReceiver* sink);
  /// One user info answer more, or one less, may come from this user.
  void expect_info(const std::string& username, bool expected);
  void close_links(const std::string& username);
  [[nodiscard]] std::size_t link_count() const noexcept;

  void on_logout() override;
  void on_reply(const wire::ServerReply& reply) override;

 private:
  struct Race;
  [[nodiscard]] Task<void> listen_loop();
  [[nodiscard]] Task<void> accept_one(std::unique_ptr<net::ByteStream> stream, guard::ConnectionSlot slot);
  [[nodiscard]] Task<void> answer_connect(wire::reply::ConnectToPeer wanted);
  [[nodiscard]] Task<void> dial_direct(std::shared_ptr<Race> race, Endpoint to);
  [[nodiscard]] Task<Result<PeerConnection>> reach(std::string username, std::string type, std::optional<Endpoint> at, MonoTime deadline);
  [[nodiscard]] Task<Result<std::shared_ptr<PeerLink>>> link_to(std::string username, MonoTime deadline);
  [[nodiscard]] Task<void> read_link(std::shared_ptr<PeerLink> link);
  [[nodiscard]] Task<Status> take_frame(PeerLink& link, wire::Frame frame);
  [[nodiscard]] Task<void> write_link(std::shared_ptr<PeerLink> link);
  void hand_over_file(PeerConnection connection);
  void adopt(PeerConnection connection, const std::string& type);
  std::shared_ptr<PeerLink> add_link(PeerConnection connection);
  void remove_link(const std::shared_ptr<PeerLink>& link);
  void pierced(std::uint32_t token, PeerConnection connection);
  [[nodiscard]] Task<Status> send_item(std::string username, Outgoing item, MonoTime deadline);
  [[nodiscard]] Task<Status> write_item(PeerLink& link, Outgoing item);
  void enqueue(PeerLink& link, Outgoing item);
  void charge(const PeerConnection& connection, guard::Violation violation);
  [[nodiscard]] std::shared_ptr<PeerLink> newest(const std::string& username) const;
  [[nodiscard]] bool may_dial(const Endpoint& to) const;
  [[nodiscard]] bool is_checked(const std::string& username, const IpAddress& address) const;
  void forget_old_races();
  [[nodiscard]] std::uint32_t fresh_token();
  void close_all();

  IoClock& clock_;
  Random& random_;
  net::Dialer& dialer_;
  guard::Guard& guard_;
  ServerSession& server_;
  WorkerPool& workers_;
  PeerHubOptions options_;
  PeerHubHandlers handlers_;
  std::unique_ptr<net::Listener> listener_;
  std::optional<std::string> listen_problem_;
  Notifier listen_changed_;
  std::map<std::string, std::vector<std::shared_ptr<PeerLink>>> links_;  // newest last
  std::map<std::uint32_t, std::shared_ptr<Race>> races_;
  std::map<std::string, std::shared_ptr<Race>> link_races_;  // P races under way, by user
  std::map<std::string, BrowseReceiver*> browse_sinks_;
  std::map<std::string, unsigned> expected_infos_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
