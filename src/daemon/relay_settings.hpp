// SPDX-License-Identifier: GPL-3.0-or-later
// The sections `relay` and `forwards` of the configuration in the terms of their rooms. Pure.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "soulfabric/base/options.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/net/http_client.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::daemon {

/// `stand_in`: base URL on loopback of a demo's own catalogue, which no configuration file can name (security rule S23); empty: none.
[[nodiscard]] net::HttpClientSettings http_settings(const Options& options, const std::string& stand_in);
[[nodiscard]] relay::CatalogueSettings catalogue_settings(const Options& options, const std::filesystem::path& app_dir, const std::string& stand_in);
[[nodiscard]] library::VerifiedSettings verified_settings(const Options& options, const std::filesystem::path& app_dir);
[[nodiscard]] relay::ContentSettings content_settings(const Options& options, const std::filesystem::path& app_dir);
/// `bound`: ports this program listens on beside those that the options name. What cannot be is left out, one sentence each in `wrong`.
[[nodiscard]] relay::TunnelSettings tunnel_settings(const Options& options, const std::vector<std::uint16_t>& bound, std::vector<std::string>& wrong);

}  // namespace soulfabric::daemon
