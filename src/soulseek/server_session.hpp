// SPDX-License-Identifier: GPL-3.0-or-later
// The connection to the Soulseek server: keeps it up by SessionCore's policy, and offers it to the other parts.
// Network thread only.
#pragma once
#include <deque>
#include <map>
#include <memory>

#include "core/session_core.hpp"
#include "ports.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/client.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {

struct ServerSessionOptions {
  std::string host;
  std::uint16_t port = 0;
  std::string username;
  std::string password;
  SessionTimes times;
};

/// Told in the order things happen. `on_login` comes before any other reply of the session, `on_logout` after the last.
class ServerListener {
 public:
  virtual ~ServerListener() = default;
  virtual void on_login() {}
  virtual void on_logout() {}
  virtual void on_session_changed() {}
  virtual void on_reply(const wire::ServerReply& /*reply*/) {}
  virtual void on_user_status(const std::string& /*username*/, const UserStatus& /*status*/) {}
};

class ServerSession final : public ServerPort {
 public:
  ServerSession(IoContext& context, IoClock& clock, Random& random, net::Dialer& dialer, ServerSessionOptions options);

  void add_listener(ServerListener& listener) { listeners_.push_back(&listener); }
  void start();
  [[nodiscard]] Task<void> stop();

  bool connect();
  void disconnect(std::string reason);
  /// Host, port, name and password of the next attempt; the present session goes on as it is.
  void configure(ServerSessionOptions options);
  /// The present session or attempt began with other settings than those of now.
  [[nodiscard]] bool is_outdated() const noexcept;
  /// Announced at login, and at once when it changes; 0: nobody can connect to us.
  void set_listen_port(std::uint16_t port);
  void fill(SessionInfo& info) const;
  [[nodiscard]] Task<Status> wait_logged_in(MonoTime deadline);
  /// Sends WatchUser for somebody else's question and waits for the answer. Errors: NotFound, TimedOut, Unavailable.
  [[nodiscard]] Task<Result<UserStatus>> ask_status(std::string username, MonoTime deadline);
  /// The server's address once resolved.
  [[nodiscard]] const std::optional<Endpoint>& endpoint() const noexcept { return endpoint_; }

  [[nodiscard]] bool logged_in() const noexcept override { return core_.phase() == SessionCore::Phase::LoggedIn; }
  [[nodiscard]] const std::string& username() const noexcept override { return name_; }
  void send(Bytes frame) override;
  [[nodiscard]] Task<Result<Endpoint>> address_of(std::string username, MonoTime deadline) override;
  void watch(const std::string& username) override;
  void unwatch(const std::string& username) override;
  [[nodiscard]] UserStatus known_status(const std::string& username) const override;
  /// The address the server gave lately, without asking.
  [[nodiscard]] std::optional<Endpoint> known_address(const std::string& username) const;

 private:
  struct Line;     // one TCP connection with its outbox
  struct Question; // waiters for one user's address or status
  struct Asker;
  [[nodiscard]] bool is_under_way() const noexcept;
  [[nodiscard]] Task<void> run();
  [[nodiscard]] Task<void> attempt();
  [[nodiscard]] Task<Status> log_in(Line& line);
  [[nodiscard]] Task<std::string> read_frames(std::shared_ptr<Line> line);
  [[nodiscard]] Task<void> write_frames(std::shared_ptr<Line> line);
  void dispatch(std::uint32_t code, ByteView body);
  void take_login(const wire::reply::Login& login);
  void take_status(const std::string& user, UserStatus status);
  void take_address(const wire::reply::GetPeerAddress& reply);
  void announce_everything();
  void end_session(const std::string& why);
  void changed();
  [[nodiscard]] std::shared_ptr<Question> question(std::map<std::string, std::shared_ptr<Question>>& of, const std::string& user, bool& fresh);

  struct Watched {
    unsigned count = 0;
    std::optional<UserStatus> status;
  };
  struct KnownAddress {
    Endpoint endpoint;
    MonoTime at;
  };

  IoClock& clock_;
  net::Dialer& dialer_;
  ServerSessionOptions options_;
  ServerSessionOptions used_;  // of the attempt or session that is on its way
  SessionCore core_;
  std::vector<ServerListener*> listeners_;
  std::string name_;
  std::optional<Endpoint> endpoint_;
  std::optional<IpAddress> own_address_;
  std::uint16_t listen_port_ = 0;
  std::shared_ptr<Line> line_;
  std::map<std::string, Watched> watched_;
  std::map<std::string, KnownAddress> addresses_;
  std::map<std::string, std::shared_ptr<Question>> address_questions_;
  std::map<std::string, std::shared_ptr<Question>> status_questions_;
  std::uint32_t privileges_left_ = 0;
  UserStatistics statistics_;
  bool relogged_ = false;
  Notifier wake_;
  Notifier state_changed_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
