// SPDX-License-Identifier: GPL-3.0-or-later
// Bans, violations and reputation as one JSON text: for the API and for `soulfabric guard export | import`.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::gateway {

inline constexpr std::size_t kGuardTextCap = 16 * 1024 * 1024;
inline constexpr std::size_t kGuardRowsCap = 100'000;  // of each kind

/// What was taken; rows about the protected are left out.
struct GuardImport {
  std::size_t bans = 0;
  std::size_t violations = 0;
  std::size_t reputations = 0;
};

/// {"version":1,"bans":[...],"violations":[...],"reputations":[...]}, times in microseconds since 1970.
[[nodiscard]] std::string export_guard(const guard::Guard& guard);
/// All or nothing. TooLarge: over a cap; InvalidArgument: not what export_guard writes, the sentence names what is wrong.
[[nodiscard]] Result<GuardImport> import_guard(guard::Guard& guard, std::string_view text);
/// "peer", "user" or "address" and a name of that kind: 32 characters, 1..255 bytes, an IP address. InvalidArgument.
[[nodiscard]] Result<guard::Subject> read_subject(std::string_view kind, std::string_view name);

}  // namespace soulfabric::gateway
