// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams of the DHT for tests: requests of other nodes, records in the library's envelope, bytes that are wrong on purpose.
#pragma once
#include "mesh/core/datagram_message.hpp"
#include "mesh/core/datagram_msgpack.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::testing {

constexpr std::uint32_t kTestNetwork = 77;

inline Endpoint at(const char* address, std::uint16_t port = 4000) { return Endpoint{*IpAddress::parse(address), port}; }

inline mesh::NodeId node_id(std::uint8_t first) {
  mesh::NodeId id{};
  id.fill(0x5A);
  id[0] = first;
  return id;
}

inline mesh::DhtKey test_key(std::string_view name) { return mesh::dht_key("test", bytes_of(name)); }

inline WallTime test_wall() { return WallTime(std::chrono::seconds(1'800'000'000)); }

struct RecordChoice {
  mesh::RecordKind kind = mesh::RecordKind::Descriptor;
  std::uint64_t sequence = 1;
  WallTime now = test_wall();
  std::chrono::seconds life{1800};
  std::size_t body = 40;
  bool withdrawn = false;
};

inline mesh::SignedRecord test_record(const SigningKey& signer, const mesh::DhtKey& key, RecordChoice choice = {}) {
  mesh::SignedRecord record;
  record.kind = choice.kind;
  record.key = key;
  record.sequence = choice.sequence;
  record.created = to_unix_micros(choice.now) / 1'000'000;
  record.expires = record.created + choice.life.count();
  record.withdrawn = choice.withdrawn;
  if (!choice.withdrawn) record.body.assign(choice.body, 0x42);
  auto signed_record = mesh::sign_record(signer, std::move(record));
  return signed_record ? *std::move(signed_record) : mesh::SignedRecord{};
}

inline mesh::DatagramMessage request(mesh::DatagramKind kind, std::uint32_t transaction, const mesh::DhtKey& target = {}) {
  mesh::DatagramMessage m;
  m.kind = kind;
  m.transaction = transaction;
  m.sender = node_id(9);
  m.target = target;
  return m;
}

/// A put of a record under its own slot; `encoded` must outlive the message.
inline mesh::DatagramMessage put_of(const mesh::SignedRecord& record, const Bytes& encoded, std::uint32_t transaction = 7) {
  static const Bytes token(32, 0x11);
  auto m = request(mesh::DatagramKind::Put, transaction, record.key);
  m.values = {mesh::PackedValue{mesh::slot_of(record.signer, record.key), static_cast<std::uint16_t>(record.kind), encoded}};
  m.token = token;
  return m;
}

/// One map {"e": [], "t": 7, "y": "e", "n": network}: what kills the library's own socket.
inline Bytes killer_datagram(std::uint32_t network = kTestNetwork) {
  mesh::PackWriter out;
  out.map(4);
  out.text("e");
  out.array(0);
  out.text("t");
  out.number(7);
  out.text("y");
  out.text("e");
  out.text("n");
  out.number(network);
  return out.take();
}

/// Its siblings: a field that should be a map and is a text. The library walks the text as if it were pairs of its own objects, so that
/// the text chooses the address that is read.
inline Bytes no_map_datagram(std::string_view field, std::uint32_t network = kTestNetwork) {
  std::string pair(96, '\0');
  pair[0] = 5;  // a text ...
  pair[8] = 3;  // ... of three bytes ...
  for (std::size_t i = 16; i < 22; ++i) pair[i] = 0x41;  // ... nowhere
  mesh::PackWriter out;
  out.map(field == "a" ? 5 : 4);
  out.text(field);
  out.text(pair);
  if (field == "a") {
    out.text("q");
    out.text("ping");
  }
  out.text("t");
  out.number(7);
  out.text("y");
  out.text(field == "a" ? "q" : "r");
  out.text("n");
  out.number(network);
  return out.take();
}

}  // namespace soulfabric::testing
