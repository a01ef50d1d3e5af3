// SPDX-License-Identifier: GPL-3.0-or-later
// Those who are told about changes in the client.
#pragma once
#include <algorithm>
#include <vector>

#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::soulseek {

/// An observer may leave while it is told something.
class Observers {
 public:
  void add(Observer& observer) { list_.push_back(&observer); }
  void remove(Observer& observer) { std::erase(list_, &observer); }
  template <class Tell>
  void each(Tell tell) {
    const auto copy = list_;
    for (auto* observer : copy) {
      if (std::find(list_.begin(), list_.end(), observer) != list_.end()) tell(*observer);
    }
  }

 private:
  std::vector<Observer*> list_;
};

}  // namespace soulfabric::soulseek
