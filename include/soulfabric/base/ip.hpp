// SPDX-License-Identifier: GPL-3.0-or-later
// IP addresses and endpoints as values.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soulfabric {

/// IPv4 or IPv6; IPv4-mapped IPv6 is folded to IPv4 when parsed or built.
class IpAddress {
 public:
  constexpr IpAddress() noexcept = default;
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order) noexcept;
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& bytes) noexcept;
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] bool is_v4() const noexcept { return v4_; }
  /// Host order; 0 for an IPv6 address.
  [[nodiscard]] std::uint32_t to_v4() const noexcept;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_unspecified() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;
  /// RFC 1918, RFC 4193, link-local, CGNAT (RFC 6598).
  [[nodiscard]] bool is_private() const noexcept;
  /// One that the whole internet could route to: none of the special ranges of RFC 6890 and its registries, no tunnel in disguise
  /// (6to4, Teredo, NAT64), no multicast, no documentation range.
  [[nodiscard]] bool is_global() const noexcept;
  /// The /24 of an IPv4 address or the /48 of an IPv6 address, host bits cleared (security rule S2).
  [[nodiscard]] IpAddress prefix() const noexcept;
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the last four bytes, the rest zero
  bool v4_ = true;
};

/// Address block such as 10.0.0.0/8 or ::/0.
struct IpNetwork {
  IpAddress base;
  std::uint8_t bits = 0;  // counted within the family: 0..32 or 0..128
  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  [[nodiscard]] std::string to_string() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) noexcept = default;
};

}  // namespace soulfabric
