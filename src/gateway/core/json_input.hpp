// SPDX-License-Identifier: GPL-3.0-or-later
// JSON from clients, read leniently as slskd does: member names in any case, numbers also as strings, unknown members ignored.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::gateway {

inline constexpr std::size_t kMaxJsonDepth = 32;
inline constexpr std::size_t kMaxJsonValues = 200'000;

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  /// InvalidArgument: not JSON, not UTF-8, nested deeper than kMaxJsonDepth, more than kMaxJsonValues values.
  [[nodiscard]] static Result<Json> parse(std::string_view text);

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(&value_); }
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&value_); }
  /// Whole numbers: below zero here, from zero on in the next. A number with a fraction or an exponent is neither.
  [[nodiscard]] const std::int64_t* negative() const noexcept { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::uint64_t* natural() const noexcept { return std::get_if<std::uint64_t>(&value_); }
  /// The last member of this name in any case; nullptr where absent or null.
  [[nodiscard]] const Json* find(std::string_view name) const;

  // Members of an object: nothing where absent or null, InvalidArgument (one sentence) where of another kind or out of range.
  [[nodiscard]] Result<std::optional<std::string>> text(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view name, std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] Result<std::optional<bool>> flag(std::string_view name) const;

 private:
  friend struct JsonBuilder;
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

/// A body that is one JSON string.
[[nodiscard]] Result<std::string> parse_json_string(std::string_view body);

}  // namespace soulfabric::gateway
