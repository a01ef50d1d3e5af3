// SPDX-License-Identifier: GPL-3.0-or-later
// One round of a put: to every holder that a lookup found, then read back from it, because a storer that refuses says "stored" all
// the same (security rule S4). Only a read-back counts. Sans-IO.
#pragma once
#include "core/dht_search.hpp"

namespace soulfabric::mesh {

struct PutSettings {
  unsigned attempts = 4;                    // of each of the two steps
  std::chrono::milliseconds patience{250};  // grows by half each time
  std::chrono::milliseconds grace{400};     // for the others, once one has given it back
};

class DhtPut {
 public:
  DhtPut(DhtKey key, ValueId slot, std::uint16_t type, Bytes data, const std::vector<DhtSearch::Holder>& holders, PutSettings settings = {});

  [[nodiscard]] std::vector<SearchAsk> step(MonoTime now, Random& random);
  /// The put, or the get that reads back, that belongs to an ask of the last step. Views into this object.
  [[nodiscard]] DatagramMessage request_to(const SearchAsk& ask) const;
  void answer(const Endpoint& from, const DatagramMessage& message, MonoTime now);
  [[nodiscard]] bool finished(MonoTime now) const;
  [[nodiscard]] MonoTime next(MonoTime now) const;

  /// Nodes other than our own that gave it back.
  [[nodiscard]] std::size_t read_back() const noexcept;
  /// Nodes that were asked for it and hold nothing, or something else, there.
  [[nodiscard]] std::size_t refused() const noexcept;

 private:
  enum class State : std::uint8_t { Putting, Reading, ReadBack, Refused, Dead };
  struct Target {
    NodeContact node;
    Bytes token;
    State state = State::Putting;
    unsigned attempts = 0;
    MonoTime asked{};
    bool is_first = true;      // not asked at all in this state
    std::size_t parts = 0;     // of the answer that is being read
  };
  [[nodiscard]] bool is_open(const Target& target) const noexcept { return target.state == State::Putting || target.state == State::Reading; }
  [[nodiscard]] MonoTime::duration patience(const Target& target) const;
  [[nodiscard]] bool is_ours(const PackedValue& value) const;
  void judge(Target& target, const std::vector<PackedValue>& values, MonoTime now);
  void enter(Target& target, State state);

  DhtKey key_;
  ValueId slot_;
  std::uint16_t type_;
  Bytes data_;
  PutSettings settings_;
  std::vector<Target> targets_;
  std::optional<MonoTime> first_read_back_;
};

}  // namespace soulfabric::mesh
