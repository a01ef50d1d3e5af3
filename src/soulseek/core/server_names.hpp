// SPDX-License-Identifier: GPL-3.0-or-later
// Which names of users and rooms the server takes (protocol note, sections 3 and 13).
#pragma once
#include <optional>
#include <string_view>

namespace soulfabric::soulseek {

/// Nothing where the name may be registered, else the detail text of INVALIDUSERNAME (empty for the reserved name).
[[nodiscard]] std::optional<std::string_view> user_name_fault(std::string_view name) noexcept;
/// Nothing where a room may have this name, else the reason told to the user.
[[nodiscard]] std::optional<std::string_view> room_name_fault(std::string_view name) noexcept;

}  // namespace soulfabric::soulseek
