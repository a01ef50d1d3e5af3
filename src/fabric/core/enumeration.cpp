// SPDX-License-Identifier: GPL-3.0-or-later
// Names and questions of each requester within a sliding window.
#include "core/enumeration.hpp"

#include <algorithm>

namespace soulfabric::fabric {

void EnumerationWatch::make_room(MonoTime now) {
  if (requesters_.size() < limits_.requesters) return;
  std::erase_if(requesters_, [&](const auto& entry) { return entry.second.last + limits_.window <= now; });
  while (requesters_.size() >= limits_.requesters)
    requesters_.erase(std::ranges::min_element(requesters_, {}, [](const auto& entry) { return entry.second.last; }));
}

bool EnumerationWatch::allow(const std::string& requester, std::string_view name, MonoTime now) {
  if (!requesters_.contains(requester)) {
    make_room(now);
    requesters_[requester].questions = guard::TokenBucket(limits_.questions, limits_.questions, limits_.window);
  }
  auto& one = requesters_[requester];
  one.last = now;
  std::erase_if(one.names, [&](const auto& entry) { return entry.second + limits_.window <= now; });
  const auto known = one.names.find(name);
  if (known == one.names.end() && one.names.size() >= limits_.names) return false;
  if (!one.questions.take(now, 1)) return false;
  one.names.insert_or_assign(std::string(name), now);
  return true;
}

}  // namespace soulfabric::fabric
