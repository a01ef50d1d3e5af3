// SPDX-License-Identifier: GPL-3.0-or-later
// Answers as sets of paths and words: lists of entities are compared by the entities' ids, not by their order.
#include "core/catalogue_compare.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/json_tree.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::size_t kDifferentKeys = 3;
constexpr std::size_t kPeers = 1024;
constexpr std::size_t kFewIds = 4;  // below this many, a share says nothing

/// Voted, counted and uploaded by the minute, without an edit of the entity.
constexpr std::array<std::string_view, 11> kMoving{"genres", "user-genres", "tags",          "user-tags",          "rating",         "user-rating",
                                                   "votes",  "cover-art-archive", "release-count", "release-group-count", "recording-count"};

bool is_moving(std::string_view key) { return std::ranges::find(kMoving, key) != kMoving.end(); }

struct Facts {
  std::multimap<std::string, std::string> words;  // by path
  std::set<std::string> ids;                      // of entities
  std::map<std::string, std::string> vocabulary;  // name by id
};

class Gather {
 public:
  Gather(const JsonTree& tree, Facts& into) : tree_(tree), into_(into) {}
  void walk(std::size_t at, const std::string& path) {
    const JsonValue& value = tree_.values()[at];
    switch (value.kind) {
      case JsonKind::Object: walk_members(at, path); break;
      case JsonKind::Array: walk_elements(at, path); break;
      case JsonKind::Text: into_.words.emplace(path, 't' + json_plain(value.text)); break;
      case JsonKind::Number: into_.words.emplace(path, 'n' + std::string(value.text)); break;
      case JsonKind::True: into_.words.emplace(path, "true"); break;
      case JsonKind::False: into_.words.emplace(path, "false"); break;
      case JsonKind::Null: break;  // the same as what is not there
    }
  }

 private:
  void walk_members(std::size_t at, const std::string& path) {
    for (std::size_t i = at + 1; i < tree_.values()[at].end; i = tree_.values()[i].end) {
      const JsonValue& member = tree_.values()[i];
      if (is_moving(member.key)) continue;
      if (member.key == "id" && member.kind == JsonKind::Text && is_guid(member.text)) into_.ids.emplace(member.text);
      if (member.key.ends_with("-id") && member.kind == JsonKind::Text) note_word(at, member);
      walk(i, path + '/' + std::string(member.key));
    }
  }
  void note_word(std::size_t object, const JsonValue& id) {
    const auto name = tree_.text(object, id.key.substr(0, id.key.size() - 3));
    if (name) into_.vocabulary.emplace(id.text, json_plain(*name));
  }
  void walk_elements(std::size_t at, const std::string& path) {
    std::size_t number = 0;
    for (std::size_t i = at + 1; i < tree_.values()[at].end; i = tree_.values()[i].end) {
      const auto id = tree_.text(i, "id");
      walk(i, path + '[' + (id ? std::string(*id) : std::to_string(number++)) + ']');
    }
  }
  const JsonTree& tree_;
  Facts& into_;
};

bool is_explicable(const Facts& told, const Facts& seen) {
  for (const auto& [id, name] : told.vocabulary) {
    const auto same = seen.vocabulary.find(id);
    if (same != seen.vocabulary.end() && same->second != name) return false;
  }
  if (told.ids.size() < kFewIds) return true;
  const auto still = static_cast<std::size_t>(std::ranges::count_if(told.ids, [&seen](const std::string& id) { return seen.ids.contains(id); }));
  return 2 * still >= told.ids.size();
}

}  // namespace

Comparison compare_answers(std::string_view told, std::string_view seen) {
  const auto told_tree = JsonTree::parse(told);
  const auto seen_tree = JsonTree::parse(seen);
  if (!seen_tree) return {told == seen, true};
  if (!told_tree) return {false, false};
  Facts first;
  Facts second;
  Gather(*told_tree, first).walk(0, "");
  Gather(*seen_tree, second).walk(0, "");
  const bool same = first.words == second.words;
  return {same, same || is_explicable(first, second)};
}

bool MismatchLedger::note(const PeerId& peer, const std::string& key, MonoTime now) {
  if (rows_.size() >= kPeers && !rows_.contains(peer)) {
    std::erase_if(rows_, [now](const auto& one) { return one.second.empty() || one.second.back().at + kDay <= now; });
    if (rows_.size() >= kPeers) rows_.erase(rows_.begin());
  }
  auto& rows = rows_[peer];
  std::erase_if(rows, [&](const Row& row) { return row.at + kDay <= now || row.key == key; });
  rows.push_back({key, now});
  if (rows.size() < kDifferentKeys) return false;
  rows_.erase(peer);
  return true;
}

}  // namespace soulfabric::relay
