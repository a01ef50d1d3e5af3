// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses: parsing through inet_pton, ranges by their RFCs.
#include "soulfabric/base/ip.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "soulfabric/base/text.hpp"

namespace soulfabric {

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
  IpAddress out;
  for (std::size_t i = 0; i < 4; ++i) out.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) noexcept {
  const bool zeros = std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; });
  IpAddress out;
  out.bytes_ = bytes;
  out.v4_ = zeros && bytes[10] == 0xFF && bytes[11] == 0xFF;
  if (out.v4_) out.bytes_[10] = out.bytes_[11] = 0;
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  const std::string owned(text);
  std::array<std::uint8_t, 16> raw{};
  in_addr four{};
  if (inet_pton(AF_INET, owned.c_str(), &four) == 1) return v4(ntohl(four.s_addr));
  if (inet_pton(AF_INET6, owned.c_str(), raw.data()) == 1) return v6(raw);
  return std::nullopt;
}

std::uint32_t IpAddress::to_v4() const noexcept {
  if (!v4_) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 12; i < 16; ++i) value = (value << 8) | bytes_[i];
  return value;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (v4_) {
    inet_ntop(AF_INET, bytes_.data() + 12, text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  }
  return text.data();
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const noexcept {
  if (v4_) return bytes_[12] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_private() const noexcept {
  if (v4_) {
    const auto a = bytes_[12];
    const auto b = bytes_[13];
    return a == 10 || (a == 172 && (b & 0xF0U) == 16) || (a == 192 && b == 168) || (a == 169 && b == 254) || (a == 100 && (b & 0xC0U) == 64);
  }
  return (bytes_[0] & 0xFEU) == 0xFC || (bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80);
}

bool IpAddress::is_global() const noexcept {
  if (!v4_) {
    const auto pair = [this](std::size_t i) { return static_cast<unsigned>(bytes_[i]) << 8U | bytes_[i + 1]; };
    if ((bytes_[0] & 0xE0U) != 0x20) return false;                          // outside 2000::/3 nothing is routed
    if (pair(0) == 0x2002) return false;                                    // 6to4
    if (pair(0) == 0x2001 && (pair(2) < 0x0200 || pair(2) == 0x0DB8)) return false;  // Teredo, ORCHID and other protocols; documentation
    if ((pair(8) | 0x0200U) == 0x0200 && pair(10) == 0x5EFE) return false;  // ISATAP: an IPv4 address in its lower half (RFC 5214)
    return !(pair(0) == 0x3FFF && (bytes_[2] & 0xF0U) == 0);                // documentation (RFC 9637)
  }
  struct Range {
    std::uint32_t base;
    unsigned bits;
  };
  static constexpr std::array<Range, 15> kSpecial = {{{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
                                                      {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16},
                                                      {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4}}};
  const std::uint32_t value = to_v4();
  return std::ranges::none_of(kSpecial, [value](const Range& range) { return (value ^ range.base) >> (32 - range.bits) == 0; });
}

IpAddress IpAddress::prefix() const noexcept {
  IpAddress out = *this;
  if (v4_) {
    out.bytes_[15] = 0;
  } else {
    std::fill(out.bytes_.begin() + 6, out.bytes_.end(), std::uint8_t{0});
  }
  return out;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_u64(text.substr(slash + 1));
    if (!parsed || *parsed > most) return std::nullopt;
    bits = static_cast<unsigned>(*parsed);
  }
  return IpNetwork{*address, static_cast<std::uint8_t>(bits)};
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != base.is_v4()) return false;
  const std::size_t first = base.is_v4() ? 12 : 0;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    const auto at = first + bit / 8;
    if ((address.bytes()[at] & mask) != (base.bytes()[at] & mask)) return false;
  }
  return true;
}

std::string Endpoint::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

}  // namespace soulfabric
