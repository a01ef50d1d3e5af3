// SPDX-License-Identifier: GPL-3.0-or-later
// Who set an act in motion. The entry path states it (HTTP handler, scheduler, mesh router, tunnel), never the caller's words.
#pragma once
#include <cstdint>
#include <string_view>

namespace soulfabric::guard {

/// In order of precedence: where requests wait for each other, a lower value goes first.
enum class Origin : std::uint8_t {
  UserLocal,        // a person or tool with a session or key of this node
  LocalAutomation,  // our own schedulers: retries, wishlist, upload queue
  RemoteMesh,       // a call of another node; buys no outside act of ours (security rule S3)
  RemoteGateway,    // an authenticated user whose connection came through a tunnel
};
inline constexpr int kOriginCount = 4;

[[nodiscard]] constexpr std::string_view name_of(Origin origin) noexcept {
  switch (origin) {
    case Origin::UserLocal: return "user_local";
    case Origin::LocalAutomation: return "local_automation";
    case Origin::RemoteMesh: return "remote_mesh";
    case Origin::RemoteGateway: return "remote_gateway";
  }
  return "unknown";
}
[[nodiscard]] constexpr bool is_remote(Origin origin) noexcept { return origin == Origin::RemoteMesh || origin == Origin::RemoteGateway; }

}  // namespace soulfabric::guard
