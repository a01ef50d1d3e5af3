// SPDX-License-Identifier: GPL-3.0-or-later
// One bucket per client.
#include "core/client_rates.hpp"

namespace soulfabric::gateway {

bool ClientRates::take(const std::string& client, MonoTime now) {
  auto found = rates_.find(client);
  if (found == rates_.end()) {
    if (rates_.size() >= clients_) {
      rates_.erase(order_.begin()->second);
      order_.erase(order_.begin());
    }
    found = rates_.emplace(client, Rate{guard::TokenBucket(per_minute_, per_minute_, std::chrono::minutes(1)), now}).first;
  } else {
    order_.erase({found->second.last, client});
    found->second.last = now;
  }
  order_.emplace(now, client);
  return found->second.bucket.take_up_to(now, 1) == 1;
}

}  // namespace soulfabric::gateway
