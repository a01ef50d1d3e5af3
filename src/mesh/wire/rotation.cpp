// SPDX-License-Identifier: GPL-3.0-or-later
// A change of keys as bytes: fixed lengths, signed by both.
#include "soulfabric/mesh/rotation.hpp"

#include <algorithm>

namespace soulfabric::mesh {
namespace {

constexpr std::string_view kRotationTag = "soulfabric/rotation/1";
constexpr std::string_view kRevocationDomain = "revoked";
constexpr std::size_t kRotationBytes = 1 + 32 + 32 + 8 + 1 + 64 + 64;

void append_number(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
}

/// Fixed lengths after the tag: nothing can be read in two ways.
Bytes rotation_message(const Rotation& rotation) {
  Bytes out(kRotationTag.begin(), kRotationTag.end());
  out.insert(out.end(), rotation.before.begin(), rotation.before.end());
  out.insert(out.end(), rotation.after.begin(), rotation.after.end());
  append_number(out, static_cast<std::uint64_t>(rotation.at));
  out.push_back(rotation.compromised ? 1 : 0);
  return out;
}

}  // namespace

Rotation sign_rotation(const SigningKey& before, const SigningKey& after, WallTime now, bool compromised) {
  Rotation rotation{before.public_key(), after.public_key(), to_unix_micros(now) / 1'000'000, compromised, {}, {}};
  const Bytes message = rotation_message(rotation);
  rotation.by_before = before.sign(message);
  rotation.by_after = after.sign(message);
  return rotation;
}

Bytes encode_rotation(const Rotation& rotation) {
  Bytes out{1};
  out.insert(out.end(), rotation.before.begin(), rotation.before.end());
  out.insert(out.end(), rotation.after.begin(), rotation.after.end());
  append_number(out, static_cast<std::uint64_t>(rotation.at));
  out.push_back(rotation.compromised ? 1 : 0);
  out.insert(out.end(), rotation.by_before.begin(), rotation.by_before.end());
  out.insert(out.end(), rotation.by_after.begin(), rotation.by_after.end());
  return out;
}

Result<Rotation> decode_rotation(ByteView bytes) {
  if (bytes.size() != kRotationBytes || bytes[0] != 1 || bytes[73] > 1) return fail(Errc::Malformed, "a rotation of keys is not of the known form");
  Rotation rotation;
  std::copy_n(bytes.begin() + 1, 32, rotation.before.begin());
  std::copy_n(bytes.begin() + 33, 32, rotation.after.begin());
  std::uint64_t at = 0;
  for (std::size_t i = 65; i < 73; ++i) at = (at << 8U) | bytes[i];
  rotation.at = static_cast<std::int64_t>(at);
  rotation.compromised = bytes[73] == 1;
  std::copy_n(bytes.begin() + 74, 64, rotation.by_before.begin());
  std::copy_n(bytes.begin() + 138, 64, rotation.by_after.begin());
  return rotation;
}

Status check_rotation_form(const Rotation& rotation, WallTime now) {
  constexpr std::int64_t kSkew = 300;  // seconds, as for records
  if (rotation.before == rotation.after) return fail(Errc::Malformed, "a rotation leads to the same key");
  const std::int64_t second = to_unix_micros(now) / 1'000'000;
  if (rotation.at < 0 || rotation.at > second + kSkew) return fail(Errc::Malformed, "a rotation of keys lies in the future");
  return {};
}

Status check_rotation(const Rotation& rotation, WallTime now) {
  SF_TRY(check_rotation_form(rotation, now));
  if (!check_rotation_signatures(rotation)) return fail(Errc::Unauthorized, "a rotation of keys is not signed by both keys");
  return {};
}

bool check_rotation_signatures(const Rotation& rotation) {
  const Bytes message = rotation_message(rotation);
  return verify_signature(rotation.before, message, rotation.by_before) && verify_signature(rotation.after, message, rotation.by_after);
}

DhtKey revocation_key(const PeerId& given_up) { return dht_key(kRevocationDomain, bytes_of(given_up.text())); }

}  // namespace soulfabric::mesh
