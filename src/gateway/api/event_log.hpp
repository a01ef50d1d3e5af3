// SPDX-License-Identifier: GPL-3.0-or-later
// The last things that happened, as slskd's event records.
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::gateway {

struct EventRecord {
  std::string id;  // GUID
  WallTime timestamp{};
  std::string type;  // "DownloadFileComplete", ...
  std::string data;  // JSON text
};

class EventLog {
 public:
  static constexpr std::size_t kKept = 1000;
  void add(EventRecord record);
  /// Newest first.
  [[nodiscard]] std::vector<EventRecord> page(std::size_t offset, std::size_t limit) const;
  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

 private:
  std::deque<EventRecord> records_;  // newest first
};

}  // namespace soulfabric::gateway
