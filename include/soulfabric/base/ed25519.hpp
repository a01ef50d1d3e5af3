// SPDX-License-Identifier: GPL-3.0-or-later
// Ed25519 (RFC 8032) by libsodium: keys and signatures as values. Pure functions, thread-safe.
#pragma once
#include <array>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

/// A private key. Its memory is wiped when it dies; it is never printed.
class SigningKey {
 public:
  using Seed = std::array<std::uint8_t, 32>;
  explicit SigningKey(const Seed& seed);
  [[nodiscard]] static SigningKey generate(Random& random);
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  SigningKey(SigningKey&& other) noexcept = default;
  SigningKey& operator=(SigningKey&& other) noexcept = default;
  ~SigningKey();

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
  /// 32 secret bytes: for the TLS library and for the key file only.
  [[nodiscard]] const Seed& seed() const noexcept { return seed_; }
  [[nodiscard]] Signature sign(ByteView message) const;

 private:
  Seed seed_{};
  PublicKey public_{};
};

/// Some 35 microseconds. Refuses keys of small order.
[[nodiscard]] bool verify_signature(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace soulfabric
