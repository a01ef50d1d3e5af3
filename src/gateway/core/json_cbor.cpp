// SPDX-License-Identifier: GPL-3.0-or-later
// Both ways walk the depth that CBOR of the mesh allows and no deeper.
#include "core/json_cbor.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "core/json_input.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/cbor.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::string_view kBytesKey = "$bytes";

std::unexpected<Error> refuse(std::string what) { return fail(Errc::InvalidArgument, std::move(what)); }

Status write_item(cbor::Writer& out, const Json& json, unsigned depth);

/// The byte string that an object stands for, nothing where it is a map.
Result<std::optional<Bytes>> bytes_in(const Json::Object& members) {
  if (members.size() != 1 || members.front().first != kBytesKey) return std::optional<Bytes>{};
  const auto* text = members.front().second.text();
  Bytes bytes;
  if (text == nullptr || !from_base64(*text, bytes)) return refuse("The value of $bytes must be a text in base64.");
  return std::optional<Bytes>(std::move(bytes));
}

struct Member {
  std::string_view key;
  const Json* value;
};

/// In the order of their encodings: shorter texts first, then by bytes.
Result<std::vector<Member>> sorted(const Json::Object& members) {
  std::vector<Member> out;
  out.reserve(members.size());
  for (const auto& [name, value] : members) {
    std::string_view key = name;
    if (key.starts_with('$')) {
      if (!key.starts_with("$$")) return refuse("A member's name that begins with $ must be written with a second $ in front.");
      key.remove_prefix(1);
    }
    out.push_back({key, &value});
  }
  std::ranges::sort(out, [](const Member& a, const Member& b) { return a.key.size() != b.key.size() ? a.key.size() < b.key.size() : a.key < b.key; });
  const auto twice = std::ranges::adjacent_find(out, [](const Member& a, const Member& b) { return a.key == b.key; });
  if (twice != out.end()) return refuse("A member stands twice in one object: send each name once.");
  return out;
}

Status write_object(cbor::Writer& out, const Json::Object& members, unsigned depth) {
  SF_TRY_ASSIGN(const auto bytes, bytes_in(members));
  if (bytes) {
    out.bytes(*bytes);
    return {};
  }
  if (depth == cbor::kMaxDepth) return refuse("The body is nested too deeply for a call.");
  SF_TRY_ASSIGN(const auto list, sorted(members));
  out.map(list.size());
  for (const auto& member : list) {
    out.text(member.key);
    SF_TRY(write_item(out, *member.value, depth + 1));
  }
  return {};
}

Status write_item(cbor::Writer& out, const Json& json, unsigned depth) {
  if (json.is_null()) {
    out.null();
  } else if (const auto* flag = json.boolean()) {
    out.boolean(*flag);
  } else if (const auto* below = json.negative()) {
    out.integer(*below);
  } else if (const auto* natural = json.natural()) {
    out.number(*natural);
  } else if (const auto* text = json.text()) {
    out.text(*text);
  } else if (const auto* members = json.object()) {
    return write_object(out, *members, depth);
  } else if (const auto* list = json.array()) {
    if (depth == cbor::kMaxDepth) return refuse("The body is nested too deeply for a call.");
    out.array(list->size());
    for (const auto& item : *list) SF_TRY(write_item(out, item, depth + 1));
  } else {
    return refuse("Numbers in a call must be whole and fit into 64 bits.");
  }
  return {};
}

Status read_item(JsonWriter& json, cbor::Reader& in, std::size_t size);

/// A map's key as the name of a member.
Result<std::string> read_key(cbor::Reader& in, std::size_t size) {
  SF_TRY_ASSIGN(const auto kind, in.peek());
  if (kind == cbor::Kind::Text) {
    SF_TRY_ASSIGN(const auto text, in.text(size));
    return (text.starts_with('$') ? "$" : "") + std::string(text);
  }
  if (kind == cbor::Kind::Bytes) {
    SF_TRY_ASSIGN(const auto bytes, in.bytes(size));
    return to_base64(bytes);
  }
  if (kind == cbor::Kind::Unsigned) {
    SF_TRY_ASSIGN(const auto number, in.number());
    return std::to_string(number);
  }
  SF_TRY_ASSIGN(const auto number, in.integer());
  return std::to_string(number);
}

Status read_map(JsonWriter& json, cbor::Reader& in, std::size_t size) {
  SF_TRY_ASSIGN(const auto count, in.map(size));
  json.begin_object();
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    SF_TRY_ASSIGN(std::string name, read_key(in, size));
    json.key_text(name);
    if (!names.insert(std::move(name)).second) return fail(Errc::Malformed, "Two keys of the answer have one name in JSON.");
    SF_TRY(read_item(json, in, size));
  }
  json.end_object();
  return {};
}

Status read_array(JsonWriter& json, cbor::Reader& in, std::size_t size) {
  SF_TRY_ASSIGN(const auto count, in.array(size));
  json.begin_array();
  for (std::size_t i = 0; i < count; ++i) SF_TRY(read_item(json, in, size));
  json.end_array();
  return {};
}

Status read_item(JsonWriter& json, cbor::Reader& in, std::size_t size) {
  SF_TRY_ASSIGN(const auto kind, in.peek());
  switch (kind) {
    case cbor::Kind::Unsigned: {
      SF_TRY_ASSIGN(const auto number, in.number());
      json.value(number);
      return {};
    }
    case cbor::Kind::Negative: {
      SF_TRY_ASSIGN(const auto number, in.integer());
      json.value(number);
      return {};
    }
    case cbor::Kind::Bytes: {
      SF_TRY_ASSIGN(const auto bytes, in.bytes(size));
      json.begin_object().member(kBytesKey, to_base64(bytes)).end_object();
      return {};
    }
    case cbor::Kind::Text: {
      SF_TRY_ASSIGN(const auto text, in.text(size));
      json.value(text);
      return {};
    }
    case cbor::Kind::Bool: {
      SF_TRY_ASSIGN(const bool flag, in.boolean());
      json.value(flag);
      return {};
    }
    case cbor::Kind::Null: {
      SF_TRY(in.null());
      json.null();
      return {};
    }
    case cbor::Kind::Array: return read_array(json, in, size);
    case cbor::Kind::Map: return read_map(json, in, size);
  }
  return fail(Errc::Malformed, "The answer has an item of an unknown kind.");
}

}  // namespace

Result<Bytes> json_to_cbor(std::string_view text) {
  Bytes out;
  cbor::Writer writer(out);
  if (text.empty()) {
    writer.map(0);
    return out;
  }
  SF_TRY_ASSIGN(const Json json, Json::parse(text));
  SF_TRY(write_item(writer, json, 0));
  return out;
}

Result<std::string> cbor_to_json(ByteView bytes) {
  if (bytes.empty()) return "null";
  std::string out;
  JsonWriter json(out);
  cbor::Reader in(bytes);
  SF_TRY(read_item(json, in, bytes.size()));
  SF_TRY(in.end());
  return out;
}

}  // namespace soulfabric::gateway
