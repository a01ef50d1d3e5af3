// SPDX-License-Identifier: GPL-3.0-or-later
// Room in memory for others: the share of one subject is looked at first, so that whoever takes too much is told so.
#include "core/held_book.hpp"

namespace soulfabric::guard {
namespace {

bool fits(std::uint64_t held, std::uint64_t bytes, std::uint64_t most) { return held <= most && bytes <= most - held; }

template <class Key>
std::uint64_t held_by(const std::map<Key, std::uint64_t>& book, const Key& key) {
  const auto found = book.find(key);
  return found == book.end() ? 0 : found->second;
}

template <class Key>
std::uint64_t take_from(std::map<Key, std::uint64_t>& book, const Key& key, std::uint64_t bytes) noexcept {
  const auto found = book.find(key);
  if (found == book.end()) return 0;
  const std::uint64_t back = bytes < found->second ? bytes : found->second;
  found->second -= back;
  if (found->second == 0) book.erase(found);
  return back;
}

}  // namespace

bool HeldBook::has_room_for_strangers(const IpAddress& prefix, std::uint64_t bytes) const {
  return fits(strangers_, bytes, limits_.strangers.of_all(limits_.node)) &&
         fits(held_by(prefixes_, prefix), bytes, limits_.strangers.of_prefix(limits_.node));
}

Status HeldBook::take(const Subject& subject, const std::optional<IpAddress>& prefix, std::uint64_t bytes, Standing standing) {
  if (bytes == 0) return {};
  if (!fits(held_by(subjects_, subject), bytes, scaled(limits_.per_peer, standing))) {
    ++refused_;
    return fail(Errc::RateLimited, "This peer has as much in our memory as it may; try again when some of it is done.");
  }
  if (!fits(total_, bytes, limits_.node) || (prefix && !has_room_for_strangers(*prefix, bytes))) {
    ++refused_;
    return fail(Errc::Busy, "The memory set aside for others is used up; try again shortly.");
  }
  subjects_[subject] += bytes;
  total_ += bytes;
  if (!prefix) return {};
  strangers_ += bytes;
  prefixes_[*prefix] += bytes;
  return {};
}

void HeldBook::give_back(const Subject& subject, const std::optional<IpAddress>& prefix, std::uint64_t bytes) noexcept {
  const std::uint64_t back = take_from(subjects_, subject, bytes);
  total_ -= back;
  if (!prefix) return;
  strangers_ -= back;
  (void)take_from(prefixes_, *prefix, back);
}

}  // namespace soulfabric::guard
