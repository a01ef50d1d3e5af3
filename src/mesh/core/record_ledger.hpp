// SPDX-License-Identifier: GPL-3.0-or-later
// What this node keeps for others: which record may be stored or take the place of another (security rule S4). Sans-IO; one caller at
// a time. The library keeps the values; this keeps who has how many of them, because the library has no cap of its own.
#pragma once
#include <map>
#include <unordered_map>

#include "core/fixed_table.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {

struct LedgerSettings {
  std::chrono::seconds life{3600};  // how long the library keeps a value
  std::size_t values_per_key = 256;
  std::size_t values_per_source = 64;  // of one key, from one /24 or /48
};

class RecordLedger {
 public:
  static constexpr std::size_t kValuesInAll = 32'768;        // 20 MiB of records: below the library's own store limit
  static constexpr std::size_t kValuesOfOneSource = 2'048;   // over all keys
  static constexpr std::uint64_t kSignatureBurst = 64;       // checks that one source may cause at once
  static constexpr std::uint64_t kSignaturesPerSecond = 32;  // and afterwards
  static constexpr std::uint64_t kSignaturesInAll = 2'000;   // a second, of all sources: some 7 % of one core

  RecordLedger(LedgerSettings settings, std::uint64_t salt) : settings_(settings), sources_(1024, salt) {}

  enum class Answer : std::uint8_t { Stored, Malformed, Full, Rationed, BadSignature, NotNewer };
  /// A value under a slot that the library holds nothing in. The cheap checks come first, then a token of the source prefix.
  [[nodiscard]] Answer store(const DhtKey& key, RecordKind kind, ValueId slot, ByteView data, const IpAddress& from, MonoTime now, WallTime wall);
  /// The same for one that the library holds something in.
  [[nodiscard]] Answer edit(const DhtKey& key, RecordKind kind, ValueId slot, ByteView present, ByteView next, const IpAddress& from,
                            MonoTime now, WallTime wall);
  /// The same value was put again and lives on; nothing where it is not here, or where it is another one: that one goes through
  /// `edit`, behind the library's token and our check of its signature. `digest`: of the record's bytes.
  void refreshed(const DhtKey& key, ValueId slot, const crypto::Sha256& digest, MonoTime now);

  [[nodiscard]] std::size_t size() const noexcept { return expiries_.size(); }
  [[nodiscard]] std::size_t count(const DhtKey& key) const;
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t refused(Answer why) const noexcept { return refusals_[static_cast<std::size_t>(why)]; }
  [[nodiscard]] std::uint64_t signatures_checked() const noexcept { return checked_; }

 private:
  using Place = std::pair<DhtKey, ValueId>;
  struct Entry {
    IpAddress prefix;
    crypto::Sha256 digest{};
    std::multimap<MonoTime, Place>::iterator expiry;
  };
  struct Key {
    std::unordered_map<ValueId, Entry> entries;
    std::map<IpAddress, std::size_t> by_source;
  };
  struct Prefix {
    IpAddress address;
    friend bool operator==(const Prefix&, const Prefix&) = default;
    [[nodiscard]] std::uint64_t mix(std::uint64_t salt) const noexcept { return mix_bytes(address.bytes(), salt); }
  };

  [[nodiscard]] Answer note(Answer answer);
  [[nodiscard]] bool has_room(const DhtKey& key, const IpAddress& prefix) const;
  [[nodiscard]] Answer check(const SignedRecord& record, const IpAddress& prefix, MonoTime now);
  void add(const DhtKey& key, ValueId slot, ByteView data, const IpAddress& prefix, MonoTime now);
  void expire(MonoTime now);

  LedgerSettings settings_;
  std::map<DhtKey, Key> keys_;
  std::map<IpAddress, std::size_t> by_source_;
  std::multimap<MonoTime, Place> expiries_;
  FixedTable<Prefix, Allowance> sources_;
  Allowance all_signatures_;
  std::array<std::uint64_t, 6> refusals_{};
  std::uint64_t refused_ = 0;
  std::uint64_t checked_ = 0;
};

}  // namespace soulfabric::mesh
