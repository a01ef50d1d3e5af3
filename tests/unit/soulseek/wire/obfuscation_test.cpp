// SPDX-License-Identifier: GPL-3.0-or-later
// Obfuscation of type 1: the note's vector, its own inverse, pieces equal the whole.
#include "soulseek/wire/obfuscation.hpp"

#include <gtest/gtest.h>

namespace soulfabric::soulseek::wire {
namespace {

TEST(Obfuscation, GivesTheBytesOfTheProtocolNote) {
  Bytes plain;
  ASSERT_TRUE(from_hex("0800000079000000e8030000", plain));
  EXPECT_EQ(to_hex(obfuscate({0x14, 0x94, 0xee, 0x4a}, plain)), "1494ee4a2028dd952850ba2b4aa37457");
}

TEST(Obfuscation, IsUndoneInPiecesOfAnySize) {
  Bytes plain(500);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::uint8_t>(i * 31);
  const ObfuscationKey key{0xFF, 0x01, 0x80, 0x7F};
  const Bytes sent = obfuscate(key, plain);
  EXPECT_EQ(deobfuscate(sent), plain);
  for (std::size_t piece = 1; piece < 140; piece += 3) {
    Bytes body(sent.begin() + 4, sent.end());
    for (std::size_t at = 0; at < body.size(); at += piece) {
      apply_obfuscation(key, at, MutableByteView(body).subspan(at, std::min(piece, body.size() - at)));
    }
    ASSERT_EQ(body, plain) << piece;
  }
}

TEST(Obfuscation, TakesLessThanAKey) {
  EXPECT_TRUE(deobfuscate({}).empty());
  EXPECT_TRUE(deobfuscate(bytes_of("abc")).empty());
  EXPECT_TRUE(deobfuscate(bytes_of("abcd")).empty());
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
