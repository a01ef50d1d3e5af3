// SPDX-License-Identifier: GPL-3.0-or-later
// One-time links and attempt limits.
#include "core/login.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::string_view kFragment = "/#login=";
constexpr std::size_t kUsedKept = 64;

bool same(const crypto::Sha256& a, const crypto::Sha256& b) { return equal_constant_time(a, b); }

}  // namespace

void LoginLinks::add(std::string_view secret, WallTime made) {
  if (open_.size() == kMaxLinks) open_.erase(open_.begin());
  open_.push_back({crypto::sha256(bytes_of(secret)), made});
}

bool LoginLinks::redeem(std::string_view secret, WallTime now) {
  const auto hash = crypto::sha256(bytes_of(secret));
  std::erase_if(open_, [&](const Link& link) { return now - link.made > kLinkLifetime; });
  const auto it = std::ranges::find_if(open_, [&](const Link& link) { return same(link.hash, hash); });
  if (it == open_.end() || was_used(secret)) return false;
  open_.erase(it);
  used_.push_back(hash);
  if (used_.size() > kUsedKept) used_.pop_front();
  return true;
}

bool LoginLinks::was_used(std::string_view secret) const {
  const auto hash = crypto::sha256(bytes_of(secret));
  return std::ranges::any_of(used_, [&](const crypto::Sha256& used) { return same(used, hash); });
}

std::string login_file_text(std::string_view link, WallTime made) {
  return std::string(link) + "\n" + std::to_string(to_unix_micros(made)) + "\n";
}

std::optional<LoginFile> parse_login_file(std::string_view text) {
  const auto lines = split(text, '\n');
  if (lines.size() < 2) return std::nullopt;
  const auto at = lines[0].find(kFragment);
  const auto made = parse_u64(lines[1]);
  if (at == std::string_view::npos || !made) return std::nullopt;
  return LoginFile{std::string(lines[0].substr(at + kFragment.size())), from_unix_micros(static_cast<std::int64_t>(*made))};
}

std::size_t AttemptLimit::Window::current(MonoTime now) noexcept {
  if (now - start >= std::chrono::minutes(1)) {
    start = now;
    count = 0;
  }
  return count;
}

bool AttemptLimit::allows(const std::optional<IpAddress>& source, MonoTime now) {
  if (all_.current(now) >= kInAll) return false;
  const auto it = sources_.find(source);
  return it == sources_.end() || it->second.current(now) < kPerSource;
}

void AttemptLimit::failed(const std::optional<IpAddress>& source, MonoTime now) {
  all_.current(now);
  ++all_.count;
  if (sources_.size() >= kSources) {
    std::erase_if(sources_, [&](const auto& entry) { return now - entry.second.start >= std::chrono::minutes(1); });
    if (sources_.size() >= kSources) return;
  }
  auto& window = sources_[source];
  window.current(now);
  ++window.count;
}

}  // namespace soulfabric::gateway
