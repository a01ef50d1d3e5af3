// SPDX-License-Identifier: GPL-3.0-or-later
// Writing: every message in one form, keys in one order. What the library and other nodes get from us is written here.
#include "core/datagram_message.hpp"
#include "core/datagram_msgpack.hpp"

namespace soulfabric::mesh {

namespace {

void write_value(PackWriter& out, const PackedValue& value) {
  out.map(2);
  out.text("id");
  out.number(value.id);
  out.text("dat");
  out.map(1);
  out.text("body");
  out.map(2);
  out.text("type");
  out.number(value.type);
  out.text("data");
  out.binary(value.data);
}

void write_query(PackWriter& out, const DatagramQuery& query) {
  out.map(2);
  out.text("s");
  out.array(query.select.size());
  for (const auto field : query.select) out.number(field);
  out.text("w");
  out.array(query.where.size());
  for (const auto& [field, value] : query.where) {
    out.map(2);
    out.text("f");
    out.number(field);
    out.text("v");
    out.number(value);
  }
}

void write_nodes(PackWriter& out, std::string_view key, const std::vector<NodeContact>& nodes, bool v4) {
  Bytes packed;
  for (const auto& node : nodes) {
    if (node.endpoint.address.is_v4() != v4) continue;
    packed.insert(packed.end(), node.id.begin(), node.id.end());
    const auto& raw = node.endpoint.address.bytes();
    packed.insert(packed.end(), raw.begin() + (v4 ? 12 : 0), raw.end());
    packed.push_back(static_cast<std::uint8_t>(node.endpoint.port >> 8));
    packed.push_back(static_cast<std::uint8_t>(node.endpoint.port));
  }
  if (packed.empty()) return;
  out.text(key);
  out.binary(packed);
}

std::size_t families(const std::vector<NodeContact>& nodes) {
  bool four = false;
  bool six = false;
  for (const auto& node : nodes) (node.endpoint.address.is_v4() ? four : six) = true;
  return static_cast<std::size_t>(four) + static_cast<std::size_t>(six);
}

void write_request(PackWriter& out, const DatagramMessage& m) {
  const bool is_put = m.kind == DatagramKind::Put;
  const bool has_target = m.kind != DatagramKind::Ping;
  out.map(1 + (has_target ? 1U : 0U) + (m.query ? 1U : 0U) + (m.want ? 1U : 0U) + (is_put ? 2U : 0U));
  out.text("id");
  out.binary(m.sender);
  if (has_target) {
    out.text(m.kind == DatagramKind::Find ? "target" : "h");
    out.binary(m.target);
  }
  if (m.query) {
    out.text("q");
    write_query(out, *m.query);
  }
  if (m.want) {
    out.text("w");
    out.array(((*m.want & 1) != 0 ? 1U : 0U) + ((*m.want & 2) != 0 ? 1U : 0U));
    if ((*m.want & 1) != 0) out.number(2);
    if ((*m.want & 2) != 0) out.number(10);
  }
  if (is_put) {
    out.text("values");
    out.array(m.values.size());
    for (const auto& value : m.values) write_value(out, value);
    out.text("token");
    out.binary(m.token);
  }
}

void write_answer(PackWriter& out, const DatagramMessage& m) {
  out.map(1 + (m.observed.empty() ? 0U : 1U) + families(m.nodes) + (m.token.empty() ? 0U : 1U) +
          (m.values.empty() && m.parts == 0 ? 0U : 1U) + (m.value_id != 0 ? 1U : 0U));
  out.text("id");
  out.binary(m.sender);
  if (!m.observed.empty()) {
    out.text("sa");
    out.binary(m.observed);
  }
  write_nodes(out, "n4", m.nodes, true);
  write_nodes(out, "n6", m.nodes, false);
  if (!m.token.empty()) {
    out.text("token");
    out.binary(m.token);
  }
  if (m.value_id != 0) {
    out.text("vid");
    out.number(m.value_id);
  }
  if (m.values.empty() && m.parts == 0) return;
  out.text("values");
  out.array(m.values.size() + m.parts);
  for (const auto& value : m.values) write_value(out, value);
  for (std::size_t i = 0; i < m.parts; ++i) out.number(kPackedValueCap);
}

void write_body(PackWriter& out, const DatagramMessage& m) {
  switch (m.kind) {
    case DatagramKind::Reply:
      out.text("r");
      return write_answer(out, m);
    case DatagramKind::Error:
      out.text("e");
      out.array(2);
      out.number(m.error);
      out.text("");
      out.text("r");
      return write_answer(out, m);
    case DatagramKind::Part:
      out.text("p");
      out.map(1);
      out.number(m.part_index);
      out.map(2);
      out.text("o");
      out.number(m.part_offset);
      out.text("d");
      out.binary(m.part_data);
      return;
    default:
      out.text("a");
      write_request(out, m);
  }
}

std::string_view name_of_request(DatagramKind kind) noexcept {
  switch (kind) {
    case DatagramKind::Ping: return "ping";
    case DatagramKind::Find: return "find";
    case DatagramKind::Get: return "get";
    case DatagramKind::Put: return "put";
    default: return {};
  }
}

}  // namespace

Bytes encode_datagram(const DatagramMessage& m, std::uint32_t network) {
  PackWriter out;
  const auto request = name_of_request(m.kind);
  out.map(4 + (request.empty() ? 0U : 1U) + (m.kind == DatagramKind::Error ? 1U : 0U) + (m.client ? 1U : 0U));
  write_body(out, m);
  if (!request.empty()) {
    out.text("q");
    out.text(request);
  }
  out.text("t");
  out.number(m.transaction);
  out.text("y");
  out.text(!request.empty() ? "q" : m.kind == DatagramKind::Reply ? "r" : m.kind == DatagramKind::Error ? "e" : "p");
  if (m.client) {
    out.text("s");
    out.boolean(true);
  }
  out.text("n");
  out.number(network);
  return out.take();
}

Bytes encode_value(const PackedValue& value) {
  PackWriter out;
  write_value(out, value);
  return out.take();
}

}  // namespace soulfabric::mesh
