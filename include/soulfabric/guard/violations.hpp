// SPDX-License-Identifier: GPL-3.0-or-later
// What outsiders can do wrong, how it is charged, and what a ban looks like as a row (security rule S1).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/subject.hpp"

namespace soulfabric::guard {

enum class Violation : std::uint8_t {
  InvalidMessage,
  Oversize,
  BadSignature,
  RateExceeded,
  WrongBytes,  // content that is not what its source stated
  PathTraversal,
  DangerousContent,  // inflation bombs, media that crashes its parser
  Impersonation,     // a name claimed from an address that is not its own
  Protocol,
  CallWhileBanned,
};
[[nodiscard]] std::string_view name_of(Violation violation) noexcept;

/// How the bytes in question came to us.
enum class Channel : std::uint8_t {
  TheyConnected,  // on a TCP connection that they opened to us
  WeDialled,
  Datagram,  // can be forged: counted, never charged
};

struct Charge {
  Violation violation = Violation::InvalidMessage;
  Subject subject;                   // a proven peer or user, else Subject::address(...)
  std::optional<IpAddress> address;  // where the connection came from; it gets its share when the subject is banned
  Channel channel = Channel::TheyConnected;
};

enum class Verdict : std::uint8_t {
  Ignored,  // forged, our own doing, a protected address, or ourselves
  Noted,
  Warned,  // 2 or more within the hour
  Banned,  // by this charge or before: close the connection
};

/// Numbers of S1.
struct ViolationLimits {
  unsigned charges_to_ban = 5;
  std::chrono::minutes window{60};
  std::chrono::minutes first_ban{60};  // doubles; the third is for good (an address: `longest_address_ban`)
  unsigned subjects_to_ban_address = 3;
  std::chrono::minutes longest_address_ban{24 * 60};
  std::size_t tracked = 50'000;  // subjects with violations remembered
  std::size_t bans = 10'000;
};

/// A ban as it is stored, shown, exported and imported.
struct BanRow {
  Subject subject;
  WallTime since{};
  std::optional<WallTime> until;  // nothing: for good
  unsigned times = 1;             // how often this subject was banned so far
  std::string reason;             // a violation's name, or the operator's words
  friend bool operator==(const BanRow&, const BanRow&) = default;
};

/// Reputation as it is stored. `gains` are the last three days-limited gains, oldest first; zero where there was none.
struct ReputationRow {
  Subject subject;
  int score = 50;
  WallTime gains[3]{};
};

}  // namespace soulfabric::guard
