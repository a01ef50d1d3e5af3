// SPDX-License-Identifier: GPL-3.0-or-later
// What a lookup keeps of what storers bring: nobody is believed, every record is checked here again (security rule S4), and beyond
// the cap a random sample stays, never the first that came (S5). Sans-IO.
#pragma once
#include <map>
#include <set>
#include <vector>

#include "core/datagram_message.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::mesh {

class RecordCollector {
 public:
  static constexpr std::size_t kKept = 256;
  static constexpr std::size_t kSeen = 4'096;      // slots remembered
  static constexpr std::size_t kSignatures = 1'024;  // checked for one lookup, 36 ms in all
  static constexpr unsigned kStrikes = 8;          // bad values of one storer; the rest of his are not looked at

  RecordCollector(DhtKey key, RecordKind kind, Random& random) : key_(key), kind_(kind), random_(random) {}

  void add(const Endpoint& storer, const PackedValue& value, WallTime now);
  /// At most `cap`, in random order.
  [[nodiscard]] std::vector<SignedRecord> take(std::size_t cap);
  [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
  [[nodiscard]] std::size_t refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] bool is_acceptable(const PackedValue& value, SignedRecord& record, WallTime now);
  void keep(ValueId slot, SignedRecord record);

  DhtKey key_;
  RecordKind kind_;
  Random& random_;
  std::map<ValueId, SignedRecord> records_;
  std::set<ValueId> seen_;
  std::map<Endpoint, unsigned> strikes_;
  std::size_t checked_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace soulfabric::mesh
