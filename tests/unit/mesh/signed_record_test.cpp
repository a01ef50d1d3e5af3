// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in the DHT is believed only when signer, key, times and every byte agree (security rule S4).
#include <gtest/gtest.h>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::int64_t kSecond = 1'800'000'000;
constexpr WallTime kNow{std::chrono::seconds(kSecond)};

SigningKey key_of(std::uint8_t number) {
  SigningKey::Seed seed{};
  seed.fill(number);
  return SigningKey(seed);
}

SignedRecord unsigned_record() {
  SignedRecord record;
  record.kind = RecordKind::Descriptor;
  record.key = dht_key("service", bytes_of("pods"));
  record.sequence = static_cast<std::uint64_t>(kSecond) * 1000;
  record.created = kSecond;
  record.expires = kSecond + 3600;
  record.body = {1, 2, 3};
  return record;
}

SignedRecord signed_by(std::uint8_t number) { return *sign_record(key_of(number), unsigned_record()); }

Status checked(const SignedRecord& record, WallTime now = kNow) {
  return check_record(record, RecordKind::Descriptor, dht_key("service", bytes_of("pods")), now);
}

TEST(SignedRecord, HasOneFixedLayout) {
  const auto bytes = encode_record(signed_by(1));
  EXPECT_EQ(bytes.size(), kRecordOverhead + 3);
  EXPECT_EQ(to_hex(ByteView(bytes).first(5)), "0102000003");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(57, 27)), "000001a3185c5000" "000000006b49d200" "000000006b49e010" "010203");
  EXPECT_EQ(*decode_record(bytes), signed_by(1));
}

TEST(SignedRecord, IsReadFromNoPrefixAndNoLongerText) {
  auto bytes = encode_record(signed_by(1));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_record(ByteView(bytes).first(n))) << n;
  bytes.push_back(0);
  EXPECT_FALSE(decode_record(bytes));
  EXPECT_EQ(decode_record(Bytes(kRecordCap + 1, 1)).error().code, Errc::TooLarge);
}

TEST(SignedRecord, IsNotBelievedWithOneBitChanged) {
  const auto bytes = encode_record(signed_by(1));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    const auto decoded = decode_record(changed);
    EXPECT_FALSE(decoded && checked(*decoded)) << "bit " << bit;
  }
}

TEST(SignedRecord, IsNotBelievedForSixtyFourZeroBytes) {
  auto record = signed_by(1);
  record.signature = Signature{};
  EXPECT_FALSE(checked(record));
}

TEST(SignedRecord, IsNotBelievedUnderAnotherKeyKindOrTime) {
  const auto record = signed_by(1);
  ASSERT_TRUE(checked(record));
  EXPECT_FALSE(check_record(record, RecordKind::Descriptor, dht_key("service", bytes_of("other")), kNow));
  EXPECT_FALSE(check_record(record, RecordKind::Peer, record.key, kNow));
  EXPECT_FALSE(checked(record, kNow - std::chrono::minutes(6))) << "from the future";
  EXPECT_TRUE(checked(record, kNow - std::chrono::minutes(4))) << "within the skew";
  EXPECT_FALSE(checked(record, kNow + std::chrono::minutes(66))) << "expired";
}

TEST(SignedRecord, SaysWhereAPeerIsUnderItsOwnNameOnly) {
  auto record = unsigned_record();
  record.kind = RecordKind::Peer;
  record.key = dht_key(kPeerDomain, bytes_of(PeerId::of(key_of(1).public_key()).text()));
  EXPECT_TRUE(check_record(*sign_record(key_of(1), record), RecordKind::Peer, record.key, kNow));
  EXPECT_FALSE(check_record(*sign_record(key_of(2), record), RecordKind::Peer, record.key, kNow)) << "a stranger under the name of another";
}

TEST(SignedRecord, CannotShutOutLaterOnesByASequenceFromTheFuture) {
  auto record = unsigned_record();
  record.sequence = ~std::uint64_t{0};
  EXPECT_FALSE(checked(*sign_record(key_of(1), record)));
}

TEST(SignedRecord, IsNotSignedOverTheCapOrForLongerThanADay) {
  auto record = unsigned_record();
  record.body.resize(kRecordBodyCap);
  EXPECT_EQ(encode_record(*sign_record(key_of(1), record)).size(), kRecordCap);
  record.body.push_back(0);
  EXPECT_EQ(sign_record(key_of(1), record).error().code, Errc::TooLarge);
  record = unsigned_record();
  record.expires = record.created + 24 * 3600 + 1;
  EXPECT_FALSE(sign_record(key_of(1), record));
  record = unsigned_record();
  record.withdrawn = true;
  EXPECT_FALSE(sign_record(key_of(1), record)) << "a tombstone has no body";
}

TEST(SignedRecord, GivesWayToAHigherSequenceOfTheSameSignerOnly) {
  auto later = unsigned_record();
  ++later.sequence;
  const auto next = *sign_record(key_of(1), later);
  EXPECT_TRUE(supersedes(next, signed_by(1)));
  EXPECT_FALSE(supersedes(signed_by(1), next)) << "a replay";
  EXPECT_FALSE(supersedes(next, signed_by(2)));
}

TEST(SignedRecord, HasOneSlotPerSignerAndKey) {
  const auto a = dht_key("service", bytes_of("pods"));
  EXPECT_EQ(slot_of(key_of(1).public_key(), a), slot_of(key_of(1).public_key(), a));
  EXPECT_NE(slot_of(key_of(1).public_key(), a), slot_of(key_of(2).public_key(), a));
  EXPECT_NE(slot_of(key_of(1).public_key(), a), slot_of(key_of(1).public_key(), dht_key("service", bytes_of("pod"))));
  EXPECT_NE(dht_key("a", bytes_of("bc")), dht_key("ab", bytes_of("c"))) << "lengths stand in front of each part";
}

}  // namespace
}  // namespace soulfabric::mesh
