// SPDX-License-Identifier: GPL-3.0-or-later
// How often one client may ask for something dear. A table of fixed size; the idlest client is forgotten first.
#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "soulfabric/guard/rates.hpp"

namespace soulfabric::gateway {

class ClientRates {
 public:
  explicit ClientRates(unsigned per_minute, std::size_t clients = 1024) : per_minute_(per_minute), clients_(clients) {}
  /// Takes one of the client's minute; false where it is used up.
  [[nodiscard]] bool take(const std::string& client, MonoTime now);
  [[nodiscard]] std::size_t size() const noexcept { return rates_.size(); }

 private:
  struct Rate {
    guard::TokenBucket bucket;
    MonoTime last{};
  };
  unsigned per_minute_;
  std::size_t clients_;
  std::map<std::string, Rate> rates_;
  std::set<std::pair<MonoTime, std::string>> order_;
};

}  // namespace soulfabric::gateway
