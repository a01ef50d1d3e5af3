// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes and password hashing: the one owner of the cryptography libraries below `net`. Pure functions, thread-safe.
#pragma once
#include <array>
#include <string>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

/// Once at start-up, before any other call; false where the system offers no randomness.
[[nodiscard]] bool initialise();
[[nodiscard]] Sha256 sha256(ByteView data);
[[nodiscard]] Sha256 hmac_sha256(ByteView key, ByteView data);
/// Lower-case hex MD5, as the Soulseek login asks for (protocol note, section 3); not for security.
[[nodiscard]] std::string md5_hex(ByteView data);
[[nodiscard]] std::string sha1_hex(ByteView data);
/// Argon2id by crypto_pwhash_str at interactive cost (some 50 ms: call it on a worker).
[[nodiscard]] std::string hash_password(std::string_view password);
[[nodiscard]] bool verify_password(std::string_view hash, std::string_view password);

}  // namespace soulfabric::crypto
