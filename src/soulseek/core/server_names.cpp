// SPDX-License-Identifier: GPL-3.0-or-later
// Names of users and rooms.
#include "core/server_names.hpp"

#include <algorithm>

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kMaxUserName = 30;
constexpr std::size_t kMaxRoomName = 24;

[[nodiscard]] bool is_printable(std::string_view name) noexcept {
  return std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}
[[nodiscard]] bool is_padded(std::string_view name) noexcept { return !name.empty() && (name.front() == ' ' || name.back() == ' '); }

}  // namespace

std::optional<std::string_view> user_name_fault(std::string_view name) noexcept {
  if (name.empty()) return "Nick empty.";
  if (name.size() > kMaxUserName) return "Nick too long.";
  if (!is_printable(name)) return "Invalid characters in nick.";
  if (is_padded(name)) return "No leading and trailing spaces allowed in nick.";
  if (name == "server") return "";
  return std::nullopt;
}

std::optional<std::string_view> room_name_fault(std::string_view name) noexcept {
  if (name.empty()) return "Room name empty.";
  if (name.size() > kMaxRoomName) return "Room name too long.";
  if (!is_printable(name)) return "Room name contains invalid characters.";
  if (is_padded(name)) return "Room name contains leading or trailing spaces.";
  if (name.find("  ") != std::string_view::npos) return "Room name contains multiple following spaces.";
  return std::nullopt;
}

}  // namespace soulfabric::soulseek
