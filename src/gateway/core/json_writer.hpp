// SPDX-License-Identifier: GPL-3.0-or-later
// Writes compact JSON straight into a text. Absent values leave their member out, as slskd's REST answers do.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soulfabric::gateway {

class JsonWriter {
 public:
  /// Appends to `out`, which outlives the writer.
  explicit JsonWriter(std::string& out) noexcept : out_(out), start_(out.size()) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  /// A name of ours: nothing in it needs escaping.
  JsonWriter& key(std::string_view name);
  /// A name from outside.
  JsonWriter& key_text(std::string_view name);
  /// Bytes that are not UTF-8 are shown as Latin-1.
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  template <std::integral T>
  JsonWriter& value(T number) {
    if constexpr (std::same_as<T, bool>) {
      return raw(number ? "true" : "false");
    } else if constexpr (std::signed_integral<T>) {
      return integer(static_cast<std::int64_t>(number));
    } else {
      return natural(static_cast<std::uint64_t>(number));
    }
  }
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  template <class T>
  JsonWriter& member(std::string_view name, const std::optional<T>& content) {
    if (content) key(name).value(*content);
    return *this;
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket) {
    out_.push_back(bracket);
    return *this;
  }
  JsonWriter& integer(std::int64_t number);
  JsonWriter& natural(std::uint64_t number);
  void separate();
  std::string& out_;
  std::size_t start_;
};

/// One JSON string.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace soulfabric::gateway
