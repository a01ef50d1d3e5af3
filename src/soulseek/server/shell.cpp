// SPDX-License-Identifier: GPL-3.0-or-later
// Performs what ServerCore decides.
#include "server/shell.hpp"

#include <algorithm>

#include "server/store.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kReadBlock = 16 * 1024;
constexpr std::size_t kMaxOutbox = 8 * 1024 * 1024;  // a client that reads so slowly that this fills up is let go
constexpr Duration kWriteTimeout = std::chrono::seconds(60);
constexpr Duration kLinger = std::chrono::seconds(2);  // for the last reply to be read before the socket goes
constexpr Duration kShortestTick = std::chrono::milliseconds(50);
constexpr Duration kLongestTick = std::chrono::seconds(5);

[[nodiscard]] ServerRules rules_of(const ServerOptions& options) {
  ServerRules rules;
  rules.greeting = options.greeting;
  rules.excluded_phrases = options.excluded_phrases;
  rules.privileged_users = options.privileged_users;
  rules.possible_parents_interval = std::max<Duration>(options.possible_parents_interval, kShortestTick);
  rules.wishlist_seconds = options.wishlist_seconds;
  rules.initial_speed = options.initial_speed;
  rules.limits.max_accounts = options.max_accounts;
  rules.limits.max_connections = options.max_connections;
  rules.limits.max_connections_per_address = options.max_connections_per_address;
  rules.limits.max_registrations_per_address = options.max_registrations_per_address;
  rules.limits.max_failed_logins_per_address = options.max_failed_logins_per_address;
  return rules;
}

}  // namespace

SoulseekServer::Shell::Shell(IoContext& context, IoClock& clock, ServerOptions options)
    : context_(context), clock_(clock), options_(std::move(options)), scope_(context, "soulseek server") {}

Status SoulseekServer::Shell::start() {
  if (!crypto::initialise()) return fail(Errc::Internal, "The system offers no randomness; the server cannot hash passwords.");
  auto listener = net::listen_tcp(context_, clock_, options_.listen);
  if (!listener) return std::unexpected(std::move(listener).error());
  listener_ = std::move(*listener);
  SF_TRY_ASSIGN(Database database, server_store::open(options_.data_dir));
  SF_TRY_ASSIGN(ServerMemory memory, server_store::load(database));
  core_ = std::make_unique<ServerCore>(rules_of(options_), std::move(memory));
  writer_ = std::make_unique<DbWriter>(context_, clock_, std::move(database));
  scope_.spawn("accept", accept_all());
  scope_.spawn("tick", tick());
  log::info("soulseek", "the Soulseek-compatible server accepts connections on port " + std::to_string(local().port));
  return {};
}

Task<void> SoulseekServer::Shell::stop() {
  if (listener_) listener_->close();
  for (auto& [id, line] : lines_) kill(*line);
  co_await scope_.close();
  lines_.clear();
  if (writer_) co_await writer_->close();
}

ServerMoment SoulseekServer::Shell::moment() const {
  return {clock_.now(), static_cast<std::uint32_t>(to_unix_micros(clock_.wall()) / 1'000'000)};
}

void SoulseekServer::Shell::announce(std::string text) {
  if (core_) perform_all(core_->announce(std::move(text), moment()));
}

Task<void> SoulseekServer::Shell::accept_all() {
  while (!scope_.closing()) {
    auto accepted = co_await listener_->accept();
    if (accepted) {
      welcome(std::move(*accepted));
    } else if (accepted.error().code == Errc::Cancelled) {
      co_return;
    } else {
      co_await clock_.sleep_for(kShortestTick);  // most likely no file descriptor was left; some will come free
    }
  }
}

void SoulseekServer::Shell::welcome(std::unique_ptr<net::ByteStream> stream) {
  auto line = std::make_shared<Line>();
  line->id = ++last_id_;
  line->stream = std::move(stream);
  lines_.emplace(line->id, line);
  const IpAddress address = line->stream->remote().address;
  const IpAddress reached = line->stream->local().address;
  perform_all(core_->on_connected(line->id, address, reached, moment()));
  line->coroutines = 2;
  if (!scope_.spawn("reader", read_requests(line))) ended(*line);
  if (!scope_.spawn("writer", write_replies(line))) ended(*line);
}

void SoulseekServer::Shell::ended(Line& line) {
  const ServerConnection id = line.id;
  if (--line.coroutines > 0) return;
  kill(line);
  lines_.erase(id);
  perform_all(core_->on_disconnected(id, moment()));
}

void SoulseekServer::Shell::kill(Line& line) {
  line.dead = true;
  line.stream->close();
  line.changed.notify_all();
}

Task<void> SoulseekServer::Shell::read_requests(std::shared_ptr<Line> line) {
  while (!line->dead) {
    take_frames(*line);
    if (core_->is_checking(line->id)) {  // what was sent behind the login waits in the reader, and in the kernel
      co_await line->changed.wait(clock_, kNever);
      continue;
    }
    const auto room = line->reader.prepare(kReadBlock);
    const auto got = co_await line->stream->read_some(room, kNever);
    if (!got) break;
    line->reader.commit(*got);
  }
  kill(*line);
  ended(*line);
}

void SoulseekServer::Shell::take_frames(Line& line) {
  while (!line.dead && !line.finishing && !core_->is_checking(line.id)) {
    const auto frame = line.reader.next();
    if (!frame) return kill(line);
    if (!*frame) return;
    const auto request = wire::decode_server_request((*frame)->code, (*frame)->body);
    if (request) perform_all(core_->on_request(line.id, *request, moment()));
  }
  if (line.finishing) static_cast<void>(line.reader.take_rest());
}

Task<void> SoulseekServer::Shell::write_replies(std::shared_ptr<Line> line) {
  while (!line->dead) {
    if (line->outbox.empty()) {
      if (line->finishing) break;
      co_await line->changed.wait(clock_, kNever);
      continue;
    }
    const std::shared_ptr<const Bytes> frame = std::move(line->outbox.front());
    line->outbox.pop_front();
    const auto deadline = clock_.now() + kWriteTimeout;
    const auto written = co_await line->stream->write(*frame, deadline);
    line->outbox_bytes -= frame->size();
    if (!written) kill(*line);
  }
  if (!line->dead) {
    // closing with unread bytes would reset the connection and could take the last reply with it
    line->stream->shutdown_write();
    const auto deadline = clock_.now() + kLinger;
    co_await line->changed.wait(clock_, deadline);
  }
  kill(*line);
  ended(*line);
}

Task<void> SoulseekServer::Shell::tick() {
  const Duration pause = std::clamp<Duration>(options_.possible_parents_interval / 2, kShortestTick, kLongestTick);
  while (!scope_.closing()) {
    perform_all(core_->on_tick(moment()));
    co_await clock_.sleep_for(pause);
  }
}

Task<void> SoulseekServer::Shell::work_on_password(ServerPasswordJob job) {
  const ServerConnection id = job.connection;
  struct Outcome {
    bool fits = false;
    std::string hash;
  };
  auto work = [job = std::move(job)] {
    Outcome out;
    if (job.hash.empty()) {
      out.hash = crypto::hash_password(job.password);
    } else {
      out.fits = crypto::verify_password(job.hash, job.password);
    }
    return out;
  };
  const auto outcome = co_await passwords_.run(std::move(work));
  perform_all(core_->on_password(id, outcome.fits, outcome.hash, moment()));
}

void SoulseekServer::Shell::perform_all(ServerActions actions) {
  for (ServerAction& action : actions) {
    std::visit([this](auto& one) { perform(one); }, action);
  }
}

void SoulseekServer::Shell::perform(ServerSend& action) {
  const auto found = lines_.find(action.to);
  if (found == lines_.end() || found->second->dead || found->second->finishing) return;
  Line& line = *found->second;
  line.outbox_bytes += action.frame->size();
  line.outbox.push_back(std::move(action.frame));
  if (line.outbox_bytes > kMaxOutbox) return kill(line);
  line.changed.notify_all();
}

void SoulseekServer::Shell::perform(ServerClose& action) {
  const auto found = lines_.find(action.connection);
  if (found == lines_.end()) return;
  found->second->finishing = true;
  found->second->changed.notify_all();
}

void SoulseekServer::Shell::perform(ServerPasswordJob& action) { scope_.spawn("password", work_on_password(std::move(action))); }

template <class Change>
void SoulseekServer::Shell::perform(Change& action) {
  writer_->submit([change = std::move(action)](Database& database) { return server_store::apply(database, change); });
}

SoulseekServer::SoulseekServer(IoContext& context, IoClock& clock, ServerOptions options)
    : shell_(std::make_unique<Shell>(context, clock, std::move(options))) {}
SoulseekServer::~SoulseekServer() = default;
Status SoulseekServer::start() { return shell_->start(); }
Endpoint SoulseekServer::local() const { return shell_->local(); }
std::size_t SoulseekServer::users_online() const { return shell_->users_online(); }
void SoulseekServer::announce(std::string text) { shell_->announce(std::move(text)); }
Task<void> SoulseekServer::stop() { co_await shell_->stop(); }

}  // namespace soulfabric::soulseek
