// SPDX-License-Identifier: GPL-3.0-or-later
// The only name of a node on the mesh (architecture, section 7).
#pragma once
#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/ed25519.hpp"

namespace soulfabric {

/// Lower-case base32 (RFC 4648, no padding) of the first 20 bytes of SHA-256(public key): 32 characters.
class PeerId {
 public:
  static constexpr std::size_t kLength = 32;
  /// Nobody: 32 times 'a'. Only a place to assign to.
  constexpr PeerId() noexcept { text_.fill('a'); }
  [[nodiscard]] static PeerId of(const PublicKey& key);
  /// Nothing where the text is not 32 characters of a-z and 2-7 (lower case only: one peer has one spelling).
  [[nodiscard]] static std::optional<PeerId> parse(std::string_view text);
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }
  [[nodiscard]] std::string to_string() const { return std::string(text()); }
  friend auto operator<=>(const PeerId&, const PeerId&) noexcept = default;

 private:
  std::array<char, kLength> text_{};
};

}  // namespace soulfabric
