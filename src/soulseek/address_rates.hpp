// SPDX-License-Identifier: GPL-3.0-or-later
// How often each address may ask us for something that costs us work: names are free, addresses are not. Sans-IO.
#pragma once
#include <algorithm>
#include <map>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::soulseek {

class AddressRates {
 public:
  static constexpr std::size_t kRemembered = 4096;  // addresses; the one that asked longest ago is forgotten
  AddressRates(std::uint64_t burst, std::uint64_t per_period, std::chrono::nanoseconds period) : full_(burst, per_period, period) {}

  [[nodiscard]] bool take(const IpAddress& address, MonoTime now) {
    auto found = entries_.find(address);
    if (found == entries_.end()) {
      if (entries_.size() >= kRemembered) {
        entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
      }
      found = entries_.emplace(address, Entry{full_, now}).first;
    }
    found->second.last = now;
    return found->second.bucket.take(now, 1);
  }

 private:
  struct Entry {
    guard::TokenBucket bucket;
    MonoTime last;
  };
  guard::TokenBucket full_;
  std::map<IpAddress, Entry> entries_;
};

}  // namespace soulfabric::soulseek
