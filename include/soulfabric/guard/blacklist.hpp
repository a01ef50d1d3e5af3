// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the operator does not want to deal with, by configuration: names, name patterns, networks, and lists of address ranges.
// A plain value; replaced as a whole when the configuration changes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::guard {

/// Ranges of IPv4 addresses, sorted and merged, and IPv6 networks.
class AddressRanges {
 public:
  static constexpr std::size_t kFileCap = 128 * 1024 * 1024;

  void add(const IpNetwork& network);
  void add(std::uint32_t first, std::uint32_t last);  // host order, both included
  /// Sorts and merges; to be called after the last `add`.
  void finish();
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return v4_.size() + v6_.size(); }

  /// A list with one range a line: CIDR ("10.0.0.0/8"), P2P ("name:1.2.3.4-1.2.3.9") or DAT ("1.2.3.4 - 1.2.3.9 , 000 , name"), also
  /// mixed; blank lines and lines with # or // in front are skipped. Malformed where not one line is a range although
  /// there are lines; single bad lines are skipped and counted in `skipped`.
  [[nodiscard]] static Result<AddressRanges> parse(std::string_view text, std::size_t& skipped);

 private:
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
  };
  std::vector<Range> v4_;
  std::vector<IpNetwork> v6_;
};

struct BlacklistSources {
  std::vector<std::string> members;   // user names, exactly
  std::vector<std::string> patterns;  // regular expressions, found anywhere in a name
  std::vector<std::string> networks;
  AddressRanges ranges;
  bool case_sensitive = false;  // of the patterns
};

class Blacklist {
 public:
  Blacklist();
  /// Patterns that are no regular expressions are left out; the configuration is checked before.
  explicit Blacklist(BlacklistSources sources);
  Blacklist(Blacklist&&) noexcept;
  Blacklist& operator=(Blacklist&&) noexcept;
  ~Blacklist();

  [[nodiscard]] bool has_user(std::string_view name) const;
  [[nodiscard]] bool has_address(const IpAddress& address) const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::guard
