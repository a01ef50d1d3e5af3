// SPDX-License-Identifier: GPL-3.0-or-later
// Room in memory for others: the share of one subject is looked at first, so that whoever takes too much is told so.
#include "core/held_book.hpp"

namespace soulfabric::guard {
namespace {

constexpr int kReputable = 70;
constexpr int kNeutral = 50;

std::uint64_t share_of(const HeldLimits& limits, int reputation, bool trusted) {
  if (trusted || reputation >= kReputable) return limits.per_peer * 2;
  return reputation < kNeutral ? limits.per_peer / 2 : limits.per_peer;
}

}  // namespace

Status HeldBook::take(const Subject& subject, std::uint64_t bytes, int reputation, bool trusted) {
  if (bytes == 0) return {};
  const auto found = subjects_.find(subject);
  const std::uint64_t held = found == subjects_.end() ? 0 : found->second;
  const std::uint64_t share = share_of(limits_, reputation, trusted);
  if (held > share || bytes > share - held) {
    ++refused_;
    return fail(Errc::RateLimited, "This peer has as much in our memory as it may; try again when some of it is done.");
  }
  if (total_ > limits_.node || bytes > limits_.node - total_) {
    ++refused_;
    return fail(Errc::Busy, "The memory set aside for others is used up; try again shortly.");
  }
  subjects_[subject] = held + bytes;
  total_ += bytes;
  return {};
}

void HeldBook::give_back(const Subject& subject, std::uint64_t bytes) noexcept {
  const auto found = subjects_.find(subject);
  if (found == subjects_.end() || bytes == 0) return;
  const std::uint64_t back = bytes < found->second ? bytes : found->second;
  found->second -= back;
  total_ -= back;
  if (found->second == 0) subjects_.erase(found);
}

}  // namespace soulfabric::guard
