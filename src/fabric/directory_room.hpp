// SPDX-License-Identifier: GPL-3.0-or-later
// The directory: what was found lately by name, one lookup per name at a time, and the coroutine that makes our own services known.
#pragma once
#include <map>
#include <set>
#include <string>

#include "core/enumeration.hpp"
#include "core/own_services.hpp"
#include "core/provider_choice.hpp"
#include "core/record_sieve.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/fabric/directory.hpp"

namespace soulfabric::fabric {

class DirectoryRoom final : public Directory {
 public:
  DirectoryRoom(DirectoryDependencies dependencies, DirectorySettings settings);

  Task<Status> start() override;
  Task<void> stop() override;
  void offer(std::vector<ServiceDescriptor> services) override;
  Task<Result<std::vector<Provider>>> find(guard::Permit<guard::DhtQuery>& permit, std::string name, MonoTime deadline) override;
  std::optional<PeerId> owner(std::string_view name, ByteView salt, const std::vector<PeerId>& passed_over) const override;
  std::vector<mesh::SignedRecord> tell(std::string_view name) const override;
  Status may_ask(const PeerId& requester, std::string_view name) override;
  void configure(const DirectorySettings& settings) override;

 private:
  enum class Freshness : std::uint8_t { Found, Nobody, Failed };
  struct Entry {
    std::vector<ServiceDescriptor> chosen;
    std::map<PeerId, BelievedRecord> believed;
    RecordSieve::Sequences sequences;  // a lower one is a replay
    MonoTime at{};
    Freshness freshness = Freshness::Failed;
  };
  /// One lookup under way; lives in the coroutine of `find`.
  struct Lookup {
    std::string name;
    MonoTime begun{};
    MonoTime deadline{};
    RecordSieve sieve;
    std::size_t shards = 0;
    std::size_t shards_done = 0;
    std::size_t answers = 0;  // of shards and peers, empty ones too
    Notifier progress{};
  };
  /// The name is taken until this dies, also when the lookup is cancelled.
  class Turn;

  // Finding.
  [[nodiscard]] Task<Result<std::vector<Provider>>> look_up(guard::Permit<guard::DhtQuery>& permit, std::string name, MonoTime deadline);
  [[nodiscard]] std::vector<Task<void>> asks_of(guard::Permit<guard::DhtQuery>& permit, Lookup& lookup);
  [[nodiscard]] Task<void> ask_shard(guard::Permit<guard::DhtQuery>& permit, Lookup& lookup, mesh::DhtKey key);
  [[nodiscard]] Task<void> ask_peer(Lookup& lookup, PeerId peer, MonoTime deadline);
  [[nodiscard]] Task<void> enough(Lookup& lookup);
  [[nodiscard]] Result<std::vector<Provider>> settle(Lookup& lookup);
  [[nodiscard]] bool is_fresh(const Entry& entry) const;
  [[nodiscard]] Result<std::vector<Provider>> answer_of(const Entry& entry) const;
  [[nodiscard]] Provider provider_of(const ServiceDescriptor& descriptor) const;
  [[nodiscard]] Contender contender_of(const ServiceDescriptor& descriptor) const;
  [[nodiscard]] std::optional<IpAddress> address_of(const PeerId& peer) const;
  [[nodiscard]] RecordSieve::Standing standing_of(const PeerId& peer) const;
  [[nodiscard]] bool is_familiar(const PeerId& peer) const;
  [[nodiscard]] bool is_vouched(const PeerId& peer) const;
  [[nodiscard]] bool is_welcome(const PeerId& peer) const;
  [[nodiscard]] bool is_believed(const PeerId& peer) const;
  Entry& entry_of(const std::string& name);

  // Publishing.
  [[nodiscard]] Task<void> publish();
  [[nodiscard]] Task<bool> put_owed(MonoTime deadline);
  struct Round {
    std::vector<OwnServices::Put> puts;
    std::size_t next = 0;
    std::size_t failed = 0;
  };
  [[nodiscard]] Task<void> put_lane(Round& round, MonoTime deadline);

  DirectoryDependencies deps_;
  PeerId self_;
  DirectorySettings settings_;
  OwnServices own_;
  EnumerationWatch watch_;
  EnumerationWatch courtesy_{{.names = 8, .questions = 40}};  // below what others let us ask: our user's curiosity gets nobody blamed
  std::map<std::string, Entry, std::less<>> entries_;
  std::set<std::string> looking_;
  Notifier looked_;
  Notifier wake_;
  TaskScope scope_;
};

}  // namespace soulfabric::fabric
