// SPDX-License-Identifier: GPL-3.0-or-later
// The messages of OpenDHT's protocol that this network uses, as values: read strictly, written in one form. Sans-IO.
// What is not here (listen, update, refresh, values of others' types) does not exist for this network.
#pragma once
#include <expected>
#include <optional>
#include <vector>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {

using NodeId = std::array<std::uint8_t, 20>;
using TransactionId = std::uint32_t;

/// A node and where it is.
struct NodeContact {
  NodeId id{};
  Endpoint endpoint;
  friend auto operator<=>(const NodeContact&, const NodeContact&) = default;
};

/// Our own node as a lookup sees it: its store is asked and put to in the same words, on no network. Nobody else can be there.
constexpr std::uint32_t kOwnStoreAddress = 0x7FFFFFFE;  // 127.255.255.254
[[nodiscard]] inline Endpoint own_store() { return Endpoint{IpAddress::v4(kOwnStoreAddress), 1}; }

constexpr std::size_t kDatagramCap = 4096;     // bytes of one datagram; the largest honest one has some 3,000 (256 value ids)
constexpr std::size_t kAnswerNodesCap = 8;     // of one family in one answer
constexpr std::size_t kAnswerValuesCap = 512;  // of one key in one answer
constexpr std::size_t kTokenCap = 64;
constexpr std::size_t kPackedValueCap = kRecordCap + 64;  // a record in the library's envelope

enum class DatagramKind : std::uint8_t { Ping, Find, Get, Put, Reply, Error, Part };

/// A record in the library's envelope. `data` points into the datagram.
struct PackedValue {
  ValueId id = 0;
  std::uint16_t type = 0;
  ByteView data;
};

/// What a get asks for: which fields (none: whole values) of which values (none: all).
struct DatagramQuery {
  std::vector<std::uint8_t> select;                           // numbers 1..5 of fields
  std::vector<std::pair<std::uint8_t, std::uint64_t>> where;  // field 1 (id) or 2 (type) equals a number
};

/// One message. Views point into the datagram it was read from.
struct DatagramMessage {
  DatagramKind kind = DatagramKind::Ping;
  TransactionId transaction = 0;
  bool client = false;  // asks only: nobody should keep it as a node
  NodeId sender{};
  DhtKey target{};                      // Find, Get, Put
  std::optional<std::uint8_t> want;     // Find, Get: 1 IPv4 nodes, 2 IPv6 nodes
  std::optional<DatagramQuery> query;   // Get
  ByteView token;                       // Put, Reply
  ByteView observed;                    // Reply: our address as the other end saw it, 4 or 16 bytes
  std::vector<NodeContact> nodes;       // Reply
  std::vector<PackedValue> values;      // Put: exactly one. Reply: what stands in the datagram itself
  std::size_t parts = 0;                // Reply: values that follow in datagrams of their own
  ValueId value_id = 0;                 // Reply to a put
  std::uint16_t error = 0;              // Error
  std::uint32_t part_index = 0;         // Part
  std::uint32_t part_offset = 0;
  ByteView part_data;
};

/// Why a datagram was not taken. One counter each.
enum class DatagramDrop : std::uint8_t {
  TooLong,
  Malformed,      // no msgpack of ours, a key twice or unknown, a wrong type or length
  WrongNetwork,
  UnusedKind,     // a request that nobody of this network makes
  BadSource,      // port 0, multicast, unspecified
  Impostor,       // claims the id of a node that answered us from elsewhere and is not known to be gone
  CrowdedAddress, // one more id than an address may have
  SourceRate,     // one address asks too often
  TotalRate,      // all together do
  Unsolicited,    // an answer or a fragment that we did not ask that address for
  ForeignType,    // a value of a type that is not ours
  ValueTooLarge,
  BadRecord,      // no record of ours, for another key, or out of its time
  ForeignSlot,    // under a value id that is not the signer's
  OutsideBytes,   // leaving: more than an address gets that never answered us (security rule S6)
  InsideBytes,    // leaving: more than one address gets at all
  Count
};

/// Reads one datagram. The error is the drop reason: TooLong, Malformed, WrongNetwork, UnusedKind.
[[nodiscard]] std::expected<DatagramMessage, DatagramDrop> parse_datagram(ByteView datagram, std::uint32_t network);
[[nodiscard]] Bytes encode_datagram(const DatagramMessage& message, std::uint32_t network);
/// A value as it stands in a datagram or is the whole of a part; nothing where it is not one of ours.
[[nodiscard]] std::optional<PackedValue> parse_value(ByteView packed);
[[nodiscard]] Bytes encode_value(const PackedValue& value);

/// What a datagram of the library is about, read loosely: it is ours.
struct DatagramLabel {
  DatagramKind kind = DatagramKind::Ping;
  TransactionId transaction = 0;
};
[[nodiscard]] std::optional<DatagramLabel> label_of(ByteView datagram);

}  // namespace soulfabric::mesh
