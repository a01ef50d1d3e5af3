// SPDX-License-Identifier: GPL-3.0-or-later
// Structs on the wire: golden bytes, missing and unknown fields, caps.
#include "soulfabric/fabric/fields.hpp"

#include <gtest/gtest.h>

namespace soulfabric::fabric {
namespace {

struct Inner {
  std::int32_t number = 0;
  template <class Visitor>
  void fields(Visitor& f) {
    f("n", number);
  }
};
struct Outer {
  std::string text;
  std::optional<bool> flag;
  std::vector<Inner> list;
  Bytes bytes;
  std::array<std::uint8_t, 2> pair{};
  PeerId peer;
  std::uint8_t small = 0;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 5);
    f("flag", flag);
    f("list", list, 2);
    f("b", bytes, 3);
    f("pair", pair);
    f("peer", peer);
    f("small", small);
  }
};

template <class T>
struct Holder {
  T value{};
  template <class Visitor>
  void fields(Visitor& f) {
    f("v", value);
  }
};
using Wide = Holder<std::uint64_t>;
using Narrow = Holder<std::uint8_t>;

struct TextOnly {
  std::string text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 5);
  }
};

Result<TextOnly> text_from(std::string_view hex) {
  Bytes in;
  EXPECT_TRUE(from_hex(hex, in));
  return decode<TextOnly>(in);
}

TEST(Fields, WriteAMapSortedByName) {
  EXPECT_EQ(to_hex(encode(TextOnly{"hi"})), "a16474657874626869");
  EXPECT_EQ(to_hex(encode(Nothing{})), "a0");
  const Outer outer{"abc", std::nullopt, {{-1}, {7}}, {1, 2}, {8, 9}, PeerId{}, 200};
  EXPECT_EQ(to_hex(encode(outer)).substr(0, 50), "a6" "6162" "420102" "646c697374" "82a1616e20a1616e07" "6470616972");
}

TEST(Fields, ReadWhatTheyWrote) {
  const Outer outer{"abc", true, {{-1}, {7}}, {1, 2}, {8, 9}, *PeerId::parse(std::string(32, 'q')), 200};
  const auto again = decode<Outer>(encode(outer));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text, "abc");
  EXPECT_EQ(again->flag, true);
  EXPECT_EQ(again->list.at(0).number, -1);
  EXPECT_EQ(again->bytes, (Bytes{1, 2}));
  EXPECT_EQ(again->pair, outer.pair);
  EXPECT_EQ(again->peer, outer.peer);
  EXPECT_EQ(again->small, 200);
  EXPECT_EQ(encode(*again), encode(outer));
}

TEST(Fields, PassOverTheUnknownAndRefuseTheMissing) {
  EXPECT_EQ(text_from("a26161f56474657874626869")->text, "hi");
  EXPECT_FALSE(text_from("a0"));
  EXPECT_FALSE(text_from("a16161f5"));
  EXPECT_FALSE(text_from("a1647465787405"));
  EXPECT_FALSE(text_from("80"));
  EXPECT_FALSE(text_from("a1647465787462686900"));  // a byte behind it
  EXPECT_TRUE(decode<Nothing>(encode(TextOnly{"hi"})));
}

TEST(Fields, HoldTheirCaps) {
  EXPECT_TRUE(decode<TextOnly>(encode(TextOnly{"12345"})));
  EXPECT_EQ(decode<TextOnly>(encode(TextOnly{"123456"})).error().code, Errc::TooLarge);
  Outer outer;
  outer.list.resize(3);
  EXPECT_FALSE(decode<Outer>(encode(outer)));
  outer.list.resize(2);
  EXPECT_TRUE(decode<Outer>(encode(outer)));
  outer.bytes.resize(4);
  EXPECT_FALSE(decode<Outer>(encode(outer)));
}

TEST(Fields, RefuseNumbersThatDoNotFit) {
  EXPECT_EQ(decode<Narrow>(encode(Wide{255}))->value, 255);
  EXPECT_FALSE(decode<Narrow>(encode(Wide{256})));
}

TEST(Fields, RefuseEveryPrefix) {
  Outer outer;
  outer.text = "abc";
  outer.list.resize(1);
  const Bytes whole = encode(outer);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode<Outer>(ByteView(whole).first(n))) << n;
}

}  // namespace
}  // namespace soulfabric::fabric
