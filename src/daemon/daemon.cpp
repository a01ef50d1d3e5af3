// SPDX-License-Identifier: GPL-3.0-or-later
// Composition: every reference points to something declared, and so destroyed, in the right order.
#include "daemon.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "config_watch.hpp"
#include "housekeeping.hpp"
#include "preflight.hpp"
#include "settings.hpp"
#include "soulfabric/base/endpoint.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/guard/store.hpp"
#include "version.hpp"

namespace soulfabric::daemon {
namespace {


std::size_t worker_count() { return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 4); }

}  // namespace

Daemon::Daemon(IoContext& context, Configured configured, std::function<void(bool restart)> on_stop)
    : context_(context),
      workers_(worker_count()),
      app_dir_(configured.paths.app_dir),
      config_(
          std::move(configured), workers_,
          [this](const Options& options, const std::vector<OptionChange>& changes) { apply(options, changes); }, std::move(on_stop)),
      scope_(context, "daemon") {}

Daemon::~Daemon() = default;

Status Daemon::check_folders() {
  const auto found = prepare_folders(config_.current(), app_dir_);
  for (const auto& warning : found.warnings) log::warning("daemon", warning);
  if (found.errors.empty()) return {};
  return fail(Errc::Forbidden, found.errors.front());
}

Status Daemon::open_stores() {
  const auto data = app_dir_ / "data";
  const auto marker = data / "running";  // there while the program runs: found at a start, the last stop was not clean
  unclean_ = std::filesystem::exists(marker);
  SF_TRY(write_whole(marker, {}, 0600));
  SF_TRY_ASSIGN(Database soulseek, Database::open(data / "soulseek.db", soulseek::client_migrations()));
  SF_TRY_ASSIGN(Database guard, guard::open_guard_db(data / "guard.db"));
  SF_TRY_ASSIGN(Database mesh, Database::open(data / "mesh.db", mesh::mesh_migrations()));
  guard_ = std::make_unique<guard::Guard>(guard_options(config_.current()), clock_);
  trust(config_.current());
  SF_TRY(take_blacklist(load_blacklist(config_.current())));
  SF_TRY(guard::load_guard(guard, *guard_));
  desk_ = std::make_unique<guard::CourtesyDesk>(*guard_, clock_);
  guard_store_ = std::make_unique<DbWriter>(context_, clock_, std::move(guard));
  soulseek_store_ = std::make_unique<DbWriter>(context_, clock_, std::move(soulseek));
  mesh_store_ = std::make_unique<DbWriter>(context_, clock_, std::move(mesh));
  return {};
}

Status Daemon::make_parts() {
  const auto& options = config_.current();
  dialer_ = net::make_tcp_dialer(context_, clock_);
  make_mesh();
  library::SharesSettings shares;
  shares.options = mesh_->with_answer(share_options(options));
  shares.data = app_dir_ / "data";
  shares.excluded = {app_dir_ / "data", app_dir_ / "secrets", app_dir_ / "logs", incomplete_folder(options, app_dir_)};
  shares.media_program = library::default_media_program();
  shares.scan_at_start = !options.flags.no_share_scan;
  shares.force_at_start = options.flags.force_share_scan;
  SF_TRY_ASSIGN(shares_, library::make_shares(context_, clock_, std::move(shares)));
  SF_TRY(make_relays());
  client_ = soulseek::make_client(
      {context_, clock_, random_, *dialer_, *desk_, *shares_, workers_, *soulseek_store_, files_, app_dir_ / "data" / "browse"}, options,
      app_dir_);
  gateway::GatewayDependencies deps{.context = context_,
                                    .clock = clock_,
                                    .workers = workers_,
                                    .random = random_,
                                    .client = *client_,
                                    .shares = *shares_,
                                    .guard = *guard_,
                                    .configuration = config_,
                                    .mesh = mesh_.get(),
                                    .relay = relays_.get(),
                                    .secrets = app_dir_ / "secrets",
                                    .readiness = [this] { return readiness(); },
                                    .version = std::string(kVersion)};
  SF_TRY_ASSIGN(gateway_, gateway::make_gateway(deps, gateway_settings(options, app_dir_, ::isatty(STDOUT_FILENO) == 1)));
  relays_->lead_to(*gateway_);
  return {};
}

Status Daemon::make_relays() {
  SF_TRY_ASSIGN(relays_, RelayHouse::make({context_, clock_, random_, workers_, files_, *guard_, *dialer_, *shares_, app_dir_, config_.stand_in()},
                                          config_.current()));
  relays_->follow_mesh([this] { return mesh_->relays(); });
  mesh_->use_relays(relays_->base());
  mesh_->on_change([this] { relays_->changed(); });
  return {};
}

void Daemon::make_mesh() {
  mesh_ = std::make_unique<MeshHouse>(
      MeshNodeDependencies{context_, clock_, random_, workers_, *guard_, *dialer_, *mesh_store_, app_dir_, std::string(kVersion)},
      [this]() -> const Options& { return config_.current(); },
      [this] {
        const auto done = shares_->configure(mesh_->with_answer(share_options(config_.current())));
        if (!done) log::error("configuration", done.error().message);
      });
  mesh_->remember();
}

Task<void> Daemon::renew_mesh() { co_await mesh_->configure(); }

Task<Status> Daemon::start() {
  for (Status (Daemon::*step)() : {&Daemon::check_folders, &Daemon::open_stores, &Daemon::make_parts}) {
    auto done = (this->*step)();
    if (!done) co_return done;
  }
  const auto endpoints = web_endpoints(config_.current());
  if (!endpoints) co_return std::unexpected(endpoints.error());
  auto listening = gateway_->start(*endpoints);
  if (!listening) co_return listening;
  scope_.spawn("guard", guard::keep_guard_saved(*guard_, *guard_store_, clock_));
  scope_.spawn("house", house_loop());
  if (!config_.current().flags.no_config_watch) scope_.spawn("watch", watch_config());
  auto started = co_await start_parts();
  if (started && unclean_) scope_.spawn("check", check_databases());
  co_return started;
}

Task<Status> Daemon::start_parts() {
  auto shares = co_await shares_->start();
  if (!shares) co_return shares;
  shares_started_ = true;
  auto client = co_await client_->start();
  client_started_ = client.has_value();
  auto relays = co_await relays_->start();
  if (!relays) co_return relays;
  if (client_started_) co_await mesh_->start();
  co_return client;
}

Task<void> Daemon::check_databases() {
  log::info("daemon", "the last stop was not clean, the databases are checked");
  for (DbWriter* store : {soulseek_store_.get(), guard_store_.get(), mesh_store_.get()}) {
    const auto checked = co_await store->query([](Database& db) { return db.quick_check(); });
    if (!checked)
      log::error("daemon", "a database is damaged, stop soulfabric and restore the file from a backup: " + checked.error().message);
  }
  auto* copies = relays_->parts().copies;
  if (copies == nullptr) co_return;
  const auto checked = co_await copies->check();
  if (!checked) log::error("daemon", "verified.db is damaged, stop soulfabric and restore the file from a backup: " + checked.error().message);
}

Task<void> Daemon::stop() {
  if (std::exchange(stopping_, true)) co_return;
  if (gateway_) co_await gateway_->stop();
  if (mesh_) co_await mesh_->stop();
  if (relays_) co_await relays_->stop();
  if (client_) co_await client_->stop();
  if (shares_) co_await shares_->stop();
  co_await scope_.close();
  if (guard_ && guard_store_) guard::save_guard(*guard_, *guard_store_);
  if (guard_store_) co_await guard_store_->close();
  if (soulseek_store_) co_await soulseek_store_->close();
  if (mesh_store_) co_await mesh_store_->close();
  std::error_code ignored;
  std::filesystem::remove(app_dir_ / "data" / "running", ignored);
  log::info("daemon", "stopped");
}

void Daemon::reload() { scope_.spawn("reload", reload_now()); }

Task<void> Daemon::watch_config() {
  auto watch = ConfigWatch::create(context_, config_.paths().config);
  if (!watch) {
    log::warning("configuration", watch.error().message);
    co_return;
  }
  for (;;) {
    const auto changed = co_await (*watch)->next_change(clock_);
    if (!changed) co_return;
    co_await config_.reload();
  }
}

Task<void> Daemon::house_loop() {
  for (;;) {
    co_await clock_.sleep_for(std::chrono::minutes(1));
    if (client_started_) keep_house(*client_, config_.current().retention, clock_.wall());
  }
}

Task<void> Daemon::reload_now() { co_await config_.reload(); }

void Daemon::trust(const Options& options) {
  for (const auto& subject : trusted_) guard_->unprotect(subject);
  for (const auto& subject : named_) guard_->unvouch(subject);
  trusted_.clear();
  named_.clear();
  for (const auto& user : options.guard.trusted_users) trusted_.push_back(guard::Subject::user(user));
  for (const auto& text : options.guard.trusted_addresses) {
    if (const auto address = IpAddress::parse(text)) trusted_.push_back(guard::Subject::address(*address));
  }
  const auto spare = [&](const std::string& text) {
    if (const auto endpoint = parse_endpoint(text)) trusted_.push_back(guard::Subject::address(endpoint->address));
  };
  for (const auto& [name, peer] : options.mesh.peers) {
    if (!PeerId::parse(name)) continue;
    named_.push_back(guard::Subject::peer(name));
    if (!peer.trusted) continue;
    trusted_.push_back(guard::Subject::peer(name));
    std::ranges::for_each(peer.endpoints, spare);
  }
  std::ranges::for_each(options.mesh.bootstrap, spare);  // those given as addresses (security rule S1)
  for (const auto& subject : trusted_) guard_->protect(subject);
  for (const auto& subject : named_) guard_->vouch(subject);
}

Status Daemon::take_blacklist(Result<LoadedBlacklist> loaded) {
  if (!loaded) return std::unexpected(std::move(loaded).error());
  if (!loaded->warning.empty()) log::warning("configuration", loaded->warning);
  guard_->set_blacklist(std::move(loaded->list));
  return {};
}

Task<void> Daemon::renew_blacklist() {
  auto loaded = co_await workers_.run([options = config_.current()] { return load_blacklist(options); });
  const auto taken = take_blacklist(std::move(loaded));
  if (!taken) log::error("configuration", taken.error().message + " The list before stays in force.");
}

void Daemon::apply(const Options& options, const std::vector<OptionChange>& changes) {
  guard_->configure(guard_options(options));
  trust(options);
  if (std::any_of(changes.begin(), changes.end(), [](const OptionChange& change) { return concerns_blacklist(change.key); }))
    scope_.spawn("blacklist", renew_blacklist());
  if (const auto done = shares_->configure(mesh_->with_answer(share_options(options))); !done) log::error("configuration", done.error().message);
  client_->configure(options);
  gateway_->configure(gateway_settings(options, app_dir_, false));
  relays_->configure(options);
  const auto concerns_mesh = [](const OptionChange& change) {
    return std::ranges::any_of(std::array{"mesh.", "relay.", "forwards.", "soulseek.listen_port"}, [&](const char* section) { return change.key.starts_with(section); });
  };
  if (std::ranges::any_of(changes, concerns_mesh))
    scope_.spawn("mesh", renew_mesh());
}

std::vector<gateway::ReadyPart> Daemon::readiness() const {
  std::vector<gateway::ReadyPart> parts;
  parts.push_back({"stores", soulseek_store_ != nullptr && guard_store_ != nullptr, "the databases are open"});
  const auto state = shares_->progress().state;
  const bool searchable = shares_started_ && (shares_->snapshot()->file_count() > 0 || state == library::ScanState::Ready ||
                                              state == library::ScanState::Cancelled || state == library::ScanState::Faulted ||
                                              config_.current().flags.no_share_scan);
  parts.push_back({"shares", searchable, searchable ? "the shares can be searched" : "the shares are scanned for the first time"});
  parts.push_back({"client", client_started_, client_started_ ? "the Soulseek client runs" : "the Soulseek client is starting"});
  return parts;
}

bool Daemon::is_ready() const {
  const auto parts = readiness();
  return std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part.ready; });
}

}  // namespace soulfabric::daemon
