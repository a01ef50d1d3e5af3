// SPDX-License-Identifier: GPL-3.0-or-later
// What a node says about a service of its own, and the forgeries that are not believed.
#include "soulfabric/fabric/descriptor.hpp"

#include <gtest/gtest.h>

#include <set>

#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::int64_t kDay = 1'800'000'000 / 86'400;

SigningKey key_of(std::uint8_t number) {
  SigningKey::Seed seed{};
  seed.fill(number);
  return SigningKey(seed);
}

mesh::DhtKey pods_key(unsigned shard = 3) { return shard_key("pods", shard, kDay); }

ServiceDescriptor pods() {
  ServiceDescriptor descriptor;
  descriptor.name = "pods";
  descriptor.version = "1.0.0";
  descriptor.sequence = 1'800'000'000'000;
  descriptor.created = kNow;
  descriptor.expires = kNow + 1h;
  descriptor.metadata_hash.fill(7);
  return descriptor;
}

mesh::SignedRecord signed_pods(std::uint8_t number = 1) { return *sign_descriptor(key_of(number), pods(), pods_key()); }

Result<ServiceDescriptor> read(const mesh::SignedRecord& record, WallTime now = kNow) { return read_descriptor(record, "pods", pods_key(), now); }

TEST(Descriptor, HasAnIdMadeOfNameAndOwner) {
  const PeerId owner = PeerId::of(key_of(1).public_key());
  EXPECT_EQ(service_id("pods", owner), crypto::sha256(bytes_of("svc:pods:" + owner.to_string())));
  EXPECT_NE(service_id("pods", owner), service_id("pod", owner));
  EXPECT_NE(service_id("pods", owner), service_id("pods", PeerId::of(key_of(2).public_key())));
}

TEST(Descriptor, StandsUnderSixteenKeysThatChangeByTheDay) {
  std::set<mesh::DhtKey> keys;
  for (unsigned shard = 0; shard < kShards; ++shard) {
    keys.insert(shard_key("pods", shard, kDay));
    keys.insert(shard_key("pods", shard, kDay + 1));
  }
  EXPECT_EQ(keys.size(), 2U * kShards);
}

TEST(Descriptor, IsReadAsItWasSigned) {
  const auto back = read(signed_pods());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->name, "pods");
  EXPECT_EQ(back->version, "1.0.0");
  EXPECT_EQ(back->owner, PeerId::of(key_of(1).public_key()));
  EXPECT_EQ(back->id, service_id("pods", back->owner));
  EXPECT_EQ(back->metadata_hash, pods().metadata_hash);
  EXPECT_EQ(back->created, kNow);
  EXPECT_EQ(back->expires, kNow + 1h);
  EXPECT_EQ(back->sequence, pods().sequence);
  EXPECT_FALSE(back->withdrawn);
}

TEST(Descriptor, BytesNeverChange) {
  // A change here is a change of the protocol: nodes that are out there would no longer understand each other.
  std::string sevens;
  for (int i = 0; i < 32; ++i) sevens += "07";
  EXPECT_EQ(to_hex(ByteView(signed_pods().body).last(43)), "04706f647305312e302e30" + sevens);
  EXPECT_EQ(to_hex(pods_key()), "122798b1cea03d895b64d01baec1b5d0d5c7b48f");
  EXPECT_EQ(to_hex(crypto::sha256(mesh::encode_record(signed_pods()))), "1d0264ad5588ce3ba98b88465d32cc2fbf8d733ca38c6158bed756c3d7c6100a");
}

TEST(Descriptor, IsNotBelievedForASignatureThatIsOnlySixtyFourBytesLong) {
  auto record = signed_pods();
  record.signature = Signature{};
  EXPECT_EQ(read(record).error().code, Errc::Unauthorized);
  record.signature = signed_pods(2).signature;
  EXPECT_EQ(read(record).error().code, Errc::Unauthorized) << "somebody else's";
}

TEST(Descriptor, IsNotBelievedFromAKeyThatIsNotItsOwners) {
  auto record = signed_pods(1);
  record.signer = key_of(2).public_key();
  EXPECT_FALSE(read(record));
  // The thief signs by itself: the id inside is still the victim's.
  record = *mesh::sign_record(key_of(2), signed_pods(1));
  EXPECT_EQ(read(record).error().code, Errc::Malformed);
}

TEST(Descriptor, IsNotBelievedUnderAnotherNameShardOrDay) {
  const auto record = signed_pods();
  EXPECT_FALSE(read_descriptor(record, "shadow-index", pods_key(), kNow));
  EXPECT_FALSE(read_descriptor(record, "pods", pods_key(4), kNow));
  EXPECT_FALSE(read_descriptor(record, "pods", shard_key("pods", 3, kDay + 1), kNow));
  auto other = record;
  other.kind = mesh::RecordKind::Provider;
  EXPECT_FALSE(read(other));
}

TEST(Descriptor, IsNotBelievedOutsideItsTime) {
  EXPECT_FALSE(read(signed_pods(), kNow - 6min)) << "from the future";
  EXPECT_TRUE(read(signed_pods(), kNow - 4min)) << "within the skew";
  EXPECT_TRUE(read(signed_pods(), kNow + 64min)) << "within the skew";
  EXPECT_FALSE(read(signed_pods(), kNow + 66min)) << "expired";
  auto forever = pods();
  forever.expires = kNow + 25h;
  EXPECT_FALSE(sign_descriptor(key_of(1), forever, pods_key())) << "over the longest life";
}

TEST(Descriptor, IsRefusedForEveryPrefixAndEveryLieAboutALength) {
  const auto record = signed_pods();
  for (std::size_t n = 0; n < record.body.size(); ++n) {
    auto cut = record;
    cut.body.resize(n);
    EXPECT_FALSE(read_descriptor(cut, "pods", pods_key(), kNow, false)) << n;
  }
  for (const std::size_t at : {std::size_t{33}, std::size_t{38}}) {
    for (unsigned length = 0; length < 256; ++length) {
      auto lie = record;
      if (lie.body[at] == length) continue;
      lie.body[at] = static_cast<std::uint8_t>(length);
      EXPECT_FALSE(read_descriptor(lie, "pods", pods_key(), kNow, false)) << at << " " << length;
    }
  }
  auto longer = record;
  longer.body.push_back(0);
  EXPECT_FALSE(read_descriptor(longer, "pods", pods_key(), kNow, false));
}

TEST(Descriptor, OfABadNameOrVersionIsNotSigned) {
  for (const char* name : {"", "Pods", "9pods", "pods:x", "a-name-that-is-longer-than-32-chars"}) {
    auto bad = pods();
    bad.name = name;
    EXPECT_EQ(sign_descriptor(key_of(1), bad, pods_key()).error().code, Errc::InvalidArgument) << name;
  }
  for (const char* version : {"", "1 0", "1.0.0\n", "1.0.0-and-a-tail-that-never-wants-to-end"}) {
    auto bad = pods();
    bad.version = version;
    EXPECT_EQ(sign_descriptor(key_of(1), bad, pods_key()).error().code, Errc::InvalidArgument) << version;
  }
}

TEST(Descriptor, IsWithdrawnByATombstoneThatSaysNothingElse) {
  auto gone = pods();
  gone.withdrawn = true;
  ++gone.sequence;
  const auto record = *sign_descriptor(key_of(1), gone, pods_key());
  EXPECT_TRUE(record.body.empty());
  EXPECT_TRUE(mesh::supersedes(record, signed_pods()));
  const auto back = read(record);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->withdrawn);
  EXPECT_EQ(back->id, service_id("pods", back->owner));
}

TEST(DescriptorMetadata, IsTheSameBytesInWhateverOrderItWasGiven) {
  const auto one = encode_metadata({{"b", "2"}, {"a", "1"}, {"aa", "3"}});
  EXPECT_EQ(to_hex(*one), "a3" "61616131" "61626132" "6261616133");
  EXPECT_EQ(*one, *encode_metadata({{"aa", "3"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_NE(*one, *encode_metadata({{"a", "1;b=2"}, {"aa", "3"}})) << "nothing in a value reads as another entry";
}

TEST(DescriptorMetadata, IsRefusedOverItsCaps) {
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 11; ++i) many.emplace_back(std::string(1, static_cast<char>('a' + i)), "x");
  EXPECT_EQ(encode_metadata(many).error().code, Errc::TooLarge);
  many.pop_back();
  EXPECT_TRUE(encode_metadata(many));
  EXPECT_EQ(encode_metadata({{"a", std::string(4097, 'x')}}).error().code, Errc::TooLarge);
  EXPECT_EQ(encode_metadata({{"a", "1"}, {"a", "2"}}).error().code, Errc::InvalidArgument);
}

}  // namespace
}  // namespace soulfabric::fabric
