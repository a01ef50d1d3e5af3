// SPDX-License-Identifier: GPL-3.0-or-later
// What the users who are on line like and hate, and what follows from it (protocol note, section 14).
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "wire/server_replies.hpp"

namespace soulfabric::soulseek {

class ServerInterests {
 public:
  enum class Kind { Liked, Hated };
  /// Ignored where the item is empty, longer than 64 bytes, or the user has 30 of the kind.
  void add(const std::string& user, Kind kind, const std::string& item);
  void remove(const std::string& user, Kind kind, const std::string& item);
  void forget(const std::string& user);

  [[nodiscard]] wire::reply::UserInterests of(const std::string& user) const;
  [[nodiscard]] wire::reply::Recommendations recommendations(const std::string& user) const;
  [[nodiscard]] wire::reply::GlobalRecommendations global() const;
  [[nodiscard]] wire::reply::SimilarUsers similar_users(const std::string& user) const;
  [[nodiscard]] wire::reply::ItemRecommendations item_recommendations(const std::string& user, const std::string& item) const;
  [[nodiscard]] wire::reply::ItemSimilarUsers item_similar_users(const std::string& user, const std::string& item) const;

 private:
  struct Taste {
    std::set<std::string> liked;
    std::set<std::string> hated;
  };
  using Scores = std::map<std::string, std::int32_t>;
  static void count(const Taste& taste, Scores& scores);
  [[nodiscard]] static std::vector<wire::reply::Recommendation> best(const Scores& scores, bool lowest_first);
  std::map<std::string, Taste> tastes_;
};

}  // namespace soulfabric::soulseek
