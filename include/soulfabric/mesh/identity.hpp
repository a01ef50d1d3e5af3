// SPDX-License-Identifier: GPL-3.0-or-later
// The node's own key on disk, and how it moves and changes (security rule S10). Blocking; at start-up and in subcommands.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/mesh/rotation.hpp"

namespace soulfabric::mesh {

/// secrets/identity: 64 hex digits and a line end, 0600. Made where there is none. Corrupt: it is there and is no key.
[[nodiscard]] Result<SigningKey> load_or_make_identity(const std::filesystem::path& secrets, Random& random);
[[nodiscard]] Result<std::optional<SigningKey>> load_identity(const std::filesystem::path& secrets);

/// The key under a passphrase (Argon2id by crypto_pwhash, then XSalsa20-Poly1305 by crypto_secretbox): one line of text.
[[nodiscard]] Result<std::string> export_identity(const SigningKey& key, std::string_view passphrase, Random& random);
/// Unauthorized: wrong passphrase or changed text.
[[nodiscard]] Result<SigningKey> import_identity(std::string_view exported, std::string_view passphrase);
/// Replaces secrets/identity; Exists where another key is there and `replace` is false.
[[nodiscard]] Status store_identity(const std::filesystem::path& secrets, const SigningKey& key, bool replace);

/// New key in place, the old one kept as secrets/identity.before with the rotation beside it, to be told to others.
[[nodiscard]] Result<Rotation> rotate_identity(const std::filesystem::path& secrets, Random& random, WallTime now, bool compromised);
/// The rotation to tell, where there was one.
[[nodiscard]] Result<std::optional<Rotation>> load_rotation(const std::filesystem::path& secrets);
/// The keys that this node gave up as stolen, the last eight, oldest first: revoked for as long as the node lives, whatever it is called now.
[[nodiscard]] Result<std::vector<Rotation>> load_revocations(const std::filesystem::path& secrets);

}  // namespace soulfabric::mesh
