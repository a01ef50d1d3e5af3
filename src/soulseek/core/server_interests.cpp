// SPDX-License-Identifier: GPL-3.0-or-later
// Interests and recommendations.
#include "core/server_interests.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::soulseek {
namespace {
constexpr std::size_t kMaxItemBytes = 64;
constexpr std::size_t kMaxItems = 30;
constexpr std::size_t kMaxListed = 100;
}  // namespace

void ServerInterests::add(const std::string& user, Kind kind, const std::string& item) {
  if (item.empty() || item.size() > kMaxItemBytes) return;
  Taste& taste = tastes_[user];
  auto& items = kind == Kind::Liked ? taste.liked : taste.hated;
  if (items.size() < kMaxItems) items.insert(to_lower(item));
}

void ServerInterests::remove(const std::string& user, Kind kind, const std::string& item) {
  const auto found = tastes_.find(user);
  if (found == tastes_.end()) return;
  (kind == Kind::Liked ? found->second.liked : found->second.hated).erase(to_lower(item));
}

void ServerInterests::forget(const std::string& user) { tastes_.erase(user); }

void ServerInterests::count(const Taste& taste, Scores& scores) {
  for (const auto& item : taste.liked) ++scores[item];
  for (const auto& item : taste.hated) --scores[item];
}

std::vector<wire::reply::Recommendation> ServerInterests::best(const Scores& scores, bool lowest_first) {
  std::vector<wire::reply::Recommendation> out;
  for (const auto& [item, score] : scores) out.push_back({item, score});
  std::ranges::sort(out, [lowest_first](const auto& a, const auto& b) {
    if (a.score != b.score) return lowest_first ? a.score < b.score : a.score > b.score;
    return a.item < b.item;
  });
  if (out.size() > kMaxListed) out.resize(kMaxListed);
  return out;
}

wire::reply::UserInterests ServerInterests::of(const std::string& user) const {
  wire::reply::UserInterests out{user, {}, {}};
  const auto found = tastes_.find(user);
  if (found == tastes_.end()) return out;
  out.liked.assign(found->second.liked.begin(), found->second.liked.end());
  out.hated.assign(found->second.hated.begin(), found->second.hated.end());
  return out;
}

wire::reply::Recommendations ServerInterests::recommendations(const std::string& user) const {
  Scores scores;
  const auto self = tastes_.find(user);
  if (self == tastes_.end()) return {};
  for (const auto& [other, taste] : tastes_) {
    if (other == user) continue;
    const bool shares = std::ranges::any_of(self->second.liked, [&taste](const std::string& item) { return taste.liked.contains(item); });
    if (shares) count(taste, scores);
  }
  for (const auto& item : self->second.liked) scores.erase(item);
  for (const auto& item : self->second.hated) scores.erase(item);
  return {best(scores, false), best(scores, true)};
}

wire::reply::GlobalRecommendations ServerInterests::global() const {
  Scores scores;
  for (const auto& [user, taste] : tastes_) count(taste, scores);
  return {best(scores, false), best(scores, true)};
}

wire::reply::SimilarUsers ServerInterests::similar_users(const std::string& user) const {
  wire::reply::SimilarUsers out;
  const auto self = tastes_.find(user);
  if (self == tastes_.end()) return out;
  for (const auto& [other, taste] : tastes_) {
    if (other == user || out.users.size() >= kMaxListed) continue;
    const auto shared = std::ranges::count_if(self->second.liked, [&taste](const std::string& item) { return taste.liked.contains(item); });
    if (shared > 0) out.users.push_back({other, static_cast<std::uint32_t>(shared)});
  }
  return out;
}

wire::reply::ItemRecommendations ServerInterests::item_recommendations(const std::string& user, const std::string& item) const {
  Scores scores;
  for (const auto& [other, taste] : tastes_) {
    if (other != user && taste.liked.contains(to_lower(item))) count(taste, scores);
  }
  scores.erase(to_lower(item));
  return {item, best(scores, false)};
}

wire::reply::ItemSimilarUsers ServerInterests::item_similar_users(const std::string& user, const std::string& item) const {
  wire::reply::ItemSimilarUsers out{item, {}};
  for (const auto& [other, taste] : tastes_) {
    if (other != user && out.users.size() < kMaxListed && taste.liked.contains(to_lower(item))) out.users.push_back(other);
  }
  return out;
}

}  // namespace soulfabric::soulseek
