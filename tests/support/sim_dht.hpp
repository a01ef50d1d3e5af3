// SPDX-License-Identifier: GPL-3.0-or-later
// A hash table of all hosts in memory: each key lives on the eight hosts nearest to it, answers get lost, hostile hosts answer junk.
#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/dht.hpp"
#include "support/sim_network.hpp"

namespace soulfabric::testing {

struct SimDhtMetrics {
  std::uint64_t puts = 0;
  std::uint64_t gets = 0;
  std::uint64_t answers_lost = 0;
  std::uint64_t junk_given = 0;      // by hostile holders
  std::uint64_t values_refused = 0;  // by readers
  std::size_t values = 0;            // stored on honest holders, now
};

class SimDhtWorld {
 public:
  SimDhtWorld(SimNetwork& network, std::uint64_t seed) : network_(network), random_(seed) {}

  void add_host(const IpAddress& host, bool hostile) {
    hosts_.emplace_back(crypto::sha256(host.bytes()), host);
    if (hostile) hostile_.insert(host);
  }
  void set_down(const IpAddress& host, bool down) {
    if (down) {
      down_.insert(host);
      stored_.erase(host);
    } else {
      down_.erase(host);
    }
  }
  /// What a hostile holder answers beside what it was given to keep: anything.
  std::function<std::vector<Bytes>(const mesh::DhtKey&, mesh::RecordKind)> junk;
  unsigned loss_per_mille = 30;  // of questions and answers, each holder is asked twice

  [[nodiscard]] std::size_t put(const IpAddress& from, const mesh::SignedRecord& record) {
    ++metrics_.puts;
    const Bytes encoded = mesh::encode_record(record);
    std::size_t kept = 0;
    for (const IpAddress& holder : holders(record.key)) {
      if (!answers(from, holder)) continue;
      if (hostile_.contains(holder)) {
        replay_.push_back(encoded);
        continue;
      }
      if (keep(holder, record, encoded)) ++kept;
    }
    if (replay_.size() > kReplays) replay_.erase(replay_.begin(), replay_.end() - kReplays);
    return kept;
  }

  /// Nothing where no holder answered.
  [[nodiscard]] std::optional<std::vector<Bytes>> get(const IpAddress& from, const mesh::DhtKey& key, mesh::RecordKind kind) {
    ++metrics_.gets;
    std::vector<Bytes> out;
    bool answered = false;
    for (const IpAddress& holder : holders(key)) {
      if (!answers(from, holder)) continue;
      answered = true;
      if (!hostile_.contains(holder)) {
        for (const auto& [slot, value] : stored_[holder][key]) {
          if (value.kind == kind) out.push_back(value.bytes);
        }
        continue;
      }
      std::vector<Bytes> bad = replay_;
      if (junk) {
        for (Bytes& more : junk(key, kind)) bad.push_back(std::move(more));
      }
      metrics_.junk_given += bad.size();
      out.insert(out.end(), bad.begin(), bad.end());
    }
    if (!answered) return std::nullopt;
    return out;
  }

  [[nodiscard]] SimDhtMetrics metrics() const {
    SimDhtMetrics out = metrics_;
    for (const auto& [holder, keys] : stored_) {
      for (const auto& [key, values] : keys) out.values += values.size();
    }
    return out;
  }
  void count_refused() noexcept { ++metrics_.values_refused; }
  [[nodiscard]] SimNetwork& network() const noexcept { return network_; }
  [[nodiscard]] Random& random() noexcept { return random_; }

 private:
  struct Value {
    mesh::RecordKind kind = mesh::RecordKind::Peer;
    std::uint64_t sequence = 0;
    Bytes bytes;
  };
  static constexpr std::size_t kHolders = 8;
  static constexpr std::ptrdiff_t kReplays = 64;
  static constexpr std::size_t kValuesPerKey = 256;

  [[nodiscard]] std::vector<IpAddress> holders(const mesh::DhtKey& key) const {
    const auto distance = [&](const crypto::Sha256& id) {
      mesh::DhtKey out{};
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(id[i] ^ key[i]);
      return out;
    };
    std::vector<std::pair<mesh::DhtKey, IpAddress>> near;
    near.reserve(hosts_.size());
    for (const auto& [id, host] : hosts_) near.emplace_back(distance(id), host);
    const std::size_t n = std::min(kHolders, near.size());
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(n), near.end());
    std::vector<IpAddress> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(near[i].second);
    return out;
  }
  [[nodiscard]] bool answers(const IpAddress& from, const IpAddress& holder) {
    if (down_.contains(from) || down_.contains(holder) || !network_.hear_each_other(from, holder)) return false;
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (random_.below(1000) >= loss_per_mille) return true;
      ++metrics_.answers_lost;
    }
    return false;
  }
  bool keep(const IpAddress& holder, const mesh::SignedRecord& record, const Bytes& encoded) {
    auto& values = stored_[holder][record.key];
    const mesh::ValueId slot = mesh::slot_of(record.signer, record.key);
    const auto found = values.find(slot);
    if (found == values.end() && values.size() >= kValuesPerKey) return false;
    if (found != values.end() && found->second.sequence >= record.sequence) return found->second.bytes == encoded;
    values[slot] = {record.kind, record.sequence, encoded};
    return true;
  }

  SimNetwork& network_;
  SeededRandom random_;
  std::vector<std::pair<crypto::Sha256, IpAddress>> hosts_;
  std::set<IpAddress> hostile_;
  std::set<IpAddress> down_;
  std::map<IpAddress, std::map<mesh::DhtKey, std::map<mesh::ValueId, Value>>> stored_;
  std::vector<Bytes> replay_;  // what hostile holders ever saw
  SimDhtMetrics metrics_;
};

/// One host's face of it. Believes nothing that it did not check, as the real one.
class SimDht final : public mesh::Dht {
 public:
  SimDht(SimDhtWorld& world, IpAddress host, std::uint64_t seed) : world_(world), host_(host), random_(seed) {}

  Status start() override {
    running_ = true;
    return {};
  }
  Task<void> stop() override {
    running_ = false;
    co_return;
  }
  Task<Status> put(guard::Permit<guard::DhtQuery>& permit, mesh::SignedRecord record, MonoTime deadline) override {
    permit.spend();
    const Status waited = co_await walk(deadline);
    if (!waited) co_return waited;
    if (world_.put(host_, record) == 0) co_return fail(Errc::Unavailable, "no node of the DHT kept the record");
    co_return Status{};
  }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>& permit, mesh::DhtKey key, mesh::RecordKind kind,
                                                    std::size_t cap, MonoTime deadline) override {
    permit.spend();
    const Status waited = co_await walk(deadline);
    if (!waited) co_return std::unexpected(waited.error());
    const auto answers = world_.get(host_, key, kind);
    if (!answers) {
      co_await world_.network().clock().sleep_until(deadline);
      co_return fail(Errc::TimedOut, "no node of the DHT answered");
    }
    co_return checked(*answers, key, kind, cap);
  }
  mesh::DhtHealth health() const override {
    mesh::DhtHealth health;
    health.running = running_;
    health.connected = running_;
    return health;
  }
  std::optional<Endpoint> bound() const override { return Endpoint{host_, 50305}; }
  void set_bootstrap(std::vector<std::string>) override {}

 private:
  /// The steps of a lookup from node to node.
  Task<Status> walk(MonoTime deadline) {
    SimClock& clock = world_.network().clock();
    if (!running_) co_return fail(Errc::Unavailable, "the DHT is not running");
    const MonoTime answered = clock.now() + std::chrono::milliseconds(80 + static_cast<int>(random_.below(400)));
    co_await clock.sleep_until(std::min(answered, deadline));
    if (answered > deadline) co_return fail(Errc::TimedOut, "no node of the DHT answered in time");
    co_return Status{};
  }
  std::vector<mesh::SignedRecord> checked(const std::vector<Bytes>& answers, const mesh::DhtKey& key, mesh::RecordKind kind,
                                          std::size_t cap) {
    std::map<PublicKey, mesh::SignedRecord> best;
    std::set<Bytes> seen;
    for (const Bytes& bytes : answers) {
      if (!seen.insert(bytes).second) continue;
      auto record = mesh::decode_record(bytes);
      if (!record || !mesh::check_record(*record, kind, key, world_.network().clock().wall())) {
        world_.count_refused();
        continue;
      }
      const auto present = best.find(record->signer);
      if (present == best.end()) {
        best.emplace(record->signer, std::move(*record));
      } else if (mesh::supersedes(*record, present->second)) {
        present->second = std::move(*record);
      }
    }
    std::vector<mesh::SignedRecord> out;
    for (auto& [signer, record] : best) out.push_back(std::move(record));
    for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random_.below(i)]);
    if (out.size() > cap) out.resize(cap);
    return out;
  }

  SimDhtWorld& world_;
  IpAddress host_;
  SeededRandom random_;
  bool running_ = false;
};

}  // namespace soulfabric::testing
