// SPDX-License-Identifier: GPL-3.0-or-later
// Reading: known keys once each, known types and lengths, nothing after the end. All else is refused.
#include <algorithm>

#include "core/datagram_message.hpp"
#include "core/datagram_msgpack.hpp"

namespace soulfabric::mesh {

namespace {

using Fault = std::unexpected<DatagramDrop>;

/// The top of a datagram: the bodies are read once the kind is known.
struct Top {
  std::string_view y;
  std::string_view q;
  ByteView a, r, e, p;
  TransactionId transaction = 0;
  std::uint32_t network = 0;
  bool client = false;
  unsigned seen = 0;
};

/// Marks a key as seen; false the second time.
bool once(unsigned& seen, unsigned bit) noexcept {
  if ((seen & bit) != 0) return false;
  seen |= bit;
  return true;
}

enum TopKey : unsigned { kY = 1, kQ = 2, kA = 4, kR = 8, kE = 16, kP = 32, kT = 64, kN = 128, kS = 256, kV = 512 };

void read_top_value(PackReader& in, std::string_view key, Top& top) {
  unsigned bit = 0;
  if (key == "y") {
    bit = kY;
    top.y = in.text(2);
  } else if (key == "q") {
    bit = kQ;
    top.q = in.text(8);
  } else if (key == "t") {
    bit = kT;
    top.transaction = static_cast<TransactionId>(in.number(UINT32_MAX));
  } else if (key == "n") {
    bit = kN;
    top.network = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  } else if (key == "s") {
    bit = kS;
    top.client = in.boolean();
  } else if (key == "v") {
    bit = kV;
    (void)in.text(32);
  } else if (key.size() == 1 && std::string_view("arep").contains(key)) {
    bit = key == "a" ? kA : key == "r" ? kR : key == "e" ? kE : kP;
    (key == "a" ? top.a : key == "r" ? top.r : key == "e" ? top.e : top.p) = in.raw();
  }
  if (bit == 0 || !once(top.seen, bit)) in.fail();
}

template <std::size_t N>
void read_array(PackReader& in, std::array<std::uint8_t, N>& out) {
  const ByteView bytes = in.binary(N);
  if (bytes.size() != N) return in.fail();
  std::ranges::copy(bytes, out.begin());
}

void read_nodes(PackReader& in, bool is_v4, std::vector<NodeContact>& out) {
  const std::size_t width = 20 + (is_v4 ? 4 : 16) + 2;
  const ByteView bytes = in.binary(width * kAnswerNodesCap);
  if (bytes.size() % width != 0) return in.fail();
  for (std::size_t at = 0; at < bytes.size(); at += width) {
    NodeContact node;
    std::copy_n(bytes.data() + at, 20, node.id.begin());
    const auto* address = bytes.data() + at + 20;
    if (is_v4) {
      node.endpoint.address = IpAddress::v4((std::uint32_t{address[0]} << 24) | (std::uint32_t{address[1]} << 16) |
                                            (std::uint32_t{address[2]} << 8) | address[3]);
    } else {
      std::array<std::uint8_t, 16> raw{};
      std::copy_n(address, 16, raw.begin());
      node.endpoint.address = IpAddress::v6(raw);
    }
    const auto* port = bytes.data() + at + width - 2;
    node.endpoint.port = static_cast<std::uint16_t>((port[0] << 8) | port[1]);
    out.push_back(node);
  }
}

void read_want(PackReader& in, DatagramMessage& out) {
  std::uint8_t want = 0;
  for (auto left = in.array(2); left > 0; --left) {
    const auto family = in.number(10);  // AF_INET and AF_INET6 of the sender's system
    if (family != 2 && family != 10) return in.fail();
    want = static_cast<std::uint8_t>(want | (family == 2 ? 1 : 2));
  }
  out.want = want;
}

void read_condition(PackReader& in, DatagramQuery& query) {
  if (in.map(2) != 2) return in.fail();
  if (in.text(1) != "f") return in.fail();
  const auto field = static_cast<std::uint8_t>(in.number(2));
  if (field == 0 || in.text(1) != "v") return in.fail();
  query.where.emplace_back(field, in.number(UINT64_MAX));
}

void read_query(PackReader& in, DatagramMessage& out) {
  DatagramQuery query;
  unsigned seen = 0;
  if (in.map(2) != 2) return in.fail();
  for (int i = 0; in.ok() && i < 2; ++i) {
    const auto key = in.text(1);
    if (key == "s" && once(seen, 1)) {
      for (auto left = in.array(5); in.ok() && left > 0; --left) {
        const auto field = static_cast<std::uint8_t>(in.number(5));
        if (field == 0 || std::ranges::find(query.select, field) != query.select.end()) return in.fail();
        query.select.push_back(field);
      }
    } else if (key == "w" && once(seen, 2)) {
      for (auto left = in.array(4); in.ok() && left > 0; --left) read_condition(in, query);
    } else {
      return in.fail();
    }
  }
  out.query = std::move(query);
}

/// The values of an answer: whole ones, or sizes of those that follow. Ones that are not ours are passed over.
void read_values(PackReader& in, DatagramMessage& out, bool is_put) {
  const auto count = in.array(is_put ? 1 : kAnswerValuesCap);
  if (is_put && count != 1) return in.fail();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    if (in.is_number() && !is_put) {
      (void)in.number(UINT32_MAX);
      ++out.parts;
    } else if (const auto value = parse_value(in.raw())) {
      out.values.push_back(*value);
    } else if (is_put) {
      return;  // well formed and no value of ours: told apart by the empty list
    }
  }
}

enum BodyKey : unsigned { kId = 1, kH = 2, kTarget = 4, kQuery = 8, kToken = 16, kVid = 32, kN4 = 64, kN6 = 128, kC = 256, kSa = 512, kValues = 1024, kW = 2048 };
constexpr std::pair<std::string_view, unsigned> kBodyKeys[] = {
    {"id", kId}, {"h", kH}, {"target", kTarget}, {"q", kQuery}, {"token", kToken}, {"vid", kVid},
    {"n4", kN4}, {"n6", kN6}, {"c", kC}, {"sa", kSa}, {"values", kValues}, {"w", kW}};

void read_body_value(PackReader& in, unsigned bit, DatagramMessage& out) {
  switch (bit) {
    case kId: return read_array(in, out.sender);
    case kH: case kTarget: return read_array(in, out.target);
    case kQuery: return read_query(in, out);
    case kToken: out.token = in.binary(kTokenCap); return;
    case kVid: out.value_id = in.number(UINT64_MAX); return;
    case kN4: return read_nodes(in, true, out.nodes);
    case kN6: return read_nodes(in, false, out.nodes);
    case kC: (void)in.number(UINT64_MAX); return;  // the record says itself when it was made
    case kSa:
      out.observed = in.binary(16);
      if (out.observed.size() != 4 && out.observed.size() != 16) in.fail();
      return;
    case kValues: return read_values(in, out, out.kind == DatagramKind::Put);
    case kW: return read_want(in, out);
    default: in.fail();
  }
}

struct Expected {
  unsigned allowed;
  unsigned needed;
};

Expected keys_of(DatagramKind kind) noexcept {
  switch (kind) {
    case DatagramKind::Ping: return {kId, kId};
    case DatagramKind::Find: return {kId | kTarget | kW, kId | kTarget};
    case DatagramKind::Get: return {kId | kH | kQuery | kW, kId | kH};
    case DatagramKind::Put: return {kId | kH | kValues | kC | kToken, kId | kH | kValues | kToken};
    case DatagramKind::Reply: return {kId | kSa | kN4 | kN6 | kToken | kValues | kVid, kId};
    case DatagramKind::Error: return {kId, kId};
    case DatagramKind::Part: break;
  }
  return {0, 0};
}

void read_body(PackReader& in, DatagramMessage& out) {
  const auto keys = keys_of(out.kind);
  unsigned seen = 0;
  for (auto left = in.map(12); in.ok() && left > 0; --left) {
    const auto key = in.text(8);
    const auto* found = std::ranges::find(kBodyKeys, key, &std::pair<std::string_view, unsigned>::first);
    if (found == std::end(kBodyKeys) || (found->second & keys.allowed) == 0 || !once(seen, found->second)) return in.fail();
    read_body_value(in, found->second, out);
  }
  if ((seen & keys.needed) != keys.needed || !in.at_end()) in.fail();
}

void read_part(PackReader& in, DatagramMessage& out) {
  if (in.map(1) != 1) return in.fail();
  out.part_index = static_cast<std::uint32_t>(in.number(UINT16_MAX));
  if (in.map(2) != 2) return in.fail();
  if (in.text(1) != "o") return in.fail();
  out.part_offset = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  if (in.text(1) != "d") return in.fail();
  out.part_data = in.binary(kDatagramCap);
  if (!in.at_end()) in.fail();
}

void read_error(PackReader& in, DatagramMessage& out) {
  if (in.array(2) != 2) return in.fail();
  out.error = static_cast<std::uint16_t>(in.number(UINT16_MAX));
  (void)in.text(128);
  if (!in.at_end()) in.fail();
}

/// What kind of message the top says this is; it must agree with the bodies that are there.
std::expected<DatagramKind, DatagramDrop> kind_of(const Top& top) {
  const unsigned bodies = top.seen & (kA | kR | kE | kP);
  if (top.y == "q") {
    if ((top.seen & kQ) == 0) return Fault(DatagramDrop::Malformed);
    if (top.q == "listen" || top.q == "refresh" || top.q == "update") return Fault(DatagramDrop::UnusedKind);
    if (bodies != kA) return Fault(DatagramDrop::Malformed);
    if (top.q == "ping") return DatagramKind::Ping;
    if (top.q == "find") return DatagramKind::Find;
    if (top.q == "get") return DatagramKind::Get;
    if (top.q == "put") return DatagramKind::Put;
    return Fault(DatagramDrop::UnusedKind);
  }
  if ((top.seen & kQ) != 0) return Fault(DatagramDrop::Malformed);
  if (top.y == "r" && bodies == kR) return DatagramKind::Reply;
  if (top.y == "e" && bodies == (kR | kE)) return DatagramKind::Error;
  if (top.y == "p" && bodies == kP) return DatagramKind::Part;
  return Fault(DatagramDrop::Malformed);
}

}  // namespace

std::expected<DatagramMessage, DatagramDrop> parse_datagram(ByteView datagram, std::uint32_t network) {
  if (datagram.size() > kDatagramCap) return Fault(DatagramDrop::TooLong);
  PackReader in(datagram);
  Top top;
  for (auto left = in.map(10); in.ok() && left > 0; --left) read_top_value(in, in.text(1), top);
  if (!in.ok() || !in.at_end() || (top.seen & (kY | kT)) != (kY | kT)) return Fault(DatagramDrop::Malformed);
  if (top.network != network) return Fault(DatagramDrop::WrongNetwork);
  const auto kind = kind_of(top);
  if (!kind) return Fault(kind.error());

  DatagramMessage out;
  out.kind = *kind;
  out.transaction = top.transaction;
  out.client = top.client;
  PackReader body(*kind == DatagramKind::Part ? top.p : (top.seen & kR) != 0 ? top.r : top.a);
  *kind == DatagramKind::Part ? read_part(body, out) : read_body(body, out);
  if (body.ok() && *kind == DatagramKind::Error) {
    PackReader error(top.e);
    read_error(error, out);
    if (!error.ok()) return Fault(DatagramDrop::Malformed);
  }
  if (!body.ok()) return Fault(DatagramDrop::Malformed);
  return out;
}

std::optional<PackedValue> parse_value(ByteView packed) {
  PackReader in(packed);
  PackedValue out;
  unsigned seen = 0;
  if (packed.size() > kDatagramCap || in.map(2) != 2) return std::nullopt;
  for (int i = 0; in.ok() && i < 2; ++i) {
    const auto key = in.text(3);
    if (key == "id" && once(seen, 1)) {
      out.id = in.number(UINT64_MAX);
    } else if (key == "dat" && once(seen, 2)) {
      if (in.map(1) != 1 || in.text(4) != "body" || in.map(2) != 2) return std::nullopt;
      for (int j = 0; in.ok() && j < 2; ++j) {
        const auto inner = in.text(4);
        if (inner == "type" && once(seen, 4)) {
          out.type = static_cast<std::uint16_t>(in.number(UINT16_MAX));
        } else if (inner == "data" && once(seen, 8)) {
          out.data = in.binary(kDatagramCap);
        } else {
          return std::nullopt;
        }
      }
    } else {
      return std::nullopt;
    }
  }
  if (!in.ok() || !in.at_end() || out.id == 0) return std::nullopt;
  return out;
}

std::optional<DatagramLabel> label_of(ByteView datagram) {
  PackReader in(datagram);
  DatagramLabel out;
  std::string_view y;
  std::string_view q;
  for (auto left = in.map(16); in.ok() && left > 0; --left) {
    const auto key = in.text(8);
    if (key == "y") {
      y = in.text(8);
    } else if (key == "q") {
      q = in.text(16);
    } else if (key == "t") {
      out.transaction = static_cast<TransactionId>(in.number(UINT32_MAX));
    } else {
      (void)in.raw();
    }
  }
  if (!in.ok()) return std::nullopt;
  if (y == "q") {
    if (q == "ping") return out;
    if (q != "find") return std::nullopt;
    out.kind = DatagramKind::Find;
  } else if (y == "r") {
    out.kind = DatagramKind::Reply;
  } else if (y == "e") {
    out.kind = DatagramKind::Error;
  } else if (y == "p") {
    out.kind = DatagramKind::Part;
  } else {
    return std::nullopt;
  }
  return out;
}

}  // namespace soulfabric::mesh
