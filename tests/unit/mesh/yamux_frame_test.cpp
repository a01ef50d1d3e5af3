// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux headers: golden bytes by the specification, and what is refused.
#include "wire/yamux_frame.hpp"

#include <gtest/gtest.h>

namespace soulfabric::mesh::wire {
namespace {

struct Golden {
  YamuxHeader header;
  std::string_view hex;
};

constexpr unsigned kSynFin = kYamuxSyn | kYamuxFin;

TEST(YamuxFrame, HeadersHaveTheBytesOfTheSpecification) {
  const Golden goldens[] = {
      {{YamuxType::WindowUpdate, kYamuxSyn, 1, 0}, "000100010000000100000000"},
      {{YamuxType::WindowUpdate, kYamuxAck, 1, 0}, "000100020000000100000000"},
      {{YamuxType::WindowUpdate, kYamuxFin, 2, 0x00020000}, "000100040000000200020000"},
      {{YamuxType::WindowUpdate, kYamuxRst, 0xFFFFFFFF, 0}, "00010008ffffffff00000000"},
      {{YamuxType::Data, 0, 0x01020304, 0x0A0B0C0D}, "00000000010203040a0b0c0d"},
      {{YamuxType::Data, kSynFin, 3, 5}, "000000050000000300000005"},
      {{YamuxType::Ping, kYamuxSyn, 0, 7}, "000200010000000000000007"},
      {{YamuxType::Ping, kYamuxAck, 0, 7}, "000200020000000000000007"},
      {{YamuxType::GoAway, 0, 0, 1}, "000300000000000000000001"},
  };
  for (const Golden& golden : goldens) {
    const auto bytes = encode_yamux_header(golden.header);
    EXPECT_EQ(to_hex(bytes), golden.hex);
    const auto back = decode_yamux_header(bytes);
    ASSERT_TRUE(back) << golden.hex;
    EXPECT_EQ(*back, golden.header);
  }
}

TEST(YamuxFrame, RefusesHeadersOfOtherForm) {
  const std::string_view bad[] = {
      "010000000000000100000000",  // version 1
      "000400000000000100000000",  // type 4
      "00ff00000000000100000000",
      "000000100000000100000000",  // unknown flag
      "000080000000000100000000",
      "000000000000000000000001",  // data of no stream
      "000100010000000000000000",  // window of no stream
      "000200010000000100000000",  // ping of a stream
      "000300000000000100000000",  // goodbye of a stream
      "000200000000000000000000",  // ping, neither question nor answer
      "000200030000000000000000",  // ping, both
      "000200050000000000000000",
  };
  for (const std::string_view hex : bad) {
    Bytes bytes;
    ASSERT_TRUE(from_hex(hex, bytes));
    const auto header = decode_yamux_header(bytes);
    ASSERT_FALSE(header) << hex;
    EXPECT_EQ(header.error().code, Errc::Malformed);
  }
}

TEST(YamuxFrame, RefusesEveryPrefix) {
  const auto whole = encode_yamux_header({YamuxType::Data, 0, 1, 1});
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_yamux_header(ByteView(whole).first(n))) << n;
}

}  // namespace
}  // namespace soulfabric::mesh::wire
