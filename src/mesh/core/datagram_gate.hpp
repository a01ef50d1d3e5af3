// SPDX-License-Identifier: GPL-3.0-or-later
// The allow-list between the network and the DHT library (security rules S4 and S6): what may come in, in our own words; what may
// leave, to whom, and how much. Sans-IO; one caller at a time. No datagram is ever blamed on an address (S1).
#pragma once
#include <variant>

#include "core/datagram_message.hpp"
#include "core/fixed_table.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::mesh {

struct GateSettings {
  std::uint32_t network = 0;
  unsigned requests_per_second = 8192;  // in all, one address an eighth of it; 0: without limit
  std::size_t outside_reply_bytes = 2048;
  std::size_t outside_reply_minute = 64 * 1024;
};

/// Who asked, so that the answer goes there.
enum class Asker : std::uint8_t { Library, Search, Probe };

class DatagramGate {
 public:
  static constexpr std::chrono::seconds kExchangeLife{10};    // three attempts of the library take some 5 s
  static constexpr std::chrono::minutes kProofLife{10};       // how long an answer proves an address
  static constexpr std::chrono::minutes kIdentityLife{2};      // how long a node's answer ties its id to its endpoint by itself
  static constexpr unsigned kAsks = 3;                         // unanswered ones, before an id moves to another endpoint
  static constexpr std::chrono::seconds kAskInterval{5};
  static constexpr std::chrono::hours kSeniority{1};           // how long whoever lost an id to silence may take it back
  static constexpr std::size_t kIdsOfAddress = 8;              // of one public address or /64
  static constexpr std::chrono::seconds kProbeInterval{5};    // to one address
  static constexpr std::uint64_t kIntroductions = 16;       // probes to new nodes at one proven address, in that interval
  static constexpr std::size_t kOutsideMinuteFactor = 128;    // all unproven addresses together: so many times what one gets
  static constexpr std::size_t kInsideMinute = 8 * 1024 * 1024;  // bytes to one proven address

  DatagramGate(GateSettings settings, Random& random);
  /// Our own id in the table; datagrams that claim it are dropped.
  void set_self(const NodeId& self) { self_ = self; }

  struct Dropped {
    DatagramDrop why;
  };
  struct Put {
    DhtKey key{};
    ValueId slot = 0;
    crypto::Sha256 digest{};  // of the record
  };
  struct ForLibrary {
    Bytes datagram;          // canonical
    std::optional<Put> put;  // what it puts where
  };
  struct ForSearch {
    DatagramMessage message;  // views into the datagram that was admitted
  };
  struct ForNobody {};  // an answer to a probe
  struct Probe {
    Endpoint to;
    Bytes datagram;
  };
  struct Verdict {
    std::variant<Dropped, ForLibrary, ForSearch, ForNobody> outcome;
    std::optional<Probe> probe;           // to be sent: whoever answers it is where he says
    std::optional<NodeContact> answered;  // a node that answered us
  };
  [[nodiscard]] Verdict admit(const Endpoint& from, ByteView datagram, MonoTime now, WallTime wall);

  /// Whether a datagram of the library may leave; its requests are noted as open. Kinds that it has no business to send do not leave.
  [[nodiscard]] bool may_leave(const Endpoint& to, ByteView datagram, MonoTime now);
  /// A request of our own search: noted as open, counted; nothing where `to` has had its share.
  [[nodiscard]] std::optional<Bytes> open(const Endpoint& to, DatagramMessage request, MonoTime now);
  [[nodiscard]] bool is_proven(const IpAddress& address, MonoTime now);

  struct Counters {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(DatagramDrop::Count)> dropped{};
    [[nodiscard]] std::uint64_t of(DatagramDrop why) const { return dropped[static_cast<std::size_t>(why)]; }
    [[nodiscard]] std::uint64_t dropped_in_all() const;
  };
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  /// Told from outside, for what is cut before it gets here.
  void count(DatagramDrop why) { ++counters_.dropped[static_cast<std::size_t>(why)]; }

 private:
  struct Exchange {
    Asker asker = Asker::Library;
    DatagramKind kind = DatagramKind::Ping;
    MonoTime opened{};
    bool is_answered = false;
  };
  struct Source {
    Allowance requests;
    Allowance outside;
    MonoTime probed = MonoTime::min();
    Allowance introductions;
  };
  struct Tenant {
    NodeId id{};
    MonoTime answered = MonoTime::min();
  };
  struct Proof {
    MonoTime answered = MonoTime::min();
    Allowance inside;
    std::array<Tenant, kIdsOfAddress> ids{};
  };
  struct Identity {
    Endpoint endpoint;
    MonoTime answered{};
    unsigned asks = 0;  // since it answered, because somebody else came with its id
    MonoTime asked = MonoTime::min();
    std::optional<Endpoint> senior;  // lost the id to `endpoint` by silence
    MonoTime lost{};
  };
  struct Spent {
    std::uint64_t bytes = 0;
  };
  using Reason = std::optional<DatagramDrop>;

  [[nodiscard]] Verdict drop(DatagramDrop why);
  [[nodiscard]] Reason refuses_sender(const Endpoint& from, const NodeId& sender, MonoTime now);
  [[nodiscard]] bool is_silent(const Identity& known, MonoTime now) const;
  [[nodiscard]] bool takes_back(const Endpoint& from, const NodeId& sender, MonoTime now);
  [[nodiscard]] bool houses(const IpAddress& address, const NodeId& id, MonoTime now);
  void tie(const NodeId& id, const Endpoint& to, MonoTime now);
  [[nodiscard]] Verdict refuse_impostor(const Endpoint& from, const NodeId& id, MonoTime now);
  [[nodiscard]] Exchange* open_exchange(const Endpoint& from, TransactionId transaction, MonoTime now);
  [[nodiscard]] Verdict admit_answer(const Endpoint& from, DatagramMessage message, MonoTime now);
  [[nodiscard]] Verdict admit_request(const Endpoint& from, DatagramMessage message, MonoTime now, WallTime wall);
  [[nodiscard]] Reason refuses_put(const DatagramMessage& message, WallTime wall) const;
  [[nodiscard]] std::optional<Probe> probe(const Endpoint& to, const DatagramMessage& message, Source& source, MonoTime now);
  [[nodiscard]] std::optional<Probe> ping(const Endpoint& to, MonoTime now);
  [[nodiscard]] Reason charge(const Endpoint& to, TransactionId transaction, std::size_t size, MonoTime now);

  GateSettings settings_;
  NodeId self_{};
  Random& random_;
  FixedTable<ExchangeKey, Exchange> exchanges_;
  FixedTable<SourceKey, Source> sources_;
  FixedTable<SourceKey, Proof> proven_;
  FixedTable<NodeKey, Identity> identities_;
  FixedTable<ExchangeKey, Spent> spent_;  // what an unproven address got for one request
  Allowance all_requests_;
  Allowance all_outside_;
  Counters counters_;
};

/// Whether a datagram may come from or go to this endpoint at all.
[[nodiscard]] bool is_usable_endpoint(const Endpoint& endpoint) noexcept;
/// Whether a node found in an answer from `from` may be asked: no service port, and nothing on our LAN named from outside it.
[[nodiscard]] bool is_believable_node(const Endpoint& node, const Endpoint& from) noexcept;

}  // namespace soulfabric::mesh
