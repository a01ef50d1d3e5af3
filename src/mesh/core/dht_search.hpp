// SPDX-License-Identifier: GPL-3.0-or-later
// One lookup: towards the nodes nearest to a key, taking what they hold and the token that a put to them needs. Sans-IO.
// We look ourselves and not through the library: its get answers from our own store as well, waits half a second for a lost datagram,
// asks for every value apart, and its put believes whoever answers.
#pragma once
#include <bitset>
#include <map>
#include <vector>

#include "core/datagram_message.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::mesh {

struct SearchSettings {
  std::size_t closest = 8;    // nodes that should have answered at the end; the library stores at so many
  std::size_t quorum = 5;     // of them are enough, once `grace` has passed
  std::size_t parallel = 8;   // requests on the way
  std::size_t candidates = 96;
  std::size_t requests = 128;  // in all: hostile answers cannot make us ask for ever
  unsigned attempts = 4;
  std::chrono::milliseconds patience{250};  // before the second attempt; grows by half each time
  std::chrono::milliseconds gap{120};       // without a fragment before what is missing is asked for again
  std::chrono::milliseconds grace{100};
  std::size_t values_of_node = 256;
};

/// A message to be sent: the owner fills in who we are and opens it at the gate.
struct SearchAsk {
  NodeContact to;
  TransactionId transaction = 0;
};

class DhtSearch {
 public:
  /// `slot`: only the value there is asked for.
  DhtSearch(DhtKey key, std::optional<ValueId> slot, const NodeId& self, const std::vector<NodeContact>& start, SearchSettings settings = {});

  [[nodiscard]] std::vector<SearchAsk> step(MonoTime now, Random& random);
  /// Values that this answer or fragment brought; views into the datagram.
  [[nodiscard]] std::vector<PackedValue> answer(const Endpoint& from, const DatagramMessage& message, MonoTime now);
  [[nodiscard]] bool finished(MonoTime now) const;
  /// When `step` wants to be called without an answer before.
  [[nodiscard]] MonoTime next(MonoTime now) const;
  [[nodiscard]] DatagramMessage request_to(const SearchAsk& ask) const;

  struct Holder {
    NodeContact node;
    Bytes token;
  };
  /// The nearest that answered with a token, at most `closest`.
  [[nodiscard]] std::vector<Holder> holders() const;
  /// Those that were asked and did not answer as they should.
  [[nodiscard]] std::vector<NodeContact> silent() const;
  /// Other nodes that answered.
  [[nodiscard]] std::size_t answered() const noexcept { return answered_; }
  [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

 private:
  enum class State : std::uint8_t { Fresh, Asked, Answered, Dead };
  struct Candidate {
    NodeContact node;
    State state = State::Fresh;
    unsigned attempts = 0;
    MonoTime asked{};
    MonoTime progress{};
    std::size_t parts = 0;                  // announced by its last answer
    std::bitset<kAnswerValuesCap> got;      // of them, of all its answers
    std::size_t got_before = 0;             // when it was last asked
    std::size_t values = 0;
    Bytes token;
    bool is_complete = false;
  };
  [[nodiscard]] NodeId distance(const NodeId& id) const noexcept;
  [[nodiscard]] MonoTime::duration patience(const Candidate& candidate) const;
  [[nodiscard]] static bool is_late(const Candidate& candidate) noexcept;
  [[nodiscard]] std::size_t hopeful() const;
  void learn(const NodeContact& node);
  void ask(Candidate& candidate, MonoTime now, Random& random, std::vector<SearchAsk>& out);
  void take_answer(Candidate& candidate, const DatagramMessage& message, MonoTime now);
  void settle(Candidate& candidate, MonoTime now) const;
  /// The nearest that are neither dead nor late, at most `closest`.
  [[nodiscard]] std::vector<const Candidate*> nearest() const;
  void note_quorum(MonoTime now);

  DhtKey key_;
  std::optional<ValueId> slot_;
  NodeId self_;
  SearchSettings settings_;
  std::map<NodeId, Candidate> candidates_;  // by distance
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
  std::optional<MonoTime> quorum_at_;
};

}  // namespace soulfabric::mesh
