// SPDX-License-Identifier: GPL-3.0-or-later
// A JSON text (RFC 8259) as a flat list of its values in the order they stand: enough to check an answer of the catalogue and to compare
// two. Depth, number of values and form are bounded and checked. Pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::relay {

constexpr std::size_t kJsonDepth = 32;
constexpr std::size_t kJsonValues = 65'536;

enum class JsonKind : std::uint8_t { Null, False, True, Number, Text, Array, Object };

struct JsonValue {
  JsonKind kind = JsonKind::Null;
  std::string_view key;   // as it stands between its quotes; empty in an array
  std::string_view text;  // a number, or a text as it stands between its quotes
  std::size_t end = 0;    // index behind the last value inside this one
};

class JsonTree {
 public:
  /// Malformed. Views point into `text`, which outlives the tree.
  [[nodiscard]] static Result<JsonTree> parse(std::string_view text);
  /// In the order of the text; the first one is the whole.
  [[nodiscard]] const std::vector<JsonValue>& values() const noexcept { return values_; }
  [[nodiscard]] const JsonValue& root() const noexcept { return values_.front(); }
  /// Index of the member of the object at `at`; nothing where it has none of this name, or is no object.
  [[nodiscard]] std::optional<std::size_t> member(std::size_t at, std::string_view key) const;
  /// A member that is a text, as it stands between its quotes.
  [[nodiscard]] std::optional<std::string_view> text(std::size_t at, std::string_view key) const;

 private:
  std::vector<JsonValue> values_;
};

/// A text between its quotes as UTF-8, escapes resolved.
[[nodiscard]] std::string json_plain(std::string_view quoted);

}  // namespace soulfabric::relay
