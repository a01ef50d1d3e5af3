// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's list: binary search over merged ranges, names by set and by pattern with a memory of recent answers.
#include "soulfabric/guard/blacklist.hpp"

#include <algorithm>
#include <limits>

#include "core/bounded_map.hpp"
#include "soulfabric/base/pattern.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::guard {
namespace {

constexpr std::size_t kRememberedNames = 4096;
constexpr std::uint32_t kAllOnes = std::numeric_limits<std::uint32_t>::max();

/// "001.002.003.004" too: lists write leading zeros, which mean nothing.
std::optional<std::uint32_t> parse_v4(std::string_view text) {
  std::uint32_t out = 0;
  const auto parts = split(trim(text), '.');
  if (parts.size() != 4) return std::nullopt;
  for (const std::string_view part : parts) {
    const auto number = parse_u64(part);
    if (!number || *number > 255 || part.size() > 3) return std::nullopt;
    out = out << 8U | static_cast<std::uint32_t>(*number);
  }
  return out;
}

struct Line {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

std::optional<Line> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_v4(text.substr(0, dash));
  const auto last = parse_v4(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Line{*first, *last};
}

std::optional<Line> parse_p2p(std::string_view line) {
  const std::size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return parse_range(line.substr(colon + 1));
}

std::optional<Line> parse_dat(std::string_view line) { return parse_range(line.substr(0, line.find(','))); }

}  // namespace

void AddressRanges::add(std::uint32_t first, std::uint32_t last) { v4_.push_back({first, last}); }

void AddressRanges::add(const IpNetwork& network) {
  if (!network.base.is_v4()) {
    v6_.push_back(network);
    return;
  }
  const std::uint32_t hosts = network.bits == 0 ? kAllOnes : network.bits >= 32 ? 0 : kAllOnes >> network.bits;
  const std::uint32_t first = network.base.to_v4() & ~hosts;
  add(first, first | hosts);
}

void AddressRanges::finish() {
  std::ranges::sort(v4_, [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range& range : v4_) {
    if (!merged.empty() && (range.first <= merged.back().last || range.first == merged.back().last + 1))
      merged.back().last = std::max(merged.back().last, range.last);
    else
      merged.push_back(range);
  }
  merged.shrink_to_fit();
  v4_ = std::move(merged);
}

bool AddressRanges::contains(const IpAddress& address) const noexcept {
  if (!address.is_v4()) return std::ranges::any_of(v6_, [&](const IpNetwork& network) { return network.contains(address); });
  const std::uint32_t value = address.to_v4();
  const auto after = std::ranges::upper_bound(v4_, value, {}, &Range::first);
  return after != v4_.begin() && std::prev(after)->last >= value;
}

Result<AddressRanges> AddressRanges::parse(std::string_view text, std::size_t& skipped) {
  AddressRanges out;
  skipped = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with('#') || line.starts_with("//")) continue;
    if (const auto network = IpNetwork::parse(line))
      out.add(*network);
    else if (const auto dat = parse_dat(line))
      out.add(dat->first, dat->last);
    else if (const auto p2p = parse_p2p(line))
      out.add(p2p->first, p2p->last);
    else if (const auto single = parse_v4(line))
      out.add(*single, *single);
    else
      ++skipped;
  }
  if (out.size() == 0 && skipped > 0)
    return fail(Errc::Malformed, "The blacklist file has no line that is a CIDR, P2P or DAT range; name another file.");
  out.finish();
  return out;
}

struct Blacklist::State {
  std::set<std::string, std::less<>> members;
  std::vector<TextPattern> patterns;
  AddressRanges ranges;
  BoundedMap<std::string, bool, std::uint64_t> answers{kRememberedNames};
  std::uint64_t asked = 0;
};

Blacklist::Blacklist() = default;
Blacklist::Blacklist(Blacklist&&) noexcept = default;
Blacklist& Blacklist::operator=(Blacklist&&) noexcept = default;
Blacklist::~Blacklist() = default;

Blacklist::Blacklist(BlacklistSources sources) : state_(std::make_unique<State>()) {
  state_->members.insert(sources.members.begin(), sources.members.end());
  for (const std::string& text : sources.patterns)
    if (auto pattern = TextPattern::compile(text, sources.case_sensitive)) state_->patterns.push_back(std::move(*pattern));
  state_->ranges = std::move(sources.ranges);
  for (const std::string& list : sources.networks)
    for (const std::string_view part : split(list, ','))
      if (const auto network = IpNetwork::parse(trim(part))) state_->ranges.add(*network);
  state_->ranges.finish();
}

bool Blacklist::has_user(std::string_view name) const {
  if (!state_) return false;
  if (state_->members.contains(name)) return true;
  if (state_->patterns.empty()) return false;
  std::string seen(name.substr(0, TextPattern::kSeenText));
  if (const bool* known = state_->answers.find(seen)) return *known;
  const bool listed = std::ranges::any_of(state_->patterns, [&](const TextPattern& pattern) { return pattern.is_in(seen); });
  state_->answers.put(seen, ++state_->asked) = listed;
  return listed;
}

bool Blacklist::has_address(const IpAddress& address) const noexcept { return state_ && state_->ranges.contains(address); }

}  // namespace soulfabric::guard
