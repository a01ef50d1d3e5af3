// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a signed answer (docs/relays.md) and what is read back from any others.
#include <gmock/gmock.h>

#include "soulfabric/base/random.hpp"
#include "wire/catalogue_wire.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBody = "{\"id\":\"b84ee12a-09ef-421b-82de-0441a926375b\"}";

SigningKey fixed_key() {
  SigningKey::Seed seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(i);
  return SigningKey(seed);
}
CatalogueKey about() { return *CatalogueKey::make(CatalogueKind::Release, "b84ee12a-09ef-421b-82de-0441a926375b"); }
WallTime at() { return from_unix_micros(1'800'000'000'000'000); }
CatalogueAnswer plain() {
  CatalogueAnswer answer;
  answer.status = 200;
  answer.content_type = "application/json";
  answer.body = std::make_shared<const Bytes>(kBody.begin(), kBody.end());
  answer.fetched = at();
  answer.expires = at() + 10min;
  return answer;
}

TEST(CatalogueWire, HeadHasTheseVeryBytes) {
  const SignedAnswer answer = sign_answer(fixed_key(), about(), plain());
  EXPECT_EQ(to_hex(encode_head(answer)),
            "8a0101782462383465653132612d303965662d343231622d383264652d30343431613932363337356218c8706170706c69636174696f6e2f6a736f6e1b000001"
            "a3185c50001b000001a3186577c0f4582003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b85840b3ceb5b588ab3a3a8e0c7f929c"
            "99abf4e623d114cd67a1d73962115937d86db768abec63c4648674cae33d955a5a08e5ce24f83e4319d4eaf641f64d99ddf000");
  const auto prefix = answer_prefix({0x0102, 0x00030405});
  EXPECT_EQ(to_hex(prefix), "02010200030405");
}

TEST(CatalogueWire, HeadIsReadBackAsItWasWritten) {
  const SignedAnswer answer = sign_answer(fixed_key(), about(), plain());
  const auto read = decode_head(encode_head(answer));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, answer);
  const auto checked = check_answer(*read, plain().body, about(), PeerId::of(fixed_key().public_key()), at() + 1min);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->fetched, at());
  EXPECT_EQ(checked->expires, at() + 10min);
  EXPECT_EQ(checked->via, CatalogueVia::Mesh);
}

TEST(CatalogueWire, EveryByteOfTheHeadMatters) {
  const Bytes head = encode_head(sign_answer(fixed_key(), about(), plain()));
  const PeerId peer = PeerId::of(fixed_key().public_key());
  for (std::size_t i = 0; i < head.size(); ++i) {
    Bytes other = head;
    other[i] ^= 1;
    const auto read = decode_head(other);
    if (read) EXPECT_FALSE(check_answer(*read, plain().body, about(), peer, at())) << "byte " << i;
    EXPECT_FALSE(decode_head(ByteView(head).first(i)));
  }
}

TEST(CatalogueWire, FaultsAreToldApart) {
  const PeerId peer = PeerId::of(fixed_key().public_key());
  const auto fault = [&](const SignedAnswer& answer, WallTime now) { return check_answer(answer, plain().body, about(), peer, now).error(); };
  const SignedAnswer right = sign_answer(fixed_key(), about(), plain());
  EXPECT_EQ(fault(right, at() + 15min), AnswerFault::Expired);
  EXPECT_TRUE(check_answer(right, plain().body, about(), peer, at() + 14min)) << "clocks may differ by five minutes";
  EXPECT_EQ(fault(right, at() - 6min), AnswerFault::Expired);
  EXPECT_TRUE(check_answer(right, plain().body, about(), peer, at() - 4min));
  SignedAnswer other = right;
  other.key.mbid[0] = '0';
  EXPECT_EQ(fault(other, at()), AnswerFault::OtherKey);
  other = right;
  other.content_type = "image/png";
  EXPECT_EQ(fault(other, at()), AnswerFault::Forged);
  other = right;
  other.expires = other.fetched;
  EXPECT_EQ(fault(other, at()), AnswerFault::Form);
  other = right;
  other.signer[0] ^= 1;
  EXPECT_EQ(fault(other, at()), AnswerFault::OtherSigner);
}

TEST(CatalogueWire, AFreshAnswerCannotBeTurnedIntoAnOldOne) {
  SignedAnswer answer = sign_answer(fixed_key(), about(), plain());
  answer.stale = true;
  const PeerId peer = PeerId::of(fixed_key().public_key());
  EXPECT_EQ(check_answer(answer, plain().body, about(), peer, at() + 48h).error(), AnswerFault::Forged);
}

TEST(CatalogueWire, LengthsOverTheCapsAreRefused) {
  const auto read = [](AnswerLengths lengths) {
    const auto prefix = answer_prefix(lengths);
    std::array<std::uint8_t, kAnswerLengths> rest{};
    std::copy(prefix.begin() + 1, prefix.end(), rest.begin());
    return read_lengths(rest);
  };
  EXPECT_TRUE(read({512, 256 * 1024}));
  EXPECT_EQ(read({513, 10}).error().code, Errc::TooLarge);
  EXPECT_EQ(read({512, 256 * 1024 + 1}).error().code, Errc::TooLarge);
  EXPECT_EQ(read({0, 10}).error().code, Errc::Malformed);
}

TEST(CatalogueWire, AnswerHeadsThatAreNoneAreRefused) {
  EXPECT_FALSE(decode_head({}));
  EXPECT_FALSE(decode_head(Bytes{0x80}));
  SignedAnswer answer = sign_answer(fixed_key(), about(), plain());
  answer.status = 500;
  EXPECT_FALSE(decode_head(encode_head(answer)));
  answer = sign_answer(fixed_key(), about(), plain());
  answer.key.mbid = "B84EE12A-09EF-421B-82DE-0441A926375B";
  EXPECT_FALSE(decode_head(encode_head(answer))) << "one id has one spelling";
  answer = sign_answer(fixed_key(), about(), plain());
  answer.fetched = std::int64_t{1} << 60U;
  EXPECT_FALSE(decode_head(encode_head(answer)));
}

}  // namespace
}  // namespace soulfabric::relay
