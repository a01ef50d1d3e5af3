// SPDX-License-Identifier: GPL-3.0-or-later
// The key of a node at rest: made once, kept private, moved under a passphrase, changed with both keys' word (S10).
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/mesh/identity.hpp"

namespace soulfabric::mesh {
namespace {

class IdentityFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::initialise());
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-identity-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
  SeededRandom random_{7};
};

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST_F(IdentityFile, IsMadeOnceAndReadableByTheOwnerOnly) {
  const auto first = load_or_make_identity(folder_, random_);
  const auto second = load_or_make_identity(folder_, random_);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->public_key(), second->public_key());
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "identity").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(IdentityFile, ThatCannotBeReadIsNeverReplacedByAFreshOne) {
  ASSERT_TRUE(write_whole(folder_ / "identity", bytes_of("not a key"), 0600));
  const auto loaded = load_or_make_identity(folder_, random_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::Corrupt);
}

TEST_F(IdentityFile, ComesBackFromItsExportWithTheRightPassphraseOnly) {
  const auto key = SigningKey::generate(random_);
  const auto exported = export_identity(key, "correct horse", random_);
  ASSERT_TRUE(exported);
  EXPECT_EQ(exported->find(to_hex(key.seed())), std::string::npos);
  const auto back = import_identity(*exported + "\n", "correct horse");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->public_key(), key.public_key());
  const auto wrong = import_identity(*exported, "correct hors");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::Unauthorized);
  auto changed = *exported;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(import_identity(changed, "correct horse"));
  EXPECT_FALSE(import_identity("soulfabric-identity-1:", "correct horse"));
  EXPECT_FALSE(export_identity(key, "short", random_));
}

TEST_F(IdentityFile, IsReplacedOnlyOnDemand) {
  ASSERT_TRUE(load_or_make_identity(folder_, random_));
  const auto other = SigningKey::generate(random_);
  const auto refused = store_identity(folder_, other, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Exists);
  EXPECT_TRUE(store_identity(folder_, other, true));
  EXPECT_EQ((*load_identity(folder_))->public_key(), other.public_key());
}

TEST_F(IdentityFile, RotatesToAKeyThatTheOldOneVouchesFor) {
  const auto before = load_or_make_identity(folder_, random_);
  ASSERT_TRUE(before);
  const auto rotation = rotate_identity(folder_, random_, kNow, false);
  ASSERT_TRUE(rotation);
  EXPECT_EQ(rotation->before, before->public_key());
  EXPECT_EQ((*load_identity(folder_))->public_key(), rotation->after);
  EXPECT_TRUE(check_rotation(*rotation, kNow));
  const auto told = load_rotation(folder_);
  ASSERT_TRUE(told);
  EXPECT_EQ(**told, *rotation);
}

TEST_F(IdentityFile, KeepsTheKeysThatWereGivenUpThroughLaterRotations) {
  ASSERT_TRUE(load_or_make_identity(folder_, random_));
  ASSERT_TRUE(rotate_identity(folder_, random_, kNow, false));
  EXPECT_TRUE(load_revocations(folder_)->empty());
  std::vector<Rotation> given_up;
  for (int i = 0; i < 9; ++i) given_up.push_back(*rotate_identity(folder_, random_, kNow, true));
  ASSERT_TRUE(rotate_identity(folder_, random_, kNow, false));
  given_up.erase(given_up.begin());
  const auto kept = load_revocations(folder_);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, given_up) << "the last eight";
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "identity.revoked").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(IdentityFile, TellsNoRotationThatDidNotComeToItsEnd) {
  ASSERT_TRUE(load_or_make_identity(folder_, random_));
  ASSERT_TRUE(rotate_identity(folder_, random_, kNow, false));
  // as after a power cut between the statement and the new key
  ASSERT_TRUE(write_whole(folder_ / "identity", bytes_of(to_hex(SigningKey::generate(random_).seed())), 0600));
  const auto told = load_rotation(folder_);
  ASSERT_TRUE(told);
  EXPECT_FALSE(*told);
}

TEST(Rotation, NeedsBothKeysAndEveryFieldAsSigned) {
  SeededRandom random(3);
  const auto before = SigningKey::generate(random);
  const auto after = SigningKey::generate(random);
  const auto stranger = SigningKey::generate(random);
  const auto rotation = sign_rotation(before, after, kNow, true);
  ASSERT_TRUE(check_rotation(rotation, kNow));
  auto forged = rotation;
  forged.by_before = sign_rotation(stranger, after, kNow, true).by_before;
  EXPECT_FALSE(check_rotation(forged, kNow));
  forged = rotation;
  forged.by_after = Signature{};
  EXPECT_FALSE(check_rotation(forged, kNow));
  forged = rotation;
  forged.compromised = false;
  EXPECT_FALSE(check_rotation(forged, kNow));
  forged = rotation;
  forged.after = stranger.public_key();
  EXPECT_FALSE(check_rotation(forged, kNow));
  EXPECT_FALSE(check_rotation(rotation, kNow - std::chrono::hours(1))) << "from the future";
}

TEST(Rotation, IsReadBackFromItsBytesAndFromNothingElse) {
  SeededRandom random(4);
  const auto rotation = sign_rotation(SigningKey::generate(random), SigningKey::generate(random), kNow, false);
  const auto bytes = encode_rotation(rotation);
  EXPECT_EQ(*decode_rotation(bytes), rotation);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_rotation(ByteView(bytes).first(n)));
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_rotation(longer));
  auto flag = bytes;
  flag[73] = 2;
  EXPECT_FALSE(decode_rotation(flag));
}

}  // namespace
}  // namespace soulfabric::mesh
