// SPDX-License-Identifier: GPL-3.0-or-later
// From Options to guard and gateway settings.
#include "settings.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::uint64_t kKiB = 1024;

std::size_t count_of(int value) { return value <= 0 ? 0 : static_cast<std::size_t>(value); }

std::uint64_t rate_of(int kib) { return kib <= 0 || kib >= kUnlimited ? 0 : static_cast<std::uint64_t>(kib) * kKiB; }

gateway::Role role_of(std::string_view name) {
  if (equal_ignoring_ascii_case(name, "administrator")) return gateway::Role::Administrator;
  if (equal_ignoring_ascii_case(name, "readwrite")) return gateway::Role::ReadWrite;
  return gateway::Role::ReadOnly;
}

std::vector<IpNetwork> networks_of(std::string_view list) {
  std::vector<IpNetwork> out;
  for (const auto part : split(list, ',')) {
    if (const auto network = IpNetwork::parse(trim(part))) out.push_back(*network);
  }
  return out;
}

}  // namespace

std::filesystem::path downloads_folder(const Options& options, const std::filesystem::path& app_dir) {
  return options.directories.downloads.empty() ? app_dir / "downloads" : std::filesystem::path(options.directories.downloads);
}

std::filesystem::path incomplete_folder(const Options& options, const std::filesystem::path& app_dir) {
  return options.directories.incomplete.empty() ? app_dir / "incomplete" : std::filesystem::path(options.directories.incomplete);
}

guard::GuardOptions guard_options(const Options& options) {
  const auto& in = options.guard;
  guard::GuardOptions out;
  out.courtesy.searches_per_minute = count_of(in.searches_per_minute);
  out.courtesy.searches_per_window = count_of(in.searches_per_window);
  out.courtesy.search_spacing = std::chrono::milliseconds(in.search_spacing);
  out.courtesy.browses_per_minute = count_of(in.browses_per_minute);
  out.courtesy.download_slots = std::min(count_of(in.download_slots), count_of(options.transfers.download.slots));
  if (in.download_slots <= 0) out.courtesy.download_slots = count_of(options.transfers.download.slots);
  out.connections.total = count_of(in.connections);
  out.connections.inbound = out.connections.total * 3 / 4;
  out.connections.per_address = count_of(in.connections_per_address);
  out.connections.accepts_per_second = count_of(in.accepts_per_second);
  out.connections.accepts_per_address = count_of(in.accepts_per_address);
  out.connections.connects_per_second = count_of(in.connects_per_second);
  out.bytes.upload = rate_of(options.transfers.upload.speed_limit);
  out.bytes.download = rate_of(options.transfers.download.speed_limit);
  out.bytes.upload_per_peer = rate_of(in.upload_speed_per_user);
  out.bytes.download_per_peer = rate_of(in.download_speed_per_user);
  return out;
}

gateway::ApiKey parse_api_key(const std::string& name, const std::string& text) {
  gateway::ApiKey out;
  out.name = name;
  out.role = gateway::Role::Administrator;
  for (const auto part : split(text, ';')) {
    const auto equals = part.find('=');
    const auto word = equals == std::string_view::npos ? std::string_view() : trim(part.substr(0, equals));
    if (equal_ignoring_ascii_case(word, "role")) {
      out.role = role_of(trim(part.substr(equals + 1)));
    } else if (equal_ignoring_ascii_case(word, "cidr")) {
      out.networks = networks_of(part.substr(equals + 1));
    } else {
      out.key = std::string(trim(part));
    }
  }
  return out;
}

gateway::GatewaySettings gateway_settings(const Options& options, const std::filesystem::path& app_dir, bool terminal) {
  const auto& web = options.web;
  gateway::GatewaySettings out;
  out.instance_name = options.instance_name;
  out.username = web.authentication.username;
  if (!web.authentication.password.empty()) out.password = web.authentication.password;
  out.authentication_disabled = web.authentication.disabled;
  if (!web.authentication.api_key.empty()) out.api_keys.push_back(parse_api_key("api_key", web.authentication.api_key));
  for (const auto& [name, key] : web.authentication.api_keys) {
    out.api_keys.push_back({name, key.key, role_of(key.role), networks_of(key.cidr), key.scopes});
  }
  out.session_lifetime = std::chrono::milliseconds(web.authentication.jwt.ttl);
  if (!web.authentication.jwt.key.empty()) out.jwt_key = web.authentication.jwt.key;
  out.host_names = web.hosts;
  out.allow_remote = web.allow_remote;
  out.url_base = web.url_base == "/" ? std::string() : web.url_base;
  out.headless = options.headless;
  out.remote_configuration = options.remote_configuration;
  out.remote_file_management = options.remote_file_management;
  out.terminal = terminal;
  out.downloads_folder = downloads_folder(options, app_dir);
  out.incomplete_folder = incomplete_folder(options, app_dir);
  return out;
}

Result<std::vector<gateway::ListenAt>> web_endpoints(const Options& options) {
  std::vector<gateway::ListenAt> out;
  for (const auto& text : options.web.ip_addresses) {
    const auto address = IpAddress::parse(text == "localhost" ? "127.0.0.1" : text);
    if (!address) return fail(Errc::InvalidArgument, "web.ip_address: '" + text + "' is no address, use one such as 127.0.0.1");
    gateway::ListenAt at;
    at.endpoint = {*address, static_cast<std::uint16_t>(options.web.port)};
    out.push_back(at);
  }
  return out;
}

}  // namespace soulfabric::daemon
