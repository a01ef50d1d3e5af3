// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the gateway together: secrets, resources, server, event streams.
#include "soulfabric/gateway/gateway.hpp"

#include <unistd.h>

#include <algorithm>

#include "api/context.hpp"
#include "api/dispatcher.hpp"
#include "api/document.hpp"
#include "api/hub.hpp"
#include "api/mesh_gateway.hpp"
#include "secrets.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {

void Context::apply_settings() {
  // Tokens die with the name and password they were given for.
  const auto basis = settings.jwt_key ? Bytes(settings.jwt_key->begin(), settings.jwt_key->end()) : secrets.signing;
  const auto key = crypto::hmac_sha256(basis, bytes_of("session:" + settings.username + '\0' + password()));
  authority.set_key({key.begin(), key.end()});
  authority.set_disabled(settings.authentication_disabled);
  authority.set_api_keys(settings.api_keys);
  authority.read_revoked(secrets.revoked);
}

namespace {

constexpr std::chrono::seconds kStopGrace{5};

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(const GatewayDependencies& deps, GatewaySettings settings, Secrets secrets)
      : context_(deps, std::move(settings), std::move(secrets)), hub_(context_), mesh_gateway_(context_, hub_), dispatcher_(table_, context_) {
    context_.apply_settings();
    context_.close_session = [this](const std::string& session) { hub_.close_session(session); };
    add_session_routes(table_, context_);
    add_application_routes(table_, context_);
    add_search_routes(table_, context_);
    add_transfer_routes(table_, context_);
    add_batch_routes(table_, context_);
    add_user_routes(table_, context_);
    add_conversation_routes(table_, context_);
    add_share_routes(table_, context_);
    add_option_routes(table_, context_);
    add_event_routes(table_, context_);
    add_file_routes(table_, context_);
    add_health_routes(table_, context_);
    add_mesh_routes(table_, context_);
    add_pod_routes(table_, context_);
    add_guard_routes(table_, context_);
    add_relay_routes(table_, context_);
    hub_.add_routes(table_);
    mesh_gateway_.add_routes(table_);
    add_document_route(table_);
  }

  Status start(const std::vector<ListenAt>& at) override {
    const auto& settings = context_.settings;
    for (const auto& place : at) {
      if (place.endpoint.address.is_loopback()) continue;
      const auto where = place.endpoint.address.to_string();
      if (!settings.allow_remote) {
        return fail(Errc::Forbidden, "The address " + where + " can be reached from other machines: set web.allow_remote to true if that is wanted, or web.ip_address to 127.0.0.1.");
      }
      if (settings.authentication_disabled) {
        return fail(Errc::Forbidden, "The address " + where + " can be reached from other machines and signing in is switched off: remove web.authentication.disabled.");
      }
    }
    server_ = std::make_unique<HttpServer>(context_.deps.context, context_.deps.clock, context_.deps.workers, dispatcher_, settings.limits);
    if (auto bound = server_->listen(at); !bound) {
      server_.reset();
      return bound;
    }
    context_.http = &server_->counters();
    hub_.start();
    if (!first_start() || settings.terminal) return {};
    // Nobody watches: whoever may read the secrets folder finds the way in there (security rule S22).
    const auto link = write_login_link(context_.deps.secrets, base_url(), context_.deps.random, context_.deps.clock.wall());
    return link ? Status{} : Status(std::unexpected(link.error()));
  }

  Task<void> stop() override {
    hub_.stop();
    if (server_) co_await server_->stop(kStopGrace);
  }

  std::vector<Endpoint> endpoints() const override { return server_ ? server_->endpoints() : std::vector<Endpoint>{}; }

  Status join(int descriptor) override {
    if (server_) return server_->join(descriptor, guard::Origin::RemoteGateway);
    ::close(descriptor);
    return fail(Errc::Unavailable, "The page of this node is not running.");
  }

  void configure(GatewaySettings settings) override {
    settings.terminal = context_.settings.terminal;
    const bool other_user = settings.username != context_.settings.username || settings.password != context_.settings.password;
    settings.limits = context_.settings.limits;
    context_.settings = std::move(settings);
    context_.apply_settings();
    if (other_user) hub_.close_all();
    hub_.close_lost_keys();
  }

  std::string make_login_link() override {
    Bytes random(24);
    context_.deps.random.fill(random);
    const auto secret = to_base64url(random);
    context_.links.add(secret, context_.deps.clock.wall());
    return base_url() + "/#login=" + secret;
  }

  bool first_start() const override { return context_.secrets.first_start && !context_.settings.password; }

 private:
  std::string base_url() const {
    const auto all = endpoints();
    const auto it = std::ranges::find_if(all, [](const Endpoint& at) { return at.address.is_v4(); });
    const auto port = all.empty() ? std::uint16_t{5030} : (it == all.end() ? all.front() : *it).port;
    return "http://127.0.0.1:" + std::to_string(port) + context_.settings.url_base;
  }

  Context context_;
  RouteTable table_;
  Hub hub_;
  MeshGateway mesh_gateway_;
  Dispatcher dispatcher_;
  std::unique_ptr<HttpServer> server_;
};

std::optional<ApiKey> api_key_from(const std::string& name, const ApiKeyOptions& options) {
  ApiKey key;
  key.name = name;
  key.key = options.key;
  if (equal_ignoring_ascii_case(options.role, "administrator")) key.role = Role::Administrator;
  if (equal_ignoring_ascii_case(options.role, "readwrite")) key.role = Role::ReadWrite;
  for (const auto part : split(options.cidr, ',')) {
    const auto network = IpNetwork::parse(trim(part));
    if (!network) return std::nullopt;
    key.networks.push_back(*network);
  }
  // Everything is no restriction; a restriction would shut out tunnelled connections, which have no address.
  const auto everything = [&](bool v4) {
    return std::ranges::any_of(key.networks, [&](const IpNetwork& network) { return network.bits == 0 && network.base.is_v4() == v4; });
  };
  if (everything(true) && everything(false)) key.networks.clear();
  key.scopes = options.scopes;
  return key;
}

/// "role=...;cidr=...;<key>" or the key alone, which is an administrator's.
ApiKeyOptions parse_single_key(std::string_view text) {
  ApiKeyOptions options;
  options.role = "administrator";
  for (const auto part : split(text, ';')) {
    const auto equals = std::min(part.find('='), part.size());
    const auto word = trim(part.substr(0, equals));
    const auto value = trim(part.substr(std::min(equals + 1, part.size())));
    if (equal_ignoring_ascii_case(word, "role")) {
      options.role = value;
    } else if (equal_ignoring_ascii_case(word, "cidr")) {
      options.cidr = value;
    } else {
      options.key = trim(part);
    }
  }
  return options;
}

}  // namespace

GatewaySettings settings_from(const Options& options) {
  GatewaySettings settings;
  const auto& web = options.web;
  settings.instance_name = options.instance_name;
  settings.username = web.authentication.username;
  if (!web.authentication.password.empty()) settings.password = web.authentication.password;
  settings.authentication_disabled = web.authentication.disabled;
  const auto add = [&](const std::string& name, const ApiKeyOptions& key) {
    if (auto made = api_key_from(name, key)) settings.api_keys.push_back(std::move(*made));
  };
  if (!web.authentication.api_key.empty()) add("api_key", parse_single_key(web.authentication.api_key));
  for (const auto& [name, key] : web.authentication.api_keys) add(name, key);
  settings.session_lifetime = std::chrono::milliseconds(web.authentication.jwt.ttl);
  if (!web.authentication.jwt.key.empty()) settings.jwt_key = web.authentication.jwt.key;
  settings.host_names = web.hosts;
  settings.allow_remote = web.allow_remote;
  settings.url_base = web.url_base == "/" ? "" : web.url_base;
  while (settings.url_base.ends_with('/')) settings.url_base.pop_back();
  settings.headless = options.headless;
  settings.remote_configuration = options.remote_configuration;
  settings.remote_file_management = options.remote_file_management;
  settings.metrics_enabled = options.metrics.enabled;
  settings.metrics_open = options.metrics.authentication_disabled;
  settings.metrics_username = options.metrics.username;
  settings.metrics_password = options.metrics.password;
  settings.downloads_folder = options.directories.downloads;
  settings.incomplete_folder = options.directories.incomplete;
  return settings;
}

Result<std::unique_ptr<Gateway>> make_gateway(const GatewayDependencies& dependencies, GatewaySettings settings) {
  SF_TRY_ASSIGN(auto secrets, load_secrets(dependencies.secrets, dependencies.random));
  return std::make_unique<GatewayImpl>(dependencies, std::move(settings), std::move(secrets));
}

}  // namespace soulfabric::gateway
