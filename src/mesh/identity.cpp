// SPDX-License-Identifier: GPL-3.0-or-later
// The key file of this node, its export under a passphrase, and its change (security rule S10).
#include "soulfabric/mesh/identity.hpp"

#include <sodium.h>

#include <algorithm>

#include "soulfabric/base/files.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::string_view kFile = "identity";
constexpr std::string_view kBefore = "identity.before";
constexpr std::string_view kStatement = "identity.rotation";
constexpr std::string_view kRevoked = "identity.revoked";  // one statement a line
constexpr std::size_t kRevocationsKept = 8;
constexpr std::string_view kExportTag = "soulfabric-identity-1:";
constexpr std::size_t kFileCap = 4096;
constexpr std::size_t kLeastPassphrase = 8;

using BoxKey = std::array<std::uint8_t, crypto_secretbox_KEYBYTES>;
using Salt = std::array<std::uint8_t, crypto_pwhash_SALTBYTES>;
using Nonce = std::array<std::uint8_t, crypto_secretbox_NONCEBYTES>;

std::string key_text(const SigningKey& key) { return to_hex(key.seed()) + "\n"; }

Result<SigningKey> parse_key(std::string_view text, const std::filesystem::path& file) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  Bytes bytes;
  SigningKey::Seed seed{};
  if (!from_hex(text, bytes) || bytes.size() != seed.size())
    return fail(Errc::Corrupt, "The identity key in " + file.string() +
                                   " cannot be read; put back a copy with 'soulfabric identity import', or remove the file to become a new node.");
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  sodium_memzero(bytes.data(), bytes.size());
  SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Result<BoxKey> box_key(std::string_view passphrase, const Salt& salt) {
  BoxKey key{};
  if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt.data(), crypto_pwhash_OPSLIMIT_MODERATE,
                    crypto_pwhash_MEMLIMIT_MODERATE, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::Unavailable, "There is not enough memory to work out the key from the passphrase; free 256 MiB and try again.");
  return key;
}

}  // namespace

Result<std::optional<SigningKey>> load_identity(const std::filesystem::path& secrets) {
  const auto file = secrets / kFile;
  const auto text = read_whole(file, kFileCap);
  if (!text && text.error().code == Errc::NotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  SF_TRY_ASSIGN(SigningKey key, parse_key(text_of(*text), file));
  return key;
}

Result<SigningKey> load_or_make_identity(const std::filesystem::path& secrets, Random& random) {
  SF_TRY_ASSIGN(std::optional<SigningKey> present, load_identity(secrets));
  if (present) return *present;
  SigningKey key = SigningKey::generate(random);
  SF_TRY(store_identity(secrets, key, false));
  return key;
}

Status store_identity(const std::filesystem::path& secrets, const SigningKey& key, bool replace) {
  SF_TRY_ASSIGN(std::optional<SigningKey> present, load_identity(secrets));
  if (present && present->public_key() == key.public_key()) return {};
  if (present && !replace)
    return fail(Errc::Exists, "This node has an identity already, " + PeerId::of(present->public_key()).to_string() +
                                  "; export it first, then say --replace to give it up.");
  return write_whole(secrets / kFile, bytes_of(key_text(key)), 0600);
}

Result<std::string> export_identity(const SigningKey& key, std::string_view passphrase, Random& random) {
  if (passphrase.size() < kLeastPassphrase)
    return fail(Errc::InvalidArgument, "The passphrase is too short to protect the identity; use at least 8 characters.");
  Salt salt{};
  Nonce nonce{};
  random.fill(salt);
  random.fill(nonce);
  SF_TRY_ASSIGN(BoxKey box, box_key(passphrase, salt));
  Bytes sealed(key.seed().size() + crypto_secretbox_MACBYTES);
  crypto_secretbox_easy(sealed.data(), key.seed().data(), key.seed().size(), nonce.data(), box.data());
  sodium_memzero(box.data(), box.size());
  Bytes all(salt.begin(), salt.end());
  all.insert(all.end(), nonce.begin(), nonce.end());
  all.insert(all.end(), sealed.begin(), sealed.end());
  return std::string(kExportTag) + to_base64url(all);
}

Result<SigningKey> import_identity(std::string_view exported, std::string_view passphrase) {
  while (!exported.empty() && (exported.back() == '\n' || exported.back() == '\r' || exported.back() == ' ')) exported.remove_suffix(1);
  Bytes all;
  constexpr std::size_t kSealed = sizeof(SigningKey::Seed) + crypto_secretbox_MACBYTES;
  if (!exported.starts_with(kExportTag) || !from_base64url(exported.substr(kExportTag.size()), all) ||
      all.size() != sizeof(Salt) + sizeof(Nonce) + kSealed)
    return fail(Errc::Malformed, "This is no exported identity; give the whole line that 'soulfabric identity export' wrote.");
  Salt salt{};
  std::copy_n(all.begin(), salt.size(), salt.begin());
  SF_TRY_ASSIGN(BoxKey box, box_key(passphrase, salt));
  SigningKey::Seed seed{};
  const int opened = crypto_secretbox_open_easy(seed.data(), all.data() + sizeof(Salt) + sizeof(Nonce), kSealed, all.data() + sizeof(Salt), box.data());
  sodium_memzero(box.data(), box.size());
  if (opened != 0) return fail(Errc::Unauthorized, "The identity does not open with this passphrase; try the one it was exported with.");
  SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Result<std::vector<Rotation>> load_revocations(const std::filesystem::path& secrets) {
  std::vector<Rotation> out;
  const auto text = read_whole(secrets / kRevoked, kFileCap);
  if (!text && text.error().code == Errc::NotFound) return out;
  if (!text) return std::unexpected(text.error());
  std::string_view rest = text_of(*text);
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    Bytes bytes;
    if (!from_hex(line, bytes)) return fail(Errc::Corrupt, "The list of the keys that were given up cannot be read; remove secrets/identity.revoked.");
    SF_TRY_ASSIGN(Rotation rotation, decode_rotation(bytes));
    out.push_back(rotation);
  }
  return out;
}

namespace {

/// A statement whose new key never came into place does no harm: it says only that the old one is worth nothing.
Status keep_revocation(const std::filesystem::path& secrets, const Rotation& rotation) {
  SF_TRY_ASSIGN(std::vector<Rotation> all, load_revocations(secrets));
  all.push_back(rotation);
  std::string text;
  for (std::size_t i = all.size() - std::min(all.size(), kRevocationsKept); i < all.size(); ++i) text += to_hex(encode_rotation(all[i])) + "\n";
  return write_whole(secrets / kRevoked, bytes_of(text), 0600);
}

}  // namespace

Result<Rotation> rotate_identity(const std::filesystem::path& secrets, Random& random, WallTime now, bool compromised) {
  SF_TRY_ASSIGN(std::optional<SigningKey> before, load_identity(secrets));
  if (!before) return fail(Errc::NotFound, "This node has no identity yet; start it once, then there is one to rotate.");
  const SigningKey after = SigningKey::generate(random);
  const Rotation rotation = sign_rotation(*before, after, now, compromised);
  // In this order a power cut leaves either the old key alone, or a statement that leads to the key in place or to none.
  SF_TRY(write_whole(secrets / kBefore, bytes_of(key_text(*before)), 0600));
  SF_TRY(write_whole(secrets / kStatement, bytes_of(to_hex(encode_rotation(rotation)) + "\n"), 0600));
  if (compromised) SF_TRY(keep_revocation(secrets, rotation));
  SF_TRY(write_whole(secrets / kFile, bytes_of(key_text(after)), 0600));
  return rotation;
}

Result<std::optional<Rotation>> load_rotation(const std::filesystem::path& secrets) {
  const auto text = read_whole(secrets / kStatement, kFileCap);
  if (!text && text.error().code == Errc::NotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  std::string_view hex = text_of(*text);
  while (!hex.empty() && hex.back() == '\n') hex.remove_suffix(1);
  Bytes bytes;
  if (!from_hex(hex, bytes)) return fail(Errc::Corrupt, "The statement of the last key rotation cannot be read; remove secrets/identity.rotation.");
  SF_TRY_ASSIGN(Rotation rotation, decode_rotation(bytes));
  SF_TRY_ASSIGN(std::optional<SigningKey> present, load_identity(secrets));
  if (!present || present->public_key() != rotation.after) return std::nullopt;  // the rotation did not come to its end
  return rotation;
}

}  // namespace soulfabric::mesh
