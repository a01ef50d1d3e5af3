// SPDX-License-Identifier: GPL-3.0-or-later
// Files under secrets/: instance-id, session-key, web-password, login-link.
#include "secrets.hpp"

#include "core/login.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::uint64_t kSecretCap = 4096;
constexpr std::uint64_t kRevokedCap = 1024 * 1024;

struct Kept {
  std::string text;
  bool made = false;
};

/// The trimmed content of the file, or `fresh` written to it.
Result<Kept> keep(const std::filesystem::path& file, const std::string& fresh) {
  std::error_code code;
  if (std::filesystem::exists(file, code)) {
    SF_TRY_ASSIGN(const Bytes content, read_whole(file, kSecretCap));
    const auto text = trim(text_of(content));
    if (!text.empty()) return Kept{std::string(text), false};
  }
  SF_TRY(write_whole(file, bytes_of(fresh + "\n"), 0600));
  return Kept{fresh, true};
}

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes bytes(count);
  random.fill(bytes);
  return bytes;
}

}  // namespace

Result<Secrets> load_secrets(const std::filesystem::path& folder, Random& random) {
  Secrets secrets;
  SF_TRY_ASSIGN(auto instance, keep(folder / "instance-id", to_hex(random_bytes(random, 6))));
  SF_TRY_ASSIGN(auto signing, keep(folder / "session-key", to_hex(random_bytes(random, 32))));
  SF_TRY_ASSIGN(auto password, keep(folder / "web-password", to_base64url(random_bytes(random, 15))));
  secrets.instance = std::move(instance.text);
  if (!from_hex(signing.text, secrets.signing) || secrets.signing.size() < 32) {
    return fail(Errc::Corrupt, "The file session-key in the secrets folder is damaged: delete it, everybody then has to sign in again.");
  }
  secrets.password = std::move(password.text);
  secrets.first_start = password.made;
  if (const auto lines = read_whole(folder / "revoked-sessions", kRevokedCap)) secrets.revoked = std::string(text_of(*lines));
  return secrets;
}

Result<std::string> write_login_link(const std::filesystem::path& secrets, const std::string& base, Random& random, WallTime now) {
  const auto link = base + "/#login=" + to_base64url(random_bytes(random, 24));
  SF_TRY(write_whole(secrets / "login-link", bytes_of(login_file_text(link, now)), 0600));
  return link;
}

}  // namespace soulfabric::gateway
