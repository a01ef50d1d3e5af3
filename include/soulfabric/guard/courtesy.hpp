// SPDX-License-Identifier: GPL-3.0-or-later
// Courtesy towards the Soulseek network, node-wide, whoever asks. Over the limit a request queues and knows its place.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "soulfabric/guard/origin.hpp"
#include "soulfabric/guard/subject.hpp"

namespace soulfabric::guard {

/// Numbers: architecture section 4; spacing and the 220 s window: protocol note, section 17. 0 = without limit.
struct CourtesyLimits {
  std::size_t searches_per_minute = 10;
  std::size_t planner_searches_per_minute = 3;  // of these, for VirtualSoulfind
  std::size_t searches_per_window = 34;
  std::chrono::seconds window{220};
  std::chrono::milliseconds search_spacing{1000};
  std::size_t browses_per_minute = 5;
  std::size_t download_slots = 50;
  std::size_t queue_length = 1000;  // waiting searches or browses per origin; more are refused
  std::size_t download_queue_length = 20'000;
  std::chrono::seconds same_query{300};
};

enum class Purpose : std::uint8_t { General, VirtualSoulfind };

/// What a caller says about an act it wants to do.
struct ActRequest {
  Origin origin = Origin::UserLocal;
  Subject subject{};                   // whom it is charged to; Node for the user and our automation
  std::optional<IpAddress> address{};  // where a remote subject is, for the share of its prefix
  Purpose purpose = Purpose::General;
  std::string key{};  // where not empty: only one act of this kind with this key at a time, e.g. transfer_key(user, file)
};

/// One transfer per user and file.
[[nodiscard]] inline std::string transfer_key(std::string_view user, std::string_view file) {
  std::string key(user);
  key.push_back('\0');
  key.append(file);
  return key;
}

/// A place in the courtesy queue. Worth nothing by itself: Guard turns it into a permit when its turn has come.
struct Ticket {
  std::uint64_t id = 0;
  friend auto operator<=>(const Ticket&, const Ticket&) = default;
};

}  // namespace soulfabric::guard
