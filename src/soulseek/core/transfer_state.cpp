// SPDX-License-Identifier: GPL-3.0-or-later
// The words of slskd's transfer states.
#include <array>
#include <utility>

#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek {

std::string to_string(TransferState state) {
  using enum TransferState;
  static constexpr std::array<std::pair<TransferState, std::string_view>, 13> kNames = {{
      {Requested, "Requested"},
      {Queued, "Queued"},
      {Initializing, "Initializing"},
      {InProgress, "InProgress"},
      {Completed, "Completed"},
      {Succeeded, "Succeeded"},
      {Cancelled, "Cancelled"},
      {TimedOut, "TimedOut"},
      {Errored, "Errored"},
      {Rejected, "Rejected"},
      {Aborted, "Aborted"},
      {Locally, "Locally"},
      {Remotely, "Remotely"},
  }};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if (!has(state, bit)) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text.empty() ? "None" : text;
}

}  // namespace soulfabric::soulseek
