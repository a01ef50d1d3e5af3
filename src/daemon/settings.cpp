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
  // The reserves keep their part of the whole (security rule S2): three tenths for the user, one for our automation.
  out.budget.node_minute = static_cast<unsigned>(std::max(options.mesh.units_per_minute, 0));
  out.budget.user_reserve = out.budget.node_minute * 3 / 10;
  out.budget.automation_reserve = out.budget.node_minute / 10;
  return out;
}

ShareOptions share_options(const Options& options) {
  ShareOptions out = options.shares;
  if (out.cache.retention) out.sweep_interval = std::min(out.sweep_interval, *out.cache.retention);
  return out;
}

gateway::GatewaySettings gateway_settings(const Options& options, const std::filesystem::path& app_dir, bool terminal) {
  gateway::GatewaySettings out = gateway::settings_from(options);
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
