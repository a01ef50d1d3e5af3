// SPDX-License-Identifier: GPL-3.0-or-later
// From options to settings of client, catalogue, verified copies, content relay and tunnels.
#include "relay_settings.hpp"

#include <algorithm>

#include "settings.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/library/shares.hpp"
#include "version.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::string_view kMusicBrainz = "musicbrainz.org";
constexpr std::chrono::milliseconds kMusicBrainzSpacing{1000};  // what its operators ask of every program
constexpr std::chrono::milliseconds kHostSpacing{100};          // every other host: a page of covers is no burst for any

std::uint64_t kib(int value) { return static_cast<std::uint64_t>(value) * kKiB; }

std::uint16_t port_of(const std::string& url) {
  const auto colon = url.rfind(':');
  const auto number = colon == std::string::npos ? std::nullopt : parse_u64(url.substr(colon + 1));
  return number && *number <= 65535 ? static_cast<std::uint16_t>(*number) : std::uint16_t{0};
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 32 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::optional<relay::ForwardSettings> forward_of(const std::string& name, const ForwardOptions& forward, std::vector<std::string>& wrong) {
  const std::string where = "forwards." + name;
  const auto refuse = [&](const std::string& why) {
    wrong.push_back(where + why);
    return std::nullopt;
  };
  if (!is_name(name)) return refuse(": a forward is named by 1 to 32 of a-z, 0-9 and -, it is left out; choose another name");
  const auto peer = PeerId::parse(forward.peer);
  if (!peer) return refuse(".peer: this is no id of a node, the forward is left out; give the 32 characters that it shows");
  relay::ForwardSettings out;
  out.name = name;
  out.peer = *peer;
  out.target = forward.target;
  out.port = static_cast<std::uint16_t>(forward.port);
  out.socket = forward.socket;
  out.raw = forward.raw;
  if (forward.via.empty()) return out;
  const auto via = PeerId::parse(forward.via);
  if (!via) return refuse(".via: this is no id of a node, the forward is left out; give the 32 characters that it shows");
  out.via = *via;
  return out;
}

}  // namespace

net::HttpClientSettings http_settings(const Options& options, const std::string& stand_in) {
  net::HttpClientSettings out;
  out.user_agent = "soulfabric/" + std::string(kVersion);
  if (!options.relay.catalogue.contact.empty()) out.user_agent += " ( " + options.relay.catalogue.contact + " )";
  out.ca_file = options.relay.ca_file;
  out.per_host_spacing = kHostSpacing;
  out.spacing[std::string(kMusicBrainz)] = kMusicBrainzSpacing;
  for (const auto& [name, exception] : options.relay.exceptions) {
    if (exception.host.empty()) continue;
    net::HttpException& entry = out.exceptions[to_lower(exception.host)];
    entry.mesh = exception.mesh;
    for (const auto& port : exception.ports)
      if (const auto number = parse_u64(port)) entry.ports.push_back(static_cast<std::uint16_t>(*number));
  }
  if (!stand_in.empty()) {
    out.exceptions["127.0.0.1"] = {{port_of(stand_in)}, true};
    out.spacing["127.0.0.1"] = std::chrono::milliseconds(0);
  }
  return out;
}

relay::CatalogueSettings catalogue_settings(const Options& options, const std::filesystem::path& app_dir, const std::string& stand_in) {
  const auto& from = options.relay.catalogue;
  relay::CatalogueSettings out;
  out.enabled = from.enabled;
  out.mesh = from.mesh;
  out.reduced_privacy = from.reduced_privacy;
  out.musicbrainz = stand_in.empty() ? from.musicbrainz : stand_in;
  out.cover_art = stand_in.empty() ? from.cover_art : stand_in;
  out.domains = from.domains;
  out.fresh = std::chrono::seconds(from.cache);
  out.spot_check = static_cast<double>(from.spot_check) / 1000;
  out.folder = app_dir / "data" / "catalogue";
  return out;
}

library::VerifiedSettings verified_settings(const Options& options, const std::filesystem::path& app_dir) {
  library::VerifiedSettings out;
  out.enabled = options.relay.content.hashing;
  out.bytes_per_second = kib(options.relay.content.hashing_speed_limit);
  out.data = app_dir / "data";
  out.media_program = library::default_media_program();
  return out;
}

relay::ContentSettings content_settings(const Options& options, const std::filesystem::path& app_dir) {
  const auto& from = options.relay.content;
  relay::ContentSettings out;
  out.enabled = from.enabled;
  out.streams = static_cast<std::size_t>(from.streams);
  out.streams_per_peer = static_cast<std::size_t>(from.streams_per_peer);
  out.bytes_per_second = kib(from.speed_limit);
  out.bytes_per_second_per_peer = kib(from.speed_limit_per_peer);
  out.cache = static_cast<std::uint64_t>(from.cache) * kMiB;
  out.records = static_cast<std::size_t>(from.records);
  const auto& publish = options.mesh.publish;
  out.publish = publish == "none" ? mesh::Publish::None : publish == "public" ? mesh::Publish::Public : mesh::Publish::Linked;
  out.record_life = std::chrono::seconds(options.mesh.record_life);
  out.incomplete = incomplete_folder(options, app_dir);
  out.downloads = downloads_folder(options, app_dir);
  return out;
}

relay::TunnelSettings tunnel_settings(const Options& options, const std::vector<std::uint16_t>& bound, std::vector<std::string>& wrong) {
  const auto& from = options.relay.trusted;
  relay::TunnelSettings out;
  out.enabled = from.enabled;
  out.relay = from.relay;
  out.gateway_targets = from.gateway;
  out.own_ports = bound;
  for (const int port : {options.web.port, options.soulseek.listen_port, options.soulseek.listen_port + 1, options.mesh.port})
    if (port > 0 && port <= 65535) out.own_ports.push_back(static_cast<std::uint16_t>(port));
  for (const auto& [name, number] : from.targets) {
    const auto port = static_cast<std::uint16_t>(number);
    const bool is_ours = std::ranges::find(out.own_ports, port) != out.own_ports.end();
    if (!is_name(name) || name == relay::kApiTarget || name == relay::kUiTarget) {
      wrong.push_back("relay.trusted.targets." + name + ": this cannot be the name of a target, it is left out; use 1 to 32 of a-z, 0-9 and -");
    } else if (is_ours) {
      wrong.push_back("relay.trusted.targets." + name + ": soulfabric itself listens on port " + std::to_string(number) +
                      ", the target is left out; slskdn-ui and slskdn-api lead there");
    } else {
      out.targets[name] = port;
    }
  }
  out.per_peer = static_cast<std::size_t>(from.tunnels_per_peer);
  out.total = static_cast<std::size_t>(from.tunnels);
  out.idle = std::chrono::seconds(from.idle);
  out.bytes_per_second = kib(from.speed_limit);
  for (const auto& [name, forward] : options.forwards)
    if (auto entry = forward_of(name, forward, wrong)) out.forwards.push_back(std::move(*entry));
  return out;
}

}  // namespace soulfabric::daemon
