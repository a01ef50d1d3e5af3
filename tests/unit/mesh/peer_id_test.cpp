// SPDX-License-Identifier: GPL-3.0-or-later
// Names of nodes: derived from the key, one spelling each.
#include <gtest/gtest.h>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric {
namespace {

// RFC 8032, section 7.1, test 1.
constexpr std::string_view kSeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kPublic = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
constexpr std::string_view kSigned =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

SigningKey rfc_key() {
  Bytes bytes;
  EXPECT_TRUE(from_hex(kSeed, bytes));
  SigningKey::Seed seed{};
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  return SigningKey(seed);
}

TEST(SigningKey, GivesTheSignatureOfTheRfc) {
  const auto key = rfc_key();
  EXPECT_EQ(to_hex(key.public_key()), kPublic);
  const auto signature = key.sign({});
  EXPECT_EQ(to_hex(signature), kSigned);
  EXPECT_TRUE(verify_signature(key.public_key(), {}, signature));
}

TEST(SigningKey, RefusesZeroesAsASignature) {
  const auto key = rfc_key();
  EXPECT_FALSE(verify_signature(key.public_key(), bytes_of("hello"), Signature{}));
  EXPECT_FALSE(verify_signature(PublicKey{}, bytes_of("hello"), Signature{}));
}

TEST(PeerId, IsTheBase32OfTheFirstTwentyBytesOfTheKeysHash) {
  const auto id = PeerId::of(rfc_key().public_key());
  // printf of the key | sha256 | first 20 bytes | base32, by coreutils
  EXPECT_EQ(id.text(), "eh7ddx5bksrgcytl7bkai36se4nxx3kl");
}

TEST(PeerId, HasOneSpelling) {
  const auto id = PeerId::of(rfc_key().public_key());
  EXPECT_EQ(PeerId::parse(id.text()), id);
  std::string upper = id.to_string();
  upper[0] = 'E';
  EXPECT_FALSE(PeerId::parse(upper));
  EXPECT_FALSE(PeerId::parse(id.to_string() + "a"));
  EXPECT_FALSE(PeerId::parse("01890189018901890189018901890189"));
  EXPECT_FALSE(PeerId::parse(""));
}

}  // namespace
}  // namespace soulfabric
