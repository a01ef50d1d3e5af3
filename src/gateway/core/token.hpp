// SPDX-License-Identifier: GPL-3.0-or-later
// Session tokens: HS256 JSON web tokens in the form that slskd's clients expect, made and checked here only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::gateway {

struct Claims {
  std::string id;       // of the session: 32 hex digits
  std::string name;     // the user's
  std::int64_t issued = 0;   // unix seconds
  std::int64_t expires = 0;  // unix seconds
};

inline constexpr std::int64_t kTokenSkewSeconds = 300;
inline constexpr std::size_t kMaxTokenLength = 4096;

[[nodiscard]] std::string make_token(ByteView key, const Claims& claims);
/// Nothing where the form, the signature or the time is wrong. `now` in unix seconds.
[[nodiscard]] std::optional<Claims> check_token(ByteView key, std::string_view token, std::int64_t now);
/// What a page must send back in X-CSRF-Token: derived from the session, so nothing is kept for it.
[[nodiscard]] std::string csrf_of(ByteView key, std::string_view session_id);

}  // namespace soulfabric::gateway
