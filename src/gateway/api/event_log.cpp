// SPDX-License-Identifier: GPL-3.0-or-later
// A bounded list.
#include "api/event_log.hpp"

#include <algorithm>

namespace soulfabric::gateway {

void EventLog::add(EventRecord record) {
  records_.push_front(std::move(record));
  if (records_.size() > kKept) records_.pop_back();
}

std::vector<EventRecord> EventLog::page(std::size_t offset, std::size_t limit) const {
  const auto begin = std::min(offset, records_.size());
  const auto end = std::min(begin + std::min(limit, kKept), records_.size());
  return {records_.begin() + static_cast<std::ptrdiff_t>(begin), records_.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace soulfabric::gateway
