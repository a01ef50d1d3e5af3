// SPDX-License-Identifier: GPL-3.0-or-later
// The spot check of what other nodes told us (security rule S17): how an answer differs from what the origin says now, and when enough of
// it was wrong to be no accident. Pure.
#pragma once
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

struct Comparison {
  bool same = true;         // in all that is not always on the move: tags, genres, ratings, counts of what is elsewhere
  bool explicable = true;   // by edits between the two
};

/// Two JSON answers to one question: what a node told and what the origin says now. No edit gives a word of MusicBrainz's own vocabulary
/// (the type, status, packaging, format or gender with an id of its own) another name, and none replaces most of the entities that an
/// answer consists of; all else may have been edited since.
[[nodiscard]] Comparison compare_answers(std::string_view told, std::string_view seen);

/// Who told what no edit explains, and about how many different keys within a day.
class MismatchLedger {
 public:
  /// True at the third different key: the ledger begins anew for this peer.
  [[nodiscard]] bool note(const PeerId& peer, const std::string& key, MonoTime now);

 private:
  struct Row {
    std::string key;
    MonoTime at;
  };
  std::map<PeerId, std::deque<Row>> rows_;
};

}  // namespace soulfabric::relay
