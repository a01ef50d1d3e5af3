// SPDX-License-Identifier: GPL-3.0-or-later
// Lies inside messages: counts and text lengths, bombs, sizes of old clients, optional fields that are not there.
#include <gtest/gtest.h>

#include "soulseek/wire/wire.hpp"
#include "soulseek/wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {
namespace {

Bytes numbers(std::initializer_list<std::uint32_t> values) {
  Bytes out;
  for (const std::uint32_t value : values) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return out;
}

constexpr std::uint32_t kLies[] = {0x7FFF'FFFFU, 0x8000'0000U, 0xFFFF'FFFFU};

TEST(Decode, RefusesTextLongerThanItsMessage) {
  for (const std::uint32_t lie : kLies) {
    const auto queue = decode_peer(43, numbers({lie, 1}));
    ASSERT_FALSE(queue.has_value());
    EXPECT_EQ(queue.error().code, Errc::Malformed);
  }
}

TEST(Decode, RefusesCountsThatTheMessageCannotHold) {
  for (const std::uint32_t lie : kLies) {
    EXPECT_FALSE(decode_server_reply(160, numbers({lie, 0, 0})).has_value());
    EXPECT_FALSE(decode_server_reply(102, numbers({lie, 0})).has_value());
    EXPECT_FALSE(decode_server_reply(14, numbers({0, lie})).has_value());
    EXPECT_FALSE(decode_server_request(149, numbers({lie})).has_value());
    EXPECT_FALSE(decode_peer(5, deflate_all(numbers({lie, 0, 0}))).has_value());
    EXPECT_FALSE(decode_peer(9, deflate_all(numbers({0, 1, lie}))).has_value());
    EXPECT_FALSE(decode_peer(37, deflate_all(numbers({0, 0, lie}))).has_value());
  }
}

TEST(Decode, TakesZeroCountsAndEmptyTexts) {
  EXPECT_TRUE(decode_server_reply(160, numbers({0})).has_value());
  EXPECT_TRUE(decode_peer(43, numbers({0})).has_value());
  EXPECT_TRUE(decode_peer(37, deflate_all(numbers({7, 0, 0}))).has_value());
}

TEST(Decode, CapsHowManyFilesOneAnswerBringsIntoMemory) {
  // honest counts, but more folders than one message may have
  const auto list = [](std::uint32_t folders) {
    Bytes plain = numbers({folders});
    for (std::uint32_t i = 0; i < folders; ++i) {
      const Bytes folder = numbers({4, i * 2'654'435'761U, 0});
      plain.insert(plain.end(), folder.begin(), folder.end());
    }
    return deflate_all(plain);
  };
  const auto refused = decode_peer(5, list(kMaxListedFiles + 1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::TooLarge);
  EXPECT_TRUE(decode_peer(5, list(kMaxListedFiles)).has_value());
}

TEST(Decode, CapsTheAttributesOfOneFile) {
  peer::FileSearchResponse answer;
  answer.files.emplace_back().attributes.resize(kMaxAttributes);
  const Bytes fits = encode(answer);
  EXPECT_TRUE(decode_peer(9, ByteView(fits).subspan(8)).has_value());
  answer.files.front().attributes.resize(kMaxAttributes + 1);
  const Bytes too_many = encode(answer);
  EXPECT_FALSE(decode_peer(9, ByteView(too_many).subspan(8)).has_value());
}

TEST(Decode, StopsABombBeforeItUnpacks) {
  const Bytes zeros(64 * kMiB, 0);
  const Bytes bomb = deflate_all(zeros);
  ASSERT_LT(bomb.size(), 100 * kKiB);
  for (const std::uint32_t code : {5U, 9U, 37U}) {
    const auto refused = decode_peer(code, bomb);
    ASSERT_FALSE(refused.has_value());
  }
  const auto by_ratio = inflate_all(bomb, kMaxInflatedBrowse);
  ASSERT_FALSE(by_ratio.has_value());
  EXPECT_EQ(by_ratio.error().code, Errc::TooLarge);
}

TEST(Inflate, StopsAtTheCapOfItsKindAndNotBefore) {
  Bytes noise(300'000);
  std::uint32_t state = 1;
  for (auto& byte : noise) byte = static_cast<std::uint8_t>((state = state * 1'664'525U + 1'013'904'223U) >> 24U);
  const Bytes packed = deflate_all(noise);
  EXPECT_EQ(inflate_all(packed, noise.size()), noise);
  const auto refused = inflate_all(packed, noise.size() - 1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::TooLarge);
}

TEST(Inflate, ReportsEveryEarlyEndAndDamage) {
  const Bytes packed = deflate_all(bytes_of("some text, some text, some text, and an end"));
  for (std::size_t n = 0; n < packed.size(); ++n) EXPECT_FALSE(inflate_all(ByteView(packed).first(n), kMiB).has_value()) << n;
  Bytes damaged = packed;
  damaged[damaged.size() - 1] ^= 1U;
  EXPECT_FALSE(inflate_all(damaged, kMiB).has_value());
  EXPECT_FALSE(inflate_all(bytes_of("not compressed at all"), kMiB).has_value());
}

TEST(Decode, CutsTheGarbageHalfOfOldSizes) {
  EXPECT_EQ(effective_size(0xFFFF'FFFF'9000'0000ULL), 0x9000'0000ULL);
  EXPECT_EQ(effective_size(0x0000'0002'0000'0000ULL), 0x2'0000'0000ULL);
  const Bytes frame = encode(peer::TransferRequest{peer::TransferDirection::Upload, 1, "a", 0xFFFF'FFFF'9000'0000ULL});
  EXPECT_EQ(std::get<peer::TransferRequest>(*decode_peer(40, ByteView(frame).subspan(8))).size, 0x9000'0000ULL);
}

TEST(Decode, KeepsPathsByteExact) {
  const std::string path = "M\xfcsic\\caf\xe9\x01\\\xc3\xa9.mp3";
  const Bytes frame = encode(peer::QueueUpload{path});
  EXPECT_EQ(std::get<peer::QueueUpload>(*decode_peer(43, ByteView(frame).subspan(8))).path, path);
}

TEST(Decode, TakesPortsOnlyOldAndNewForms) {
  const auto old_form = decode_server_request(2, numbers({2234}));
  ASSERT_TRUE(old_form.has_value());
  EXPECT_FALSE(std::get<request::SetWaitPort>(*old_form).obfuscated_port.has_value());
  Bytes address = numbers({4});
  for (const char c : {'a', 'n', 'n', 'a'}) address.push_back(static_cast<std::uint8_t>(c));
  const Bytes tail = numbers({0x0A00'0001U, 2234});
  address.insert(address.end(), tail.begin(), tail.end());
  const auto short_reply = decode_server_reply(3, address);
  ASSERT_TRUE(short_reply.has_value());
  EXPECT_EQ(std::get<reply::GetPeerAddress>(*short_reply).ip.to_string(), "10.0.0.1");
  EXPECT_EQ(port_of(0), std::nullopt);
  EXPECT_EQ(port_of(65536), std::nullopt);
  EXPECT_EQ(port_of(65535), 65535);
}

TEST(Decode, ToleratesParallelListsOfDifferentLengths) {
  Bytes body = numbers({0, 2, 0, 0});         // room "", users "" and ""
  const Bytes rest = numbers({1, 2, 0, 0, 0});  // one status, then empty lists
  body.insert(body.end(), rest.begin(), rest.end());
  const auto joined = decode_server_reply(14, body);
  ASSERT_TRUE(joined.has_value());
  const auto& users = std::get<reply::JoinRoom>(*joined).users;
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[0].status, UserStatus::Online);
  EXPECT_EQ(users[1].status, UserStatus::Offline);
}

TEST(Decode, NamesUnknownAndObsoleteCodes) {
  EXPECT_EQ(std::get<Unknown>(*decode_server_reply(9999, {})).code, 9999U);
  EXPECT_EQ(std::get<Unknown>(*decode_server_request(9999, {})).code, 9999U);
  EXPECT_EQ(std::get<Unknown>(*decode_peer(9999, {})).code, 9999U);
  EXPECT_EQ(std::get<Unknown>(*decode_distributed(99, {})).code, 99U);
  EXPECT_EQ(std::get<Unknown>(*decode_init(9, {})).code, 9U);
  for (const std::uint32_t code : peer::kObsoletePeerCodes) EXPECT_EQ(std::get<peer::Obsolete>(*decode_peer(code, numbers({1}))).code, code);
}

TEST(Decode, ReadsWhoAnswersBeforeTheRest) {
  const Bytes frame = encode(peer::FileSearchResponse{.user = "anna", .token = 5});
  const auto head = peek_search_answer(ByteView(frame).subspan(8));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->token, 5U);
  const Bytes long_name = encode(peer::FileSearchResponse{.user = std::string(kMaxUserName + 1, 'x'), .token = 5});
  EXPECT_FALSE(peek_search_answer(ByteView(long_name).subspan(8)).has_value());
  EXPECT_FALSE(peek_search_answer({}).has_value());
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
