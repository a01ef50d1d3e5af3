// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration in the terms of guard and gateway. Pure.
#pragma once
#include <filesystem>

#include "soulfabric/base/options.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::daemon {

/// Where downloads and unfinished downloads lie, as configured or beneath the app folder.
[[nodiscard]] std::filesystem::path downloads_folder(const Options& options, const std::filesystem::path& app_dir);
[[nodiscard]] std::filesystem::path incomplete_folder(const Options& options, const std::filesystem::path& app_dir);

[[nodiscard]] guard::GuardOptions guard_options(const Options& options);
/// The shares, looked over at least as often as shares.cache.retention asks.
[[nodiscard]] ShareOptions share_options(const Options& options);
/// `terminal`: somebody reads standard output.
[[nodiscard]] gateway::GatewaySettings gateway_settings(const Options& options, const std::filesystem::path& app_dir, bool terminal);
/// The addresses of web.ip_address with web.port. InvalidArgument names the one that is no address.
[[nodiscard]] Result<std::vector<gateway::ListenAt>> web_endpoints(const Options& options);

}  // namespace soulfabric::daemon
