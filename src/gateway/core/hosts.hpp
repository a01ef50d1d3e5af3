// SPDX-License-Identifier: GPL-3.0-or-later
// Whom a request is addressed to and from which page it comes: the defence against rebinding and foreign pages.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace soulfabric::gateway {

struct HostPort {
  std::string host;  // lower case, IPv6 without brackets, no dot at the end
  std::optional<std::uint16_t> port;
};

/// "localhost:5030", "[::1]:5030", "music.example". Nothing on anything else.
[[nodiscard]] std::optional<HostPort> parse_host(std::string_view header);
/// Loopback literals, localhost, *.localhost and the configured names (in any case).
[[nodiscard]] bool is_allowed_host(const HostPort& host, std::span<const std::string> names);
/// Whether an Origin header names the very host and port of the request; "null" never does.
[[nodiscard]] bool origin_matches(std::string_view origin, const HostPort& host);

}  // namespace soulfabric::gateway
