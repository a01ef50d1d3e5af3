// SPDX-License-Identifier: GPL-3.0-or-later
// One attempt after another, as SessionCore says; login and announcements in the order that works (protocol note, section 3).
#include "server_session.hpp"

#include <algorithm>
#include <tuple>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/text.hpp"
#include "wire/frame_reader.hpp"

namespace soulfabric::soulseek {
namespace {

// 177 is the number for experimental clients, the minor is ours (protocol note, section 3).
constexpr std::uint32_t kMajorVersion = 177;
constexpr std::uint32_t kMinorVersion = 7;
constexpr std::size_t kReadBlock = 64 * 1024;
constexpr std::size_t kMaxOutbox = 32 * 1024 * 1024;
constexpr Duration kWriteTimeout = std::chrono::seconds(60);
constexpr Duration kAddressLife = std::chrono::minutes(30);  // only of watched users: we learn when they leave
constexpr std::size_t kMaxAddresses = 10000;

}  // namespace

struct ServerSession::Line {
  std::unique_ptr<net::ByteStream> stream;
  std::deque<Bytes> outbox;
  std::size_t outbox_bytes = 0;
  Notifier changed;
  bool dead = false;
  wire::FrameReader reader{wire::FrameKind::ServerReplies};
};

struct ServerSession::Question {
  Notifier changed;
  std::optional<Endpoint> address;
  std::optional<UserStatus> status;
  bool answered = false;
};

/// One who waits for an answer; the last to leave without one takes the question back, so that the next asks again.
struct ServerSession::Asker {
  std::map<std::string, std::shared_ptr<Question>>& of;
  std::string user;
  std::shared_ptr<Question> asked;
  ~Asker() {
    constexpr long kMapAndSelf = 2;
    const auto found = of.find(user);
    if (found != of.end() && found->second == asked && asked.use_count() <= kMapAndSelf) of.erase(found);
  }
};

ServerSession::ServerSession(IoContext& context, IoClock& clock, Random& random, net::Dialer& dialer, ServerSessionOptions options)
    : clock_(clock), dialer_(dialer), options_(std::move(options)), core_(options_.times, random), scope_(context, "server session") {}

void ServerSession::start() { scope_.spawn("session", run()); }

Task<void> ServerSession::stop() {
  core_.stop("soulfabric is shutting down");
  if (line_) line_->stream->close();
  co_await scope_.close();
}

bool ServerSession::connect() {
  const bool begun = core_.want(clock_.now());
  wake_.notify_all();
  changed();
  return begun;
}

void ServerSession::disconnect(std::string reason) {
  core_.stop(std::move(reason));
  if (line_) line_->stream->close();
  wake_.notify_all();
  changed();
}

void ServerSession::configure(ServerSessionOptions options) {
  options_ = std::move(options);
  changed();
}

bool ServerSession::is_under_way() const noexcept {
  return core_.phase() != SessionCore::Phase::Idle && core_.phase() != SessionCore::Phase::Waiting;
}

bool ServerSession::is_outdated() const noexcept {
  const auto decisive = [](const ServerSessionOptions& one) { return std::tie(one.host, one.port, one.username, one.password); };
  return is_under_way() && decisive(used_) != decisive(options_);
}

void ServerSession::set_listen_port(std::uint16_t port) {
  listen_port_ = port;
  if (logged_in()) send(wire::encode(wire::request::SetWaitPort{port, {}, {}}));
  changed();
}

void ServerSession::fill(SessionInfo& info) const {
  using Phase = SessionCore::Phase;
  switch (core_.phase()) {
    case Phase::Idle:
    case Phase::Waiting: info.state = SessionState::Disconnected; break;
    case Phase::Connecting: info.state = SessionState::Connecting; break;
    case Phase::LoggingIn: info.state = SessionState::Connected | SessionState::LoggingIn; break;
    case Phase::LoggedIn: info.state = SessionState::Connected | SessionState::LoggedIn; break;
  }
  const auto& shown = is_under_way() ? used_ : options_;
  info.address = shown.host + ":" + std::to_string(shown.port);
  info.endpoint = endpoint_;
  if (logged_in()) info.username = name_;
  info.own_address = own_address_;
  info.problem = core_.problem();
  info.final = core_.is_final();
  if (core_.phase() == Phase::Waiting) {
    info.next_attempt_at = clock_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(core_.next_attempt() - clock_.now());
  }
  info.listen_port = listen_port_;
  info.privileges_left = privileges_left_;
  info.privileged = privileges_left_ > 0;
  info.statistics = statistics_;
}

Task<Status> ServerSession::wait_logged_in(MonoTime deadline) {
  for (;;) {
    if (logged_in()) co_return Status{};
    if (core_.phase() == SessionCore::Phase::Idle) co_return fail(Errc::Unavailable, core_.problem().value_or("not connected to the Soulseek server"));
    const bool woken = co_await state_changed_.wait(clock_, deadline);
    if (!woken && clock_.now() >= deadline) co_return fail(Errc::TimedOut, core_.problem().value_or("the login takes too long"));
  }
}

Task<void> ServerSession::run() {
  while (!scope_.closing()) {
    core_.tick(clock_.now());
    if (core_.phase() == SessionCore::Phase::Connecting) {
      co_await attempt();
      changed();
      continue;
    }
    const auto until = core_.phase() == SessionCore::Phase::Waiting ? core_.next_attempt() : kNever;
    co_await wake_.wait(clock_, until);
  }
}

Task<void> ServerSession::attempt() {
  used_ = options_;
  changed();
  const auto deadline = clock_.now() + core_.times().connect_timeout;
  const auto address = co_await dialer_.resolve(used_.host, deadline);
  if (!address) {
    core_.on_connect_failed(address.error().message, clock_.now());
    co_return;
  }
  endpoint_ = Endpoint{*address, used_.port};
  auto stream = co_await dialer_.connect(*endpoint_, deadline);
  if (!stream) {
    core_.on_connect_failed(stream.error().message, clock_.now());
    co_return;
  }
  auto line = std::make_shared<Line>();
  line->stream = std::move(*stream);
  line_ = line;
  core_.on_connected();
  if (core_.phase() != SessionCore::Phase::LoggingIn) {
    end_session("stopped");
    co_return;
  }
  changed();
  const auto logged = co_await log_in(*line);
  if (!logged || !logged_in()) {
    if (!logged && logged.error().code == Errc::TimedOut) core_.on_login_silence(clock_.now());
    if (!logged && logged.error().code != Errc::TimedOut) core_.on_lost(logged.error().message, clock_.now());
    end_session("login failed");
    co_return;
  }
  scope_.spawn("writer", write_frames(line));
  const auto why = co_await read_frames(line);
  end_session(why);
}

Task<Status> ServerSession::log_in(Line& line) {
  const auto deadline = clock_.now() + core_.times().login_timeout;
  const std::string both = used_.username + used_.password;
  Bytes first = wire::encode(wire::request::Login{used_.username, used_.password, kMajorVersion, crypto::md5_hex(bytes_of(both)), kMinorVersion});
  // In the same write: peers that hear "online" before the port is known get port 0.
  const Bytes port = wire::encode(wire::request::SetWaitPort{listen_port_, {}, {}});
  first.insert(first.end(), port.begin(), port.end());
  const auto written = co_await line.stream->write(first, deadline);
  if (!written) co_return std::unexpected(written.error());
  while (core_.phase() == SessionCore::Phase::LoggingIn) {
    const auto room = line.reader.prepare(kReadBlock);
    const auto got = co_await line.stream->read_some(room, deadline);
    if (!got) co_return std::unexpected(got.error());
    line.reader.commit(*got);
    auto frame = line.reader.next();
    while (core_.phase() == SessionCore::Phase::LoggingIn && frame && *frame) {
      dispatch((*frame)->code, (*frame)->body);
      if (core_.phase() == SessionCore::Phase::LoggingIn) frame = line.reader.next();
    }
    if (!frame) co_return std::unexpected(frame.error());
  }
  co_return Status{};
}

Task<std::string> ServerSession::read_frames(std::shared_ptr<Line> line) {
  for (;;) {
    for (;;) {
      const auto frame = line->reader.next();
      if (!frame) co_return frame.error().message;
      if (!*frame) break;
      dispatch((*frame)->code, (*frame)->body);
      if (line->dead || relogged_) co_return std::string("the server ended the session");
    }
    const auto room = line->reader.prepare(kReadBlock);
    const auto got = co_await line->stream->read_some(room, kNever);
    if (!got) co_return got.error().message;
    line->reader.commit(*got);
  }
}

Task<void> ServerSession::write_frames(std::shared_ptr<Line> line) {
  while (!line->dead) {
    if (line->outbox.empty()) {
      const auto idle_until = clock_.now() + core_.times().keep_alive;
      const bool woken = co_await line->changed.wait(clock_, idle_until);
      if (!woken && !line->dead && line->outbox.empty()) line->outbox.push_back(wire::encode(wire::request::Ping{}));
      continue;
    }
    const Bytes frame = std::move(line->outbox.front());
    line->outbox.pop_front();
    line->outbox_bytes -= std::min(line->outbox_bytes, frame.size());
    const auto written = co_await line->stream->write(frame, clock_.now() + kWriteTimeout);
    if (written) continue;
    line->dead = true;
    line->stream->close();
  }
}

void ServerSession::send(Bytes frame) {
  if (!logged_in() || !line_ || line_->dead) return;
  if (line_->outbox_bytes + frame.size() > kMaxOutbox) {
    log::warning("soulseek", "the server does not read what we send, the connection is made anew");
    line_->stream->close();
    return;
  }
  line_->outbox_bytes += frame.size();
  line_->outbox.push_back(std::move(frame));
  line_->changed.notify_all();
}

void ServerSession::dispatch(std::uint32_t code, ByteView body) {
  const auto reply = wire::decode_server_reply(code, body);
  if (!reply) {
    log::debug("soulseek", "a message of the server was skipped: " + reply.error().message);
    return;
  }
  if (const auto* login = std::get_if<wire::reply::Login>(&*reply)) return take_login(*login);
  if (!logged_in()) return;  // nobody was told of a session yet
  if (std::holds_alternative<wire::reply::Relogged>(*reply)) {
    core_.on_relogged();
    relogged_ = true;
    return;
  }
  if (const auto* status = std::get_if<wire::reply::GetUserStatus>(&*reply)) {
    take_status(status->user, {static_cast<Presence>(static_cast<std::uint32_t>(status->status)), status->privileged.value_or(false)});
  } else if (const auto* watched = std::get_if<wire::reply::WatchUser>(&*reply)) {
    const bool privileged = known_status(watched->user).privileged;
    take_status(watched->user, {watched->exists ? static_cast<Presence>(static_cast<std::uint32_t>(watched->status)) : Presence::Offline, privileged});
    if (watched->user == name_) statistics_ = {watched->stats.avg_speed, watched->stats.uploads, watched->stats.files, watched->stats.folders};
  } else if (const auto* stats = std::get_if<wire::reply::GetUserStats>(&*reply)) {
    if (stats->user == name_) statistics_ = {stats->stats.avg_speed, stats->stats.uploads, stats->stats.files, stats->stats.folders};
  } else if (const auto* address = std::get_if<wire::reply::GetPeerAddress>(&*reply)) {
    take_address(*address);
  } else if (const auto* privileges = std::get_if<wire::reply::CheckPrivileges>(&*reply)) {
    privileges_left_ = privileges->seconds;
  } else if (const auto* notice = std::get_if<wire::reply::AdminMessage>(&*reply)) {
    log::info("soulseek", "the server says: " + display_text(notice->text));
  }
  for (auto* listener : listeners_) listener->on_reply(*reply);
}

void ServerSession::take_login(const wire::reply::Login& login) {
  if (core_.phase() != SessionCore::Phase::LoggingIn || !line_) return;
  if (!login.ok) {
    core_.on_login_rejected(login.reason, login.detail.value_or(""), clock_.now());
    return;
  }
  core_.on_login_accepted();
  if (!logged_in()) return;
  name_ = used_.username;
  own_address_ = login.own_ip;
  relogged_ = false;
  log::info("soulseek", "logged in to the server");
  announce_everything();
  for (auto* listener : listeners_) listener->on_login();
  changed();
}

void ServerSession::announce_everything() {
  constexpr std::int32_t kOnline = 2;
  send(wire::encode(wire::request::SetStatus{kOnline}));
  send(wire::encode(wire::request::CheckPrivileges{}));
  watched_[name_].count = std::max(1U, watched_[name_].count);
  for (const auto& [user, entry] : watched_) {
    send(wire::encode(wire::request::WatchUser{user}));
    send(wire::encode(wire::request::GetUserStatus{user}));
  }
}

void ServerSession::end_session(const std::string& why) {
  core_.on_lost(why, clock_.now());
  if (line_) {
    line_->dead = true;
    line_->stream->close();
    line_->changed.notify_all();
    line_.reset();
  }
  addresses_.clear();
  for (auto& [user, entry] : watched_) entry.status.reset();
  watched_.erase(name_);
  for (auto* questions : {&address_questions_, &status_questions_}) {
    for (auto& [user, asked] : *questions) asked->changed.notify_all();
    questions->clear();
  }
  if (!name_.empty()) {  // whatever the user wanted meanwhile: who heard of the login hears of its end
    for (auto* listener : listeners_) listener->on_logout();
  }
  name_.clear();
  relogged_ = false;
  changed();
}

void ServerSession::changed() {
  state_changed_.notify_all();
  for (auto* listener : listeners_) listener->on_session_changed();
}

std::shared_ptr<ServerSession::Question> ServerSession::question(std::map<std::string, std::shared_ptr<Question>>& of, const std::string& user, bool& fresh) {
  auto& entry = of[user];
  fresh = !entry;
  if (fresh) entry = std::make_shared<Question>();
  return entry;
}

std::optional<Endpoint> ServerSession::known_address(const std::string& username) const {
  const auto found = addresses_.find(username);
  if (found == addresses_.end() || clock_.now() - found->second.at > kAddressLife) return std::nullopt;
  return found->second.endpoint;
}

Task<Result<Endpoint>> ServerSession::address_of(std::string username, MonoTime deadline) {
  if (!logged_in()) co_return fail(Errc::Unavailable, "we are not logged in to the Soulseek server");
  const auto cached = known_address(username);
  if (cached && cached->port != 0 && watched_.contains(username)) co_return *cached;
  bool fresh = false;
  const Asker asker{address_questions_, username, question(address_questions_, username, fresh)};
  Question* const asked = asker.asked.get();
  if (fresh) send(wire::encode(wire::request::GetPeerAddress{username}));
  while (!asked->answered && logged_in() && clock_.now() < deadline) co_await asked->changed.wait(clock_, deadline);
  if (!asked->answered) {
    if (!logged_in()) co_return fail(Errc::Unavailable, "the connection to the Soulseek server was lost");
    co_return fail(Errc::TimedOut, "the server did not say where the user is");
  }
  if (!asked->address) co_return fail(Errc::Offline, "the user is offline");
  co_return *asked->address;
}

void ServerSession::take_address(const wire::reply::GetPeerAddress& reply) {
  const auto found = address_questions_.find(reply.user);
  const auto asked = found == address_questions_.end() ? nullptr : found->second;
  if (asked) address_questions_.erase(found);
  std::optional<Endpoint> endpoint;
  if (!reply.ip.is_unspecified()) endpoint = Endpoint{reply.ip, wire::port_of(reply.port).value_or(0)};
  if (endpoint) {
    if (addresses_.size() >= kMaxAddresses) addresses_.clear();
    addresses_[reply.user] = {*endpoint, clock_.now()};
  }
  if (!asked) return;
  asked->address = endpoint;
  asked->answered = true;
  asked->changed.notify_all();
}

Task<Result<UserStatus>> ServerSession::ask_status(std::string username, MonoTime deadline) {
  if (!logged_in()) co_return fail(Errc::Unavailable, "we are not logged in to the Soulseek server");
  bool fresh = false;
  const Asker asker{status_questions_, username, question(status_questions_, username, fresh)};
  Question* const asked = asker.asked.get();
  if (fresh) send(wire::encode(wire::request::GetUserStatus{username}));
  while (!asked->answered && logged_in() && clock_.now() < deadline) co_await asked->changed.wait(clock_, deadline);
  if (asked->answered) co_return *asked->status;
  if (!logged_in()) co_return fail(Errc::Unavailable, "the connection to the Soulseek server was lost");
  co_return fail(Errc::TimedOut, "the server did not answer about this user");
}

void ServerSession::take_status(const std::string& user, UserStatus status) {
  if (static_cast<std::uint32_t>(status.presence) > 2) status.presence = Presence::Online;
  if (const auto found = watched_.find(user); found != watched_.end()) found->second.status = status;
  if (status.presence == Presence::Offline) addresses_.erase(user);
  if (const auto found = status_questions_.find(user); found != status_questions_.end()) {
    found->second->status = status;
    found->second->answered = true;
    found->second->changed.notify_all();
    status_questions_.erase(found);
  }
  for (auto* listener : listeners_) listener->on_user_status(user, status);
}

void ServerSession::watch(const std::string& username) {
  auto& entry = watched_[username];
  if (entry.count++ > 0) return;
  send(wire::encode(wire::request::WatchUser{username}));
  send(wire::encode(wire::request::GetUserStatus{username}));
}

void ServerSession::unwatch(const std::string& username) {
  const auto found = watched_.find(username);
  if (found == watched_.end() || --found->second.count > 0) return;
  watched_.erase(found);
  send(wire::encode(wire::request::UnwatchUser{username}));
}

UserStatus ServerSession::known_status(const std::string& username) const {
  const auto found = watched_.find(username);
  return found == watched_.end() || !found->second.status ? UserStatus{} : *found->second.status;
}

}  // namespace soulfabric::soulseek
