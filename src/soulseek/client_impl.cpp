// SPDX-License-Identifier: GPL-3.0-or-later
// Wiring: who is told what, in which order things start and stop.
#include "client_impl.hpp"

#include "client_settings.hpp"
#include "soulfabric/base/log.hpp"
#include "store_schema.hpp"

namespace soulfabric::soulseek {

std::optional<std::uint64_t> SnapshotFiles::size_of(const std::string& virtual_path) const {
  const auto snapshot = shares_.snapshot();
  const auto id = snapshot->find_file(virtual_path);
  if (!id) return std::nullopt;
  return snapshot->file(*id).size;
}

std::function<Result<std::unique_ptr<File>>()> SnapshotFiles::opener(const std::string& virtual_path) const {
  return [snapshot = shares_.snapshot(), virtual_path]() -> Result<std::unique_ptr<File>> {
    const auto id = snapshot->find_file(virtual_path);
    if (!id) return fail(Errc::NotFound, "the file is not shared any more");
    SF_TRY_ASSIGN(library::SharedFileHandle handle, library::open_shared_file(*snapshot, *id));
    return std::move(handle.file);
  };
}

ClientImpl::ClientImpl(const ClientDependencies& deps, const Options& options, const std::filesystem::path& app_dir)
    : deps_(deps),
      options_(options),
      app_dir_(app_dir),
      files_(deps.shares),
      server_(deps.context, deps.clock, deps.random, deps.dialer, server_options(options)),
      hub_(deps.context, deps.clock, deps.random, deps.dialer, deps.courtesy.guard(), server_, deps.workers, hub_options(options)),
      searches_(deps.context, deps.clock, deps.random, server_, deps.courtesy, deps.store, deps.workers, observers_),
      transfers_({deps.context, deps.clock, deps.random, server_, hub_, files_, deps.courtesy, deps.workers, deps.store, deps.files},
                 transfer_options(options, app_dir), transfer_events()),
      answerer_(deps.context, deps.clock, deps.courtesy.guard(), server_, hub_, [this] { return deps_.shares.snapshot(); },
                [this] { return transfers_.upload_load(); }, answer_options(options)),
      tree_(deps.context, deps.clock, server_, hub_, tree_options(options),
            [this](const TreeAnswer& search) { answerer_.on_search(search.user, search.token, search.query); }),
      share_answers_(deps.context, deps.clock, hub_, deps.shares, deps.workers, [this] { return transfers_.upload_load(); }, profile_of(options)),
      users_(deps.context, deps.clock, deps.random, server_, hub_, deps.courtesy, deps.workers, observers_, deps.browse_folder),
      chat_(deps.context, deps.clock, server_, deps.courtesy.guard(), deps.store, observers_) {
  // In the order in which a login concerns them: the tree and the peers before those who send through them.
  server_.add_listener(hub_);
  server_.add_listener(tree_);
  server_.add_listener(chat_);
  server_.add_listener(*this);
  hub_.set_handlers(hub_handlers());
}

PeerHubHandlers ClientImpl::hub_handlers() {
  PeerHubHandlers handlers;
  handlers.message = [this](const PeerMessageIn& message) { on_peer_message(message); };
  handlers.file = [this](FileConnection connection) { transfers_.on_file_connection(std::move(connection)); };
  handlers.distributed = [this](PeerConnection connection) { tree_.on_incoming(std::move(connection)); };
  handlers.wants_search_answer = [this](std::uint32_t token) { return searches_.wants(token); };
  handlers.link_closed = [this](const std::string& username) { users_.on_link_closed(username); };
  return handlers;
}

TransferEvents ClientImpl::transfer_events() {
  TransferEvents events;
  events.changed = [this](const Transfer& transfer) { observers_.each([&](soulseek::Observer& o) { o.on_transfer_changed(transfer); }); };
  events.removed = [this](const std::string& id) { observers_.each([&](soulseek::Observer& o) { o.on_transfer_removed(id); }); };
  events.download_complete = [this](const Transfer& transfer) { observers_.each([&](soulseek::Observer& o) { o.on_download_complete(transfer); }); };
  return events;
}

Task<Status> ClientImpl::start() {
  auto searches = co_await searches_.start_up();
  if (!searches) co_return searches;
  auto transfers = co_await transfers_.start();
  if (!transfers) co_return transfers;
  deps_.shares.add_observer(*this);
  started_ = true;
  if (options_.flags.no_start) co_return Status{};
  hub_.start();
  tree_.start();
  server_.start();
  if (!options_.flags.no_connect && !options_.soulseek.username.empty()) server_.connect();
  co_return Status{};
}

Task<void> ClientImpl::stop() {
  if (started_) deps_.shares.remove_observer(*this);
  started_ = false;
  co_await transfers_.stop();
  co_await answerer_.stop();
  co_await share_answers_.stop();
  co_await users_.stop();
  co_await searches_.stop();
  co_await chat_.stop();
  co_await tree_.stop();
  co_await server_.stop();
  co_await hub_.stop();
}

void ClientImpl::configure(const Options& options) {
  const bool listens_elsewhere = options.soulseek.listen_port != options_.soulseek.listen_port ||
                                 options.soulseek.listen_ip_address != options_.soulseek.listen_ip_address;
  options_ = options;
  transfers_.set_options(transfer_options(options, app_dir_));
  answerer_.configure(answer_options(options));
  share_answers_.set_profile(profile_of(options));
  server_.configure(server_options(options));
  tree_.configure(tree_options(options));
  if (listens_elsewhere) hub_.set_listen(hub_options(options).listen);
}

SessionInfo ClientImpl::info() const {
  SessionInfo info;
  server_.fill(info);
  info.outdated = server_.is_outdated() || tree_.is_outdated();
  info.listen_problem = hub_.listen_problem();
  info.listen_port = hub_.listen_port();
  return info;
}

ClientCounts ClientImpl::counts() const {
  ClientCounts out;
  out.searches_received = answerer_.counts().received;
  out.searches_answered = answerer_.counts().answered;
  out.searches_dropped = answerer_.counts().dropped;
  out.bytes_downloaded = transfers_.bytes_downloaded();
  out.bytes_uploaded = transfers_.bytes_uploaded();
  out.peer_links = static_cast<std::uint32_t>(hub_.link_count());
  out.uploads = transfers_.upload_load();
  return out;
}

void ClientImpl::on_login() {
  // The server is never charged nor banned (security rule S1).
  if (server_.endpoint()) deps_.courtesy.guard().protect(guard::Subject::address(server_.endpoint()->address));
  announce_shares();
  transfers_.on_session(true);
  searches_.on_session(true);
}

void ClientImpl::on_logout() {
  transfers_.on_session(false);
  searches_.on_session(false);
}

void ClientImpl::on_session_changed() {
  observers_.each([](soulseek::Observer& o) { o.on_session_changed(); });
}

void ClientImpl::on_reply(const wire::ServerReply& reply) {
  if (const auto* search = std::get_if<wire::reply::FileSearch>(&reply)) {
    answerer_.on_search(search->user, search->token, search->query);
  } else if (const auto* excluded = std::get_if<wire::reply::ExcludedSearchPhrases>(&reply)) {
    answerer_.set_excluded_phrases(excluded->phrases);
  } else if (const auto* privileged = std::get_if<wire::reply::PrivilegedUsers>(&reply)) {
    for (const auto& user : privileged->users) transfers_.set_privileged(user, true);
  } else if (const auto* self = std::get_if<wire::reply::WatchUser>(&reply); self != nullptr && self->user == server_.username()) {
    answerer_.set_own_speed(self->stats.avg_speed);
    on_session_changed();
  }
}

void ClientImpl::on_user_status(const std::string& username, const UserStatus& status) { transfers_.on_user_status(username, status); }

void ClientImpl::on_snapshot(const std::shared_ptr<const library::Snapshot>&) { announce_shares(); }

void ClientImpl::announce_shares() {
  const auto snapshot = deps_.shares.snapshot();
  const auto folders = snapshot->visible_folder_count(library::kSoulseekNetwork);
  const auto files = snapshot->visible_file_count(library::kSoulseekNetwork);
  server_.send(wire::encode(wire::request::SharedFoldersFiles{folders, files}));
}

void ClientImpl::on_peer_message(const PeerMessageIn& message) {
  if (message.code == wire::peer::FileSearchResponse::kCode) {
    searches_.on_answer(message);
    return;
  }
  if (share_answers_.on_message(message) || users_.on_message(message) || transfers_.on_peer_message(message)) return;
  if (message.code != wire::peer::FileSearchRequest::kCode || !direct_searches_.take(message.remote.address, deps_.clock.now())) return;
  const auto decoded = wire::decode_peer(message.code, message.body);
  const auto* search = decoded ? std::get_if<wire::peer::FileSearchRequest>(&*decoded) : nullptr;
  if (search != nullptr) answerer_.on_search(message.username, search->token, search->query);
}

std::unique_ptr<RunningClient> make_client(const ClientDependencies& dependencies, const Options& options, const std::filesystem::path& app_dir) {
  return std::make_unique<ClientImpl>(dependencies, options, app_dir);
}

std::span<const std::string_view> client_migrations() {
  static constexpr std::array<std::string_view, 3> kAll = {kTransferTables, kSearchTables, kMessageTables};
  return kAll;
}

}  // namespace soulfabric::soulseek
