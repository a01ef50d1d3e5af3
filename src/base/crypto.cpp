// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 and friends by OpenSSL, password hashing by libsodium.
#include "soulfabric/base/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

namespace soulfabric::crypto {
namespace {

std::string digest_hex(const EVP_MD* algorithm, ByteView data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), out.data(), &size, algorithm, nullptr) != 1) return {};
  return to_hex(ByteView(out).first(size));
}

}  // namespace

bool initialise() { return sodium_init() >= 0; }

Sha256 sha256(ByteView data) {
  Sha256 out{};
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, EVP_sha256(), nullptr);
  return out;
}

Sha256 hmac_sha256(ByteView key, ByteView data) {
  Sha256 out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), &size);
  return out;
}

std::string md5_hex(ByteView data) { return digest_hex(EVP_md5(), data); }
std::string sha1_hex(ByteView data) { return digest_hex(EVP_sha1(), data); }

std::string hash_password(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str(out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    return {};
  return out.data();
}

bool verify_password(std::string_view hash, std::string_view password) {
  if (hash.empty() || hash.size() >= crypto_pwhash_STRBYTES) return false;
  const std::string owned(hash);
  return crypto_pwhash_str_verify(owned.c_str(), password.data(), password.size()) == 0;
}

}  // namespace soulfabric::crypto
