// SPDX-License-Identifier: GPL-3.0-or-later
// All records that a lookup brought, down to one believed descriptor of each signer. The cheap checks come first; a bounded number of
// signatures is worked on, and no source can use up the part that others need. Sans-IO.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/fabric/descriptor.hpp"

namespace soulfabric::fabric {

/// Clocks that differ by the skew differ by a day around midnight: the days to ask under.
[[nodiscard]] std::vector<std::int64_t> lookup_days(WallTime now);
[[nodiscard]] std::int64_t day_of(WallTime now) noexcept;

struct BelievedRecord {
  ServiceDescriptor descriptor;
  mesh::SignedRecord record;
};

class RecordSieve {
 public:
  static constexpr std::size_t kRecords = 4096;         // taken in, at most
  static constexpr std::size_t kTriesOfSigner = 2;      // a forgery in somebody's name must not hide its own record
  static constexpr std::size_t kTriesOfPrefix = 16;     // signers of one /24 or /48 beyond this many would not be kept anyway
  using Sequences = std::map<PeerId, std::uint64_t>;

  RecordSieve(std::string name, WallTime now);
  /// Those of another name, key, kind or time, and those that are here already, are dropped.
  void add(std::vector<mesh::SignedRecord> records);
  [[nodiscard]] bool empty() const noexcept { return by_signer_.empty(); }

  struct Outcome {
    std::vector<BelievedRecord> believed;  // highest sequence of each signer, in random order, tombstones left out
    Sequences sequences;                   // of all that were believed, tombstones too
    std::size_t signatures = 0;            // that were worked on
  };
  /// What is known of a signer without working on its signature.
  struct Standing {
    bool familiar = false;
    std::optional<IpAddress> prefix;  // /24 or /48 that a link or record of it tells, where that counts
  };
  /// At most `signatures` are checked; half of them at most go to the familiar, first. A sequence below the one in `seen` is a replay.
  [[nodiscard]] Outcome finish(std::size_t signatures, const Sequences& seen, const std::function<Standing(const PeerId&)>& standing, Random& random);

 private:
  struct Signer {
    PeerId peer;
    Standing standing{};
    std::vector<mesh::SignedRecord> records;
  };
  void try_signer(Signer& signer, const Sequences& seen, std::size_t limit, Outcome& out) const;

  std::string name_;
  WallTime now_;
  std::set<mesh::DhtKey> keys_;
  std::map<PublicKey, Signer> by_signer_;
  std::size_t taken_ = 0;
};

}  // namespace soulfabric::fabric
