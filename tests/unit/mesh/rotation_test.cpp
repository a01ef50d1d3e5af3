// SPDX-License-Identifier: GPL-3.0-or-later
// A key that changes, two who claim the same old one, and a key that was given up: what others make of it (security rule S10).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/rotation_book.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "support/memory_dht.hpp"
#include "support/run_task.hpp"
#include "support/stepped_clock.hpp"

namespace soulfabric::mesh {
namespace {

using testing::MemoryDht;
using testing::MemoryTable;
using testing::run_task;
using testing::SteppedClock;
using namespace std::chrono_literals;

SigningKey key_of(std::uint32_t number) {
  SigningKey::Seed seed{};
  for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return SigningKey(seed);
}

PeerId id_of(std::uint32_t number) { return PeerId::of(key_of(number).public_key()); }
guard::Subject subject_of(std::uint32_t number) { return guard::Subject::peer(id_of(number).text()); }
Endpoint at(const char* address) { return {*IpAddress::parse(address), 50305}; }

constexpr std::uint32_t kUs = 1;

class RotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::initialise());
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-rotation-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }
  static Task<void> begin(PeerBook& book) {
    const auto started = co_await book.start();
    EXPECT_TRUE(started);
  }
  static Task<void> end(PeerBook& book, DbWriter& store) {
    co_await book.stop();
    co_await store.close();
  }
  void open() {
    auto db = Database::open(folder_ / "mesh.db", mesh_migrations());
    ASSERT_TRUE(db);
    store_ = std::make_unique<DbWriter>(context_, clock_, std::move(*db), 0);
    book_ = make_peer_book({context_, clock_, random_, guard_, dht_, *store_, key_of(kUs)}, settings_);
    run_task(context_, begin(*book_));
  }
  void close() {
    if (book_) run_task(context_, end(*book_, *store_));
    book_.reset();
    store_.reset();
  }
  void name(std::uint32_t number) {
    settings_.peers.push_back({id_of(number), {at("5.9.0.9")}, true, {true, true, {id_of(40)}}});
    book_->configure(settings_);
  }
  SignedRecord revocation(const Rotation& statement, std::uint32_t signer) const {
    const auto second = to_unix_micros(clock_.wall()) / 1'000'000;
    SignedRecord record;
    record.kind = RecordKind::Revocation;
    record.key = revocation_key(PeerId::of(statement.before));
    record.sequence = static_cast<std::uint64_t>(second) * 1000;
    record.created = second;
    record.expires = second + 3600;
    record.body = encode_rotation(statement);
    return *sign_record(key_of(signer), record);
  }
  Status checked(const SignedRecord& record) const { return check_record(record, RecordKind::Revocation, record.key, clock_.wall()); }
  bool is_suspended(std::uint32_t number) const {
    const auto known = book_->find(id_of(number));
    const auto wanted = book_->wanted();
    return known && known->revoked && !known->trusted && known->rights == PeerRights{} && !book_->is_trusted(id_of(number)) &&
           book_->is_revoked(id_of(number)) && std::ranges::find(wanted, id_of(number)) == wanted.end();
  }
  Rotation rotation(std::uint32_t before, std::uint32_t after, bool compromised = false) const {
    return sign_rotation(key_of(before), key_of(after), clock_.wall(), compromised);
  }
  void meet(std::uint32_t number) { book_->linked(id_of(number), key_of(number).public_key(), at("5.9.0.3"), Direction::Outbound); }

  std::filesystem::path folder_;
  IoContext context_{1};
  SteppedClock clock_;
  SystemRandom random_;
  MemoryTable table_;
  guard::Guard guard_{{}, clock_};
  MemoryDht dht_{table_, clock_};
  PeerBookSettings settings_;
  std::unique_ptr<DbWriter> store_;
  std::unique_ptr<PeerBook> book_;
};

TEST_F(RotationTest, WhoClaimsAnOldKeyFirstKeepsNothingOnceAnotherClaimsItToo) {
  meet(5);
  guard_.import_reputations({{subject_of(5), 90, {}}});
  EXPECT_EQ(book_->learn(rotation(5, 6), std::nullopt), RotationOutcome::First);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 90) << "the thief was faster";
  EXPECT_EQ(book_->learn(rotation(5, 7), std::nullopt), RotationOutcome::Void);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 50);
  EXPECT_EQ(guard_.reputation(subject_of(7)), 50);
  EXPECT_EQ(guard_.reputation(subject_of(5)), 50);
  EXPECT_EQ(book_->learn(rotation(5, 8), std::nullopt), RotationOutcome::Known);
  EXPECT_EQ(guard_.reputation(subject_of(8)), 50) << "nothing is left to be moved";
}

TEST_F(RotationTest, BothClaimantsLoseAlsoWhereARestartLiesBetween) {
  meet(5);
  guard_.import_reputations({{subject_of(5), 90, {}}});
  EXPECT_EQ(book_->learn(rotation(5, 6), std::nullopt), RotationOutcome::First);
  close();
  open();
  EXPECT_EQ(book_->learn(rotation(5, 7), std::nullopt), RotationOutcome::Void);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 50);
}

TEST_F(RotationTest, ARevocationHasGoldenBytesAndFitsARecord) {
  const auto bytes = encode_record(revocation(sign_rotation(key_of(5), key_of(6), WallTime(SteppedClock::kFirstWall), true), 6));
  EXPECT_EQ(bytes.size(), 347U);
  EXPECT_LE(bytes.size(), kRecordCap);
  EXPECT_EQ(to_hex(ByteView(bytes).first(5)), "01040000ca");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(5, 20)), "c025894c32d8c33f0705f3ebd5cf615fdd74e4c0");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(81, 1)), "01");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(81 + 65, 9)), "000000006b49d200" "01");
}

TEST_F(RotationTest, OnlyBothKeysGiveAKeyUpAndNobodyTakesThatBack) {
  const auto given_up = rotation(5, 6, true);
  EXPECT_TRUE(checked(revocation(given_up, 6)));
  EXPECT_TRUE(checked(revocation(given_up, 9))) << "anybody may pass it on";
  EXPECT_FALSE(checked(revocation(rotation(5, 6, false), 6))) << "an ordinary rotation revokes nothing";
  auto forged = rotation(9, 6, true);
  forged.before = key_of(5).public_key();
  EXPECT_FALSE(checked(revocation(forged, 6))) << "without the key that is given up";
  auto half = given_up;
  half.by_after = Signature{};
  EXPECT_FALSE(checked(revocation(half, 5))) << "without the new key";
  auto elsewhere = revocation(given_up, 6);
  elsewhere.key = revocation_key(id_of(7));
  EXPECT_FALSE(checked(*sign_record(key_of(6), elsewhere))) << "under the name of another peer";
  auto taken_back = revocation(given_up, 5);
  taken_back.withdrawn = true;
  taken_back.body.clear();
  EXPECT_FALSE(checked(*sign_record(key_of(5), taken_back)));
  auto nothing = revocation(given_up, 5);
  nothing.body = {1};
  EXPECT_FALSE(check_record_form(*sign_record(key_of(5), nothing), RecordKind::Revocation, nothing.key, clock_.wall())) << "no slot for others' words";
}

TEST_F(RotationTest, AKeyThatWasGivenUpLosesTrustAndRightsAtOnceAndForGood) {
  name(5);
  guard_.protect(subject_of(5));
  guard_.import_reputations({{subject_of(5), 80, {}}});
  std::vector<PeerId> told;
  book_->on_revoked([&](const PeerId& peer) { told.push_back(peer); });
  EXPECT_FALSE(is_suspended(5));
  EXPECT_EQ(book_->learn(rotation(5, 6, true), std::nullopt), RotationOutcome::First);
  EXPECT_TRUE(is_suspended(5));
  EXPECT_EQ(told, std::vector<PeerId>{id_of(5)});
  EXPECT_TRUE(guard_.ban(subject_of(5), 1h, "x")) << "protected no more";
  EXPECT_EQ(book_->find(id_of(5))->goes_on_as, id_of(6));
  EXPECT_EQ(guard_.reputation(subject_of(6)), 80) << "reputation follows";
  EXPECT_FALSE(book_->is_trusted(id_of(6))) << "and nothing else";
  EXPECT_FALSE(book_->find(id_of(6)).has_value());
  close();
  open();
  EXPECT_TRUE(is_suspended(5)) << "after a restart";
  book_->configure(settings_);
  EXPECT_TRUE(is_suspended(5)) << "whatever the configuration says";
}

TEST_F(RotationTest, AThiefWhoRotatesFirstCannotKeepTheKeyFromBeingGivenUp) {
  name(5);
  EXPECT_EQ(book_->learn(rotation(5, 6), std::nullopt), RotationOutcome::First);
  EXPECT_FALSE(is_suspended(5)) << "an ordinary rotation leaves the old key its time";
  EXPECT_EQ(book_->learn(rotation(5, 7, true), std::nullopt), RotationOutcome::Void);
  EXPECT_TRUE(is_suspended(5));
  EXPECT_EQ(book_->find(id_of(5))->goes_on_as, std::nullopt);
  close();
  open();
  EXPECT_TRUE(is_suspended(5));
}

TEST_F(RotationTest, OurRevocationsStandInTheTableUnlessNothingIsPublished) {
  settings_.publish = Publish::None;
  book_->configure(settings_);
  book_->tell_revocations({rotation(50, kUs, true)});
  clock_.run_for(context_, 1h);
  EXPECT_EQ(table_.puts, 0U);
  settings_.publish = Publish::Linked;
  book_->configure(settings_);
  clock_.run_for(context_, 1h);
  const auto& told = table_.records[revocation_key(id_of(50))];
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(checked(told.front())) << "still in force an hour later";
  EXPECT_EQ(decode_rotation(told.front().body)->after, key_of(kUs).public_key());
}

TEST_F(RotationTest, ATrustedKeyIsLookedUpAndSuspendedByTheTableAlone) {
  table_.silent = true;
  name(5);
  clock_.run_for(context_, 1s);
  table_.store(revocation(rotation(5, 6, true), 6));
  EXPECT_FALSE(is_suspended(5));
  table_.silent = false;
  clock_.run_for(context_, 2min);
  EXPECT_TRUE(is_suspended(5)) << "asked again soon where nobody answered";
}

TEST_F(RotationTest, ATrustedKeyThatLinksIsLookedUpAgain) {
  name(5);
  clock_.run_for(context_, 1s);
  const auto asked = table_.gets;
  EXPECT_GE(asked, 1U);
  meet(5);
  clock_.run_for(context_, 1s);
  EXPECT_EQ(table_.gets, asked) << "a moment ago";
  table_.store(revocation(rotation(5, 6, true), 6));
  clock_.run_for(context_, 11min);
  EXPECT_FALSE(is_suspended(5));
  meet(5);
  clock_.run_for(context_, 1s);
  EXPECT_TRUE(is_suspended(5));
}

PeerId made_up(std::uint32_t number) {
  PublicKey key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return PeerId::of(key);
}

constexpr WallTime kDay{std::chrono::seconds(1'800'000'000)};

TEST(RotationBook, CannotBeFilledAgainstAnIdThatMatters) {
  RotationBook book;
  const auto told = [](std::uint32_t number, bool matters) {
    return RotationClaim{made_up(number), made_up(number + 1'000'000), false, matters, IpAddress::v4(0x05000000U + ((number / 8) << 8U)),
                         kDay + std::chrono::seconds(number)};
  };
  for (std::uint32_t i = 0; i < kRotationsKnown; ++i) ASSERT_EQ(book.take(told(i, false)).news, RotationNews::First) << i;
  EXPECT_EQ(book.take(told(20'000, false)).news, RotationNews::Known) << "full for strangers";
  const auto taken = book.take(told(30'000, true));
  EXPECT_EQ(taken.news, RotationNews::First);
  EXPECT_EQ(taken.forgotten, made_up(0)) << "the oldest makes room";
  EXPECT_EQ(book.after(made_up(30'000)), made_up(1'030'000));
  EXPECT_EQ(book.entries().size(), kRotationsKnown);
}

TEST(RotationBook, TakesOnlySoManyFromOnePrefix) {
  RotationBook book;
  const auto here = IpAddress::v4(0x05090000);
  for (std::uint32_t i = 0; i < kRotationsOfPrefix; ++i)
    EXPECT_EQ(book.take({made_up(i), made_up(i + 100), false, false, here, kDay}).news, RotationNews::First);
  EXPECT_EQ(book.take({made_up(50), made_up(150), false, false, here, kDay}).news, RotationNews::Known);
  EXPECT_EQ(book.take({made_up(50), made_up(150), false, true, here, kDay}).news, RotationNews::First) << "one that matters";
  EXPECT_EQ(book.take({made_up(51), made_up(151), false, false, IpAddress::v4(0x05090100), kDay}).news, RotationNews::First) << "from elsewhere";
}

TEST(RotationBook, ForgetsWhatWasHeardLongAgoButOfWhomItIsToldToKeep) {
  RotationBook book;
  for (std::uint32_t i = 0; i < 3; ++i)
    ASSERT_EQ(book.take({made_up(i), made_up(i + 100), false, false, {}, kDay + std::chrono::days(i)}).news, RotationNews::First);
  const auto gone = book.expire(kDay + kRotationLife + std::chrono::days(1), [](const PeerId& peer) { return peer == made_up(0); });
  EXPECT_EQ(gone, std::vector<PeerId>{made_up(1)});
  EXPECT_EQ(book.entries().size(), 2U);
}

TEST_F(RotationTest, OfAnIdThatNobodyKnowsNoRotationIsKept) {
  EXPECT_EQ(book_->learn(rotation(70, 71, true), IpAddress::v4(0x05090001)), RotationOutcome::Known);
  EXPECT_FALSE(book_->is_revoked(id_of(70)));
  guard_.lower_reputation(subject_of(72), 20);
  EXPECT_EQ(book_->learn(rotation(72, 73), IpAddress::v4(0x05090001)), RotationOutcome::First) << "a bad name is kept in mind";
  EXPECT_EQ(guard_.reputation(subject_of(73)), 30);
}

TEST_F(RotationTest, AConfiguredPeersRotationIsHeardWhereStrangersOfItsPrefixToldAllTheyMay) {
  for (std::uint32_t i = 100; i < 120; ++i) {
    meet(i);
    const auto outcome = book_->learn(rotation(i, i + 100), IpAddress::v4(0x05090001 + i));
    EXPECT_EQ(outcome, i < 116 ? RotationOutcome::First : RotationOutcome::Known) << i;
  }
  name(5);
  EXPECT_EQ(book_->learn(rotation(5, 6, true), IpAddress::v4(0x05090001)), RotationOutcome::First);
  EXPECT_TRUE(is_suspended(5));
  clock_.jump(std::chrono::days(200));
  close();
  open();
  EXPECT_TRUE(is_suspended(5)) << "as long as the configuration names it";
  EXPECT_EQ(book_->find(id_of(100))->goes_on_as, std::nullopt) << "heard long ago";
  EXPECT_EQ(book_->learn(rotation(117, 217), IpAddress::v4(0x05090001)), RotationOutcome::First) << "there is room again";
}

TEST_F(RotationTest, AStrangersKeyIsNeverLookedUp) {
  meet(5);
  clock_.run_for(context_, 24h);
  EXPECT_EQ(table_.gets, 0U);
}

}  // namespace
}  // namespace soulfabric::mesh
