// SPDX-License-Identifier: GPL-3.0-or-later
// Ed25519 by libsodium.
#include "soulfabric/base/ed25519.hpp"

#include <sodium.h>

#include <algorithm>

namespace soulfabric {
namespace {

using Secret = std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES>;

}  // namespace

SigningKey::SigningKey(const Seed& seed) : seed_(seed) {
  Secret secret{};
  crypto_sign_seed_keypair(public_.data(), secret.data(), seed_.data());
  sodium_memzero(secret.data(), secret.size());
}

SigningKey SigningKey::generate(Random& random) {
  Seed seed{};
  random.fill(seed);
  SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

SigningKey::~SigningKey() { sodium_memzero(seed_.data(), seed_.size()); }

Signature SigningKey::sign(ByteView message) const {
  Secret secret{};
  std::copy(seed_.begin(), seed_.end(), secret.begin());
  std::copy(public_.begin(), public_.end(), secret.begin() + 32);
  Signature signature{};
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return signature;
}

bool verify_signature(const PublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace soulfabric
