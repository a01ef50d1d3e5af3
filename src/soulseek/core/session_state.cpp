// SPDX-License-Identifier: GPL-3.0-or-later
// The words of slskd's server states and of a user's presence.
#include <array>
#include <utility>

#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek {

std::string to_string(SessionState state) {
  using enum SessionState;
  static constexpr std::array<std::pair<SessionState, std::string_view>, 6> kNames = {{
      {Disconnected, "Disconnected"},
      {Connected, "Connected"},
      {LoggedIn, "LoggedIn"},
      {Connecting, "Connecting"},
      {LoggingIn, "LoggingIn"},
      {Disconnecting, "Disconnecting"},
  }};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if (!has(state, bit)) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text.empty() ? "None" : text;
}

std::string_view to_string(Presence presence) noexcept {
  switch (presence) {
    case Presence::Offline: return "Offline";
    case Presence::Away: return "Away";
    case Presence::Online: return "Online";
  }
  return "Offline";
}

}  // namespace soulfabric::soulseek
