// SPDX-License-Identifier: GPL-3.0-or-later
// One node says that it goes on under another key, and that a key was given up (security rule S10). Pure.
#pragma once
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {

/// Signed by both keys. Rights never follow by themselves.
struct Rotation {
  PublicKey before{};
  PublicKey after{};
  std::int64_t at = 0;       // Unix seconds
  bool compromised = false;  // no grace: the old key is worth nothing from here on
  Signature by_before{};
  Signature by_after{};
  friend bool operator==(const Rotation&, const Rotation&) = default;
};

[[nodiscard]] Rotation sign_rotation(const SigningKey& before, const SigningKey& after, WallTime now, bool compromised);
[[nodiscard]] Bytes encode_rotation(const Rotation& rotation);
[[nodiscard]] Result<Rotation> decode_rotation(ByteView bytes);
/// Both signatures and a time not in the future.
[[nodiscard]] Status check_rotation(const Rotation& rotation, WallTime now);
/// The parts of it: what is cheap, and the two signatures.
[[nodiscard]] Status check_rotation_form(const Rotation& rotation, WallTime now);
[[nodiscard]] bool check_rotation_signatures(const Rotation& rotation);

/// Where the revocation of an identity stands in the table: a record of kind Revocation whose body is a rotation without grace. Whoever
/// signs the record only passes it on; both keys of the rotation prove it, and nobody takes it back.
[[nodiscard]] DhtKey revocation_key(const PeerId& given_up);

}  // namespace soulfabric::mesh
