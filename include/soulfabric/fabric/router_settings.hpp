// SPDX-License-Identifier: GPL-3.0-or-later
// What others may call here and how much, and what was counted of it (architecture, section 8). Pure.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "soulfabric/fabric/call.hpp"
#include "soulfabric/guard/standing.hpp"

namespace soulfabric::fabric {

/// Numbers: architecture, section 8. Rates and concurrency of one peer are halved as long as no result of it was verified (security rule
/// S2), and doubled for a reputable or trusted one. What is not for strangers of `concurrent` and `bytes_held` waits for those.
struct RouterSettings {
  std::set<std::string> exposed;  // the allow-list: other services do not exist for the outside
  std::set<std::string> unannounced;  // of them: answered, but not put in the directory
  unsigned calls_per_peer = 500;  // a minute
  std::size_t concurrent_per_peer = 32;
  std::size_t concurrent = 1024;
  std::uint64_t bytes_held_per_peer = 8ULL * 1024 * 1024;  // requests and replies in memory
  std::uint64_t bytes_held = 64ULL * 1024 * 1024;
  guard::StrangersShare strangers;  // of `concurrent` and `bytes_held`
  std::chrono::milliseconds payload_time{5'000};  // for a question's payload, and for each `payload_rate` bytes of it a second more
  std::size_t payload_rate = 64 * 1024;
  unsigned breaker_failures = 5;  // in a row, per peer and service
  std::chrono::milliseconds breaker_open{300'000};
  std::size_t tracked_peers = 4096;  // whose rates and failures are remembered; the idlest are forgotten first
  std::size_t outbound_per_peer = 10;  // our own calls of one peer at a time; more wait
};

struct ServiceMetrics {
  std::map<CallStatus, std::uint64_t> calls;  // inbound, by outcome
  std::uint64_t in_flight = 0;
  std::uint64_t micros = 0;  // spent in handlers, summed
};

}  // namespace soulfabric::fabric
