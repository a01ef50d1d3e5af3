// SPDX-License-Identifier: GPL-3.0-or-later
// Request targets: percent escapes decoded exactly once from the raw text, query parameters by name in any case.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soulfabric::gateway {

inline constexpr std::size_t kMaxQueryParameters = 64;

/// Nothing on an escape that is not two hex digits. `+` stays a plus sign unless `plus_is_space`.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_space = false);

struct Target {
  std::string_view path;   // raw, starts with '/'
  std::string_view query;  // raw, without '?'
};
/// Splits an origin-form or absolute-form target; nothing on any other form or on a byte outside printable ASCII.
[[nodiscard]] std::optional<Target> split_target(std::string_view target) noexcept;

/// "true", "True", "FALSE"; nothing on other words.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text) noexcept;

class Query {
 public:
  /// Nothing on a bad escape or more than kMaxQueryParameters.
  [[nodiscard]] static std::optional<Query> parse(std::string_view raw);
  /// The last value under this name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The fallback where the parameter is absent, nothing where it is no truth value.
  [[nodiscard]] std::optional<bool> flag(std::string_view name, bool fallback) const noexcept;
  /// The fallback where the parameter is absent, nothing where it is no number up to `most`.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t fallback, std::uint64_t most) const noexcept;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace soulfabric::gateway
