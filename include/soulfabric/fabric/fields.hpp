// SPDX-License-Identifier: GPL-3.0-or-later
// Structs to deterministic CBOR and back, described once. A struct names its fields in one template member:
//
//   struct Greeting {
//     std::string text;
//     std::optional<std::uint64_t> age;
//     template <class Visitor>
//     void fields(Visitor& f) {
//       f("text", text, 200);  // at most 200 bytes
//       f("age", age);
//     }
//   };
//
// On the wire it is a map from names to values, keys sorted. A field that is missing is malformed unless it is optional; one that is
// not known is passed over, so that a later version may add some. Every text, byte string and list has a cap. Pure.
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::fabric {

constexpr std::size_t kFieldsCap = 64;
constexpr std::size_t kFieldNameCap = 64;
/// Of a text, byte string or list whose field states none.
constexpr std::size_t kDefaultCap = 4096;

namespace detail {
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&, std::size_t = 0) {}
};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::bool_constant<!std::same_as<T, std::uint8_t>> {};
template <class T>
struct IsByteArray : std::false_type {};
template <std::size_t N>
struct IsByteArray<std::array<std::uint8_t, N>> : std::true_type {};
}  // namespace detail

/// A struct with a `fields` member as shown above.
template <class T>
concept Described = requires(T& value, detail::AnyVisitor& visitor) { value.fields(visitor); };

namespace detail {

std::unexpected<Error> malformed_field();

template <class T>
void write_value(cbor::Writer& out, Bytes& buffer, const T& value);

/// Collects what `fields` names, then writes it in the order of the keys.
class FieldWriter {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value, std::size_t /*cap*/ = 0) {
    if constexpr (IsOptional<T>::value) {
      if (value) add(name, *value);
    } else {
      add(name, value);
    }
  }
  void finish(Bytes& out);

 private:
  template <class T>
  void add(std::string_view name, const T& value) {
    Entry entry{Bytes{}, Bytes{}};
    cbor::Writer(entry.key).text(name);
    cbor::Writer writer(entry.value);
    write_value(writer, entry.value, value);
    entries_.push_back(std::move(entry));
  }
  struct Entry {
    Bytes key;
    Bytes value;
  };
  std::vector<Entry> entries_;
};

/// The values of one map, by name; each is read on its own.
class FieldReader {
 public:
  [[nodiscard]] static Result<FieldReader> open(ByteView map);
  template <class T>
  void operator()(std::string_view name, T& value, std::size_t cap = kDefaultCap);
  [[nodiscard]] Status result() && { return std::move(result_); }

 private:
  struct Entry {
    std::string_view name;
    ByteView value;
  };
  std::vector<Entry> entries_;
  Status result_;
};

template <class T>
Status read_value(ByteView item, T& value, std::size_t cap);

template <std::integral T>
Status read_integer(cbor::Reader& reader, T& value) {
  if constexpr (std::is_signed_v<T>) {
    SF_TRY_ASSIGN(const std::int64_t number, reader.integer());
    if (!std::in_range<T>(number)) return malformed_field();
    value = static_cast<T>(number);
  } else {
    SF_TRY_ASSIGN(const std::uint64_t number, reader.number());
    if (!std::in_range<T>(number)) return malformed_field();
    value = static_cast<T>(number);
  }
  return {};
}

template <class T>
Status read_list(ByteView item, std::vector<T>& list, std::size_t cap) {
  cbor::Reader reader(item);
  SF_TRY_ASSIGN(const std::size_t entries, reader.array(cap));
  list.clear();
  list.reserve(entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t begin = reader.position();
    SF_TRY(reader.skip());
    SF_TRY(read_value(item.subspan(begin, reader.position() - begin), list.emplace_back(), kDefaultCap));
  }
  return {};
}

template <class T>
void write_value(cbor::Writer& out, Bytes& buffer, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::integral<T>) {
    if constexpr (std::is_signed_v<T>)
      out.integer(value);
    else
      out.number(value);
  } else if constexpr (std::same_as<T, std::string>) {
    out.text(value);
  } else if constexpr (std::same_as<T, PeerId>) {
    out.text(value.text());
  } else if constexpr (std::same_as<T, Bytes> || IsByteArray<T>::value) {
    out.bytes(value);
  } else if constexpr (IsList<T>::value) {
    out.array(value.size());
    for (const auto& entry : value) write_value(out, buffer, entry);
  } else {
    static_assert(Described<T>, "a field is a number, bool, text, bytes, PeerId, list, optional, or a struct with `fields`");
    FieldWriter fields;
    const_cast<T&>(value).fields(fields);  // `fields` serves reading too; the writer changes nothing
    fields.finish(buffer);
  }
}

template <class T>
Status read_value(ByteView item, T& value, std::size_t cap) {
  cbor::Reader reader(item);
  if constexpr (std::same_as<T, bool>) {
    SF_TRY_ASSIGN(value, reader.boolean());
  } else if constexpr (std::integral<T>) {
    return read_integer(reader, value);
  } else if constexpr (std::same_as<T, std::string>) {
    SF_TRY_ASSIGN(value, reader.text(cap));
  } else if constexpr (std::same_as<T, PeerId>) {
    SF_TRY_ASSIGN(const std::string_view text, reader.text(PeerId::kLength));
    const auto id = PeerId::parse(text);
    if (!id) return malformed_field();
    value = *id;
  } else if constexpr (std::same_as<T, Bytes>) {
    SF_TRY_ASSIGN(const ByteView bytes, reader.bytes(cap));
    value.assign(bytes.begin(), bytes.end());
  } else if constexpr (IsByteArray<T>::value) {
    SF_TRY_ASSIGN(const ByteView bytes, reader.bytes(value.size()));
    if (bytes.size() != value.size()) return malformed_field();
    std::ranges::copy(bytes, value.begin());
  } else if constexpr (IsList<T>::value) {
    return read_list(item, value, cap);
  } else {
    static_assert(Described<T>, "a field is a number, bool, text, bytes, PeerId, list, optional, or a struct with `fields`");
    SF_TRY_ASSIGN(FieldReader fields, FieldReader::open(item));
    value.fields(fields);
    return std::move(fields).result();
  }
  return {};
}

template <class T>
void FieldReader::operator()(std::string_view name, T& value, std::size_t cap) {
  if (!result_) return;
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  if constexpr (IsOptional<T>::value) {
    value.reset();
    if (found != entries_.end()) result_ = read_value(found->value, value.emplace(), cap);
  } else if (found == entries_.end()) {
    result_ = malformed_field();
  } else {
    result_ = read_value(found->value, value, cap);
  }
}

}  // namespace detail

template <Described T>
[[nodiscard]] Bytes encode(const T& value) {
  Bytes out;
  cbor::Writer writer(out);
  detail::write_value(writer, out, value);
  return out;
}

/// Malformed or TooLarge: not the one spelling of a map with these fields.
template <Described T>
[[nodiscard]] Result<T> decode(ByteView bytes) {
  T value{};
  SF_TRY(detail::read_value(bytes, value, kDefaultCap));
  return value;
}

/// For methods without a question or without an answer: the empty map.
struct Nothing {
  template <class Visitor>
  void fields(Visitor&) {}
};

}  // namespace soulfabric::fabric
