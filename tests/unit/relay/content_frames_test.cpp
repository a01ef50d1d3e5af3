// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of the content relay: as they are written down, at every length, and over their caps.
#include "wire/content_frames.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

library::Manifest manifest_of(std::size_t size) {
  Bytes data(size);
  SeededRandom(3).fill(data);
  library::ContentHasher hasher(size);
  hasher.update(data);
  return *hasher.finish();
}

TEST(ContentFrames, HaveTheWrittenBytes) {
  library::Manifest manifest;
  manifest.size = 0x0102030405060708;
  manifest.root.fill(0xAA);
  manifest.layer.resize(1);
  manifest.layer[0].fill(0xBB);
  std::string expected = "00" "00000048" "0102030405060708";
  for (int i = 0; i < 32; ++i) expected += "aa";
  for (int i = 0; i < 32; ++i) expected += "bb";
  EXPECT_EQ(to_hex(encode_manifest(manifest)), expected);
  EXPECT_EQ(to_hex(encode_opening(Opening::NotFound)), "0100000000");
  EXPECT_EQ(to_hex(encode_opening(Opening::Busy)), "0200000000");
  EXPECT_EQ(to_hex(encode_ask(0x01020304)), "01020304");
  std::array<std::uint8_t, kPieceHead> head;
  write_piece_head(head, {0x01020304, 0x0000000100040000});
  EXPECT_EQ(to_hex(head), "010203040000000100040000");
}

TEST(ContentFrames, AreReadAsTheyWereWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256 * 1024}, std::size_t{1'000'000}}) {
    const auto manifest = manifest_of(size);
    const Bytes frame = encode_manifest(manifest);
    const auto head = parse_opening(frame);
    ASSERT_TRUE(head && *head) << size;
    EXPECT_EQ((*head)->opening, Opening::Manifest);
    ASSERT_EQ((*head)->body, frame.size() - kOpeningHead);
    const auto again = parse_manifest(ByteView(frame).subspan(kOpeningHead), manifest.id);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, manifest);
  }
  EXPECT_EQ(parse_ask(encode_ask(4095)), 4095U);
}

TEST(ContentFrames, AreIncompleteAtEveryShorterLength) {
  const Bytes frame = encode_manifest(manifest_of(1'000'000));
  for (std::size_t size = 0; size < kOpeningHead; ++size) {
    const auto head = parse_opening(ByteView(frame).first(size));
    EXPECT_TRUE(head && !*head) << size;
  }
  for (std::size_t size = 0; size < frame.size() - kOpeningHead; ++size)
    EXPECT_FALSE(parse_manifest(ByteView(frame).subspan(kOpeningHead, size), {})) << size;
  std::array<std::uint8_t, kPieceHead> head;
  write_piece_head(head, {1, 2});
  for (std::size_t size = 0; size < kPieceHead; ++size) {
    const auto parsed = parse_piece_head(ByteView(head).first(size), {1, 2});
    EXPECT_TRUE(parsed && !*parsed) << size;
  }
  for (std::size_t size = 0; size < kPieceAsk; ++size) EXPECT_FALSE(parse_ask(ByteView(head).first(size))) << size;
}

TEST(ContentFrames, OverTheirCapsAreRefused) {
  const auto head_of = [](std::uint8_t opening, std::uint32_t body) {
    return Bytes{opening, static_cast<std::uint8_t>(body >> 24U), static_cast<std::uint8_t>(body >> 16U), static_cast<std::uint8_t>(body >> 8U),
                 static_cast<std::uint8_t>(body)};
  };
  EXPECT_TRUE(parse_opening(head_of(0, kManifestMost)));
  const auto large = parse_opening(head_of(0, kManifestMost + 32));
  EXPECT_TRUE(!large && large.error().code == Errc::TooLarge);
  EXPECT_FALSE(parse_opening(head_of(0, kManifestLeast - 32)));
  EXPECT_FALSE(parse_opening(head_of(0, kManifestLeast + 31)));
  EXPECT_FALSE(parse_opening(head_of(1, 40)));
  EXPECT_FALSE(parse_opening(head_of(2, 1)));
  EXPECT_FALSE(parse_opening(head_of(3, 0)));
  EXPECT_FALSE(parse_opening(head_of(0, 0xFFFFFFFF)));
}

TEST(ContentFrames, NameOnlyManifestsThatHoldInThemselves) {
  auto manifest = manifest_of(1'000'000);
  const auto parse = [](const library::Manifest& one) { return parse_manifest(ByteView(encode_manifest(one)).subspan(kOpeningHead), one.id); };
  ASSERT_TRUE(parse(manifest));
  auto wrong = manifest;
  wrong.layer[2][5] ^= 1;
  EXPECT_FALSE(parse(wrong));
  wrong = manifest;
  wrong.root[0] ^= 1;
  EXPECT_FALSE(parse(wrong));
  wrong = manifest;
  wrong.layer.pop_back();
  EXPECT_FALSE(parse(wrong));
  wrong = manifest;
  wrong.size = 1ULL << 60U;
  EXPECT_FALSE(parse(wrong));
}

TEST(ContentFrames, GiveOnlyThePieceThatIsDue) {
  std::array<std::uint8_t, kPieceHead> head;
  write_piece_head(head, {7, 262144});
  EXPECT_TRUE(parse_piece_head(head, {7, 262144}));
  EXPECT_FALSE(parse_piece_head(head, {8, 262144}));
  EXPECT_FALSE(parse_piece_head(head, {7, 262143}));
}

}  // namespace
}  // namespace soulfabric::relay
