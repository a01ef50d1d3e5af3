// SPDX-License-Identifier: GPL-3.0-or-later
// What outsiders can do wrong, how it is charged, and what a ban looks like as a row (security rule S1).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  std::optional<WallTime> until;     // nothing: for good; in the past: only the history that decides the next length
  unsigned times = 1;                // how often this subject was banned so far
  std::string reason;                // a violation's name, or the operator's words
  std::optional<IpAddress> address;  // where it came from: three subjects of one address within an hour ban the address
  bool by_operator = false;
  friend bool operator==(const BanRow&, const BanRow&) = default;
};

/// Violations that have not led to a ban yet.
struct ViolationRow {
  Subject subject;
  std::vector<WallTime> times;  // oldest first
  friend bool operator==(const ViolationRow&, const ViolationRow&) = default;
};

/// Reputation as it is stored. `gains` are the last gains, oldest first, at most three.
struct ReputationRow {
  Subject subject;
  int score = 50;
  std::vector<WallTime> gains;
  friend bool operator==(const ReputationRow&, const ReputationRow&) = default;
};

/// What changed since it was last asked for; a subject that stands in `gone` has no row any more.
struct StoredChanges {
  std::vector<BanRow> bans;
  std::vector<Subject> bans_gone;
  std::vector<ViolationRow> violations;
  std::vector<Subject> violations_gone;
  std::vector<ReputationRow> reputations;
  std::vector<Subject> reputations_gone;
  [[nodiscard]] bool empty() const noexcept {
    return bans.empty() && bans_gone.empty() && violations.empty() && violations_gone.empty() && reputations.empty() &&
           reputations_gone.empty();
  }
};

}  // namespace soulfabric::guard
