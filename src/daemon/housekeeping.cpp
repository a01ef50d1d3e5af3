// SPDX-License-Identifier: GPL-3.0-or-later
// Ages are counted from the end of a search or transfer.
#include "housekeeping.hpp"

namespace soulfabric::daemon {
namespace {

using soulseek::Direction;
using soulseek::TransferState;

bool is_over(const std::optional<int>& minutes, const std::optional<WallTime>& ended, WallTime now) {
  return minutes && ended && now - *ended >= std::chrono::minutes(*minutes);
}

const std::optional<int>& limit_for(const TransferRetention& retention, TransferState state) {
  if (has(state, TransferState::Succeeded)) return retention.succeeded;
  if (has(state, TransferState::Cancelled)) return retention.cancelled;
  if (has(state, TransferState::Errored)) return retention.errored;
  return retention.failed;
}

}  // namespace

void keep_house(soulseek::Client& client, const RetentionOptions& retention, WallTime now) {
  for (const auto& search : client.searches().list()) {
    if (search.outcome != soulseek::SearchOutcome::Running && is_over(retention.search, search.ended_at, now)) client.searches().remove(search.id);
  }
  for (const auto direction : {Direction::Download, Direction::Upload}) {
    const auto& limits = direction == Direction::Download ? retention.download : retention.upload;
    for (const auto& transfer : client.transfers().list(direction, false)) {
      if (!has(transfer.state, TransferState::Completed)) continue;
      if (is_over(limit_for(limits, transfer.state), transfer.ended_at, now)) client.transfers().cancel(transfer.id, true);
    }
  }
}

}  // namespace soulfabric::daemon
