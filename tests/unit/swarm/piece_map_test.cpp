// SPDX-License-Identifier: GPL-3.0-or-later
// The bitmap as bytes: there and back, cut anywhere, bent anywhere.
#include "core/piece_map.hpp"

#include <gtest/gtest.h>

namespace soulfabric::swarm::core {
namespace {

PieceMap some_map(std::string placing) {
  PieceMap map;
  map.sha256.fill(0x11);
  map.size = 0x0102030405060708;
  map.root.fill(0x22);
  for (int i = 0; i < 19; ++i) map.pieces.push_back(i % 3 == 0);
  map.placing = std::move(placing);
  return map;
}

void expect_same(const PieceMap& a, const PieceMap& b) {
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.root, b.root);
  EXPECT_EQ(a.pieces, b.pieces);
}

TEST(PieceMap, ComesBackAsItWasWritten) {
  for (const std::string placing : {"", "/music/a (2).flac"}) {
    const PieceMap map = some_map(placing);
    const auto back = PieceMap::parse(map.encode());
    ASSERT_TRUE(back);
    expect_same(*back, map);
    EXPECT_EQ(back->placing, placing);
  }
}

TEST(PieceMap, HasTheFormThatIsDescribed) {
  const Bytes bytes = some_map("").encode();
  EXPECT_EQ(text_of(ByteView(bytes).first(8)), "SFSWARM1");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(40, 8)), "0102030405060708");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(80, 4)), "00000013");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(kMapHeader)), "924920");  // every third bit from the highest
}

TEST(PieceMap, IsMalformedWhereItsHeaderIsBentOrCut) {
  const Bytes whole = some_map("/x").encode();
  for (std::size_t i = 0; i < kMapHeader; ++i) {
    Bytes bent = whole;
    bent[i] ^= 0x40;
    EXPECT_FALSE(PieceMap::parse(bent)) << i;
    EXPECT_FALSE(PieceMap::parse(ByteView(whole).first(i))) << i;
  }
}

TEST(PieceMap, LosesOnlyTheNameWhereItsEndIsTorn) {
  const PieceMap map = some_map("/music/long name.flac");
  const Bytes whole = map.encode();
  for (std::size_t length = kMapHeader + 3; length < whole.size(); ++length) {
    const auto back = PieceMap::parse(ByteView(whole).first(length));
    ASSERT_TRUE(back);
    expect_same(*back, map);
    EXPECT_EQ(back->placing, "");
  }
  Bytes bent = whole;
  bent[whole.size() - 40] ^= 1;
  const auto back = PieceMap::parse(bent);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->placing, "");
}

TEST(PieceMap, MissingBitsAreMissingPieces) {
  const auto back = PieceMap::parse(ByteView(some_map("").encode()).first(kMapHeader + 1));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->pieces.size(), 19U);
  EXPECT_TRUE(back->pieces[0]);
  EXPECT_FALSE(back->pieces[9]);
}

TEST(PieceMap, HasNoMorePiecesThanAManifest) {
  PieceMap map = some_map("");
  map.pieces.assign(kMostMapPieces, true);
  EXPECT_TRUE(PieceMap::parse(map.encode()));
  map.pieces.assign(kMostMapPieces + 1, true);
  EXPECT_FALSE(PieceMap::parse(map.encode()));
}

}  // namespace
}  // namespace soulfabric::swarm::core
