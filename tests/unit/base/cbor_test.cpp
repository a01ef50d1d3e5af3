// SPDX-License-Identifier: GPL-3.0-or-later
// The CBOR codec against RFC 8949's own examples, and against every spelling that is not the deterministic one.
#include "soulfabric/base/cbor.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace soulfabric::cbor {
namespace {

Bytes hex(std::string_view text) {
  Bytes out;
  EXPECT_TRUE(from_hex(text, out)) << text;
  return out;
}

/// Writes again what the reader reads, item by item.
Status copy_item(Reader& reader, Writer& writer) {
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  SF_TRY_ASSIGN(const Kind kind, reader.peek());
  switch (kind) {
    case Kind::Unsigned: {
      SF_TRY_ASSIGN(const std::uint64_t value, reader.number());
      writer.number(value);
      return {};
    }
    case Kind::Negative: {
      SF_TRY_ASSIGN(const std::int64_t value, reader.integer());
      writer.integer(value);
      return {};
    }
    case Kind::Bytes: {
      SF_TRY_ASSIGN(const ByteView value, reader.bytes(kAny));
      writer.bytes(value);
      return {};
    }
    case Kind::Text: {
      SF_TRY_ASSIGN(const std::string_view value, reader.text(kAny));
      writer.text(value);
      return {};
    }
    case Kind::Bool: {
      SF_TRY_ASSIGN(const bool value, reader.boolean());
      writer.boolean(value);
      return {};
    }
    case Kind::Null: {
      SF_TRY(reader.null());
      writer.null();
      return {};
    }
    case Kind::Array: {
      SF_TRY_ASSIGN(const std::size_t entries, reader.array(kAny));
      writer.array(entries);
      for (std::size_t i = 0; i < entries; ++i) SF_TRY(copy_item(reader, writer));
      return {};
    }
    case Kind::Map: {
      SF_TRY_ASSIGN(const std::size_t entries, reader.map(kAny));
      writer.map(entries);
      for (std::size_t i = 0; i < 2 * entries; ++i) SF_TRY(copy_item(reader, writer));
      return {};
    }
  }
  return fail(Errc::Internal, "no such kind");
}

bool is_accepted(std::string_view text) {
  const Bytes in = hex(text);
  Reader reader(in);
  return reader.skip() && reader.end();
}

// RFC 8949, appendix A: what has no float, tag, indefinite length, undefined or unassigned simple value.
constexpr std::string_view kExamples[] = {
    "00", "01", "0a", "17", "1818", "1819", "1864", "1903e8", "1a000f4240", "1b000000e8d4a51000", "1bffffffffffffffff",
    "20", "29", "3863", "3903e7", "f4", "f5", "f6", "40", "4401020304", "60", "6161", "6449455446", "62225c", "62c3bc", "63e6b0b4",
    "64f0908591", "80", "83010203", "8301820203820405", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0", "a201020304",
    "a26161016162820203", "826161a161626163", "a56161614161626142616361436164614461656145"};

TEST(Cbor, ReadsAndWritesTheExamplesOfTheRfc) {
  for (const std::string_view example : kExamples) {
    const Bytes in = hex(example);
    Reader reader(in);
    Bytes out;
    Writer writer(out);
    EXPECT_TRUE(copy_item(reader, writer)) << example;
    EXPECT_TRUE(reader.end()) << example;
    EXPECT_EQ(to_hex(out), example);
    EXPECT_TRUE(is_accepted(example)) << example;
  }
}

TEST(Cbor, SkipsANegativeNumberThatNoIntegerHolds) {
  EXPECT_TRUE(is_accepted("3bffffffffffffffff"));
  const Bytes in = hex("3bffffffffffffffff");
  Reader reader(in);
  EXPECT_FALSE(reader.integer());
  EXPECT_TRUE(reader.skip());
}

TEST(Cbor, RefusesTheExamplesThatAreNotDeterministicOrNotUsed) {
  for (const std::string_view example :
       {"f90000", "f93c00", "fa47c35000", "fb3ff199999999999a", "f97e00", "f7", "f0", "f8ff", "f818", "c074323031332d30332d32315432303a30343a30305a",
        "c11a514b67b0", "c249010000000000000000", "d74401020304", "d818456449455446", "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff",
        "9f018202039f0405ffff", "83018202039f0405ff", "bf61610161629f0203ffff", "bf6346756ef563416d7421ff", "ff", "1c", "1d", "1e", "1f", "3f",
        "5c", "7e", "9d", "bc"})
    EXPECT_FALSE(is_accepted(example)) << example;
}

TEST(Cbor, RefusesEveryLengthLongerThanItsShortestForm) {
  for (const std::string_view example :
       {"1800", "1817", "190000", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800", "3900ff", "5800", "580161", "780161", "79000161",
        "9800", "980101", "990000", "b800", "b8010101", "ba0000000101f5", "9a0000000100", "5b000000000000000161"})
    EXPECT_FALSE(is_accepted(example)) << example;
}

TEST(Cbor, RefusesKeysThatRepeatDescendOrAreContainers) {
  for (const std::string_view example : {"a201000100", "a202000100", "a2616200616100", "a26261610061620061", "a1800a", "a1a00a", "a1f500", "a1f600"})
    EXPECT_FALSE(is_accepted(example)) << example;
  EXPECT_TRUE(is_accepted("a301002000410000"));
  EXPECT_TRUE(is_accepted("a26162006261616161"));  // shorter first
  EXPECT_TRUE(is_accepted("a201a10000020a"));      // the inner map's keys stand for themselves
}

TEST(Cbor, RefusesTextThatIsNotUtf8) {
  EXPECT_FALSE(is_accepted("61ff"));
  EXPECT_FALSE(is_accepted("62c328"));
  EXPECT_FALSE(is_accepted("63eda080"));
}

TEST(Cbor, GoesEightDeepAndNoDeeper) {
  EXPECT_TRUE(is_accepted("818181818181818100"));
  EXPECT_TRUE(is_accepted("8181818181818180"));
  EXPECT_FALSE(is_accepted("81818181818181818100"));
  EXPECT_FALSE(is_accepted("818181818181818180"));
  EXPECT_FALSE(is_accepted("a100a100a100a100a100a100a100a100a0"));
  EXPECT_TRUE(is_accepted("828181818181818100818181818181810a"));  // beside each other is not inside each other
}

TEST(Cbor, RefusesEveryPrefix) {
  for (const std::string_view example : kExamples) {
    const Bytes whole = hex(example);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      Reader reader(ByteView(whole).first(n));
      EXPECT_FALSE(reader.skip()) << example << " cut to " << n;
      EXPECT_EQ(reader.position(), 0U);
      EXPECT_EQ(reader.depth(), 0U);
    }
    Bytes longer = whole;
    longer.push_back(0);
    Reader reader(longer);
    EXPECT_TRUE(reader.skip());
    EXPECT_FALSE(reader.end()) << example;
  }
}

TEST(Cbor, BelievesNoLengthBeyondWhatIsLeft) {
  for (const std::string_view example : {"5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "bb8000000000000000",
                                         "9affffffff", "a100", "a20001", "5affffffff00"}) {
    const Bytes in = hex(example);
    Reader reader(in);
    EXPECT_FALSE(reader.array(std::numeric_limits<std::size_t>::max())) << example;
    EXPECT_FALSE(reader.bytes(std::numeric_limits<std::size_t>::max())) << example;
    EXPECT_FALSE(reader.skip()) << example;
  }
}

TEST(Cbor, HoldsTheCapsOfTheCaller) {
  const Bytes text = hex("63616263");
  EXPECT_EQ(Reader(text).text(2).error().code, Errc::TooLarge);
  EXPECT_EQ(Reader(text).text(3).value(), "abc");
  const Bytes bytes = hex("43010203");
  EXPECT_EQ(Reader(bytes).bytes(2).error().code, Errc::TooLarge);
  EXPECT_EQ(Reader(bytes).bytes(3).value().size(), 3U);
  const Bytes array = hex("83010203");
  EXPECT_EQ(Reader(array).array(2).error().code, Errc::TooLarge);
  EXPECT_EQ(Reader(array).array(3).value(), 3U);
  const Bytes map = hex("a201020304");
  EXPECT_EQ(Reader(map).map(1).error().code, Errc::TooLarge);
  EXPECT_EQ(Reader(map).map(2).value(), 2U);
}

TEST(Cbor, RefusesAnItemOfAnotherKind) {
  const Bytes in = hex("8501204161f6f5");  // 1, -1, bytes where a text is asked for, null, true
  Reader reader(in);
  EXPECT_FALSE(reader.map(9));
  EXPECT_EQ(reader.array(9).value(), 5U);
  EXPECT_FALSE(reader.text(9));
  EXPECT_EQ(reader.number().value(), 1U);
  EXPECT_FALSE(reader.number());
  EXPECT_EQ(reader.integer().value(), -1);
  EXPECT_FALSE(reader.text(9));
  EXPECT_EQ(reader.bytes(9).value().size(), 1U);
  EXPECT_FALSE(reader.boolean());
  EXPECT_TRUE(reader.null());
  EXPECT_FALSE(reader.null());
  EXPECT_FALSE(reader.end());
  EXPECT_TRUE(reader.boolean().value());
  EXPECT_TRUE(reader.end());
}

TEST(Cbor, DoesNotEndInsideAnArray) {
  const Bytes in = hex("820100");
  Reader reader(in);
  EXPECT_TRUE(reader.array(2));
  EXPECT_TRUE(reader.number());
  EXPECT_FALSE(reader.end());
  EXPECT_TRUE(reader.number());
  EXPECT_TRUE(reader.end());
}

TEST(Cbor, WritesAndReadsTheOutermostIntegers) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    Bytes out;
    Writer(out).integer(value);
    EXPECT_EQ(Reader(out).integer().value(), value);
  }
  const Bytes over = hex("1b8000000000000000");
  EXPECT_FALSE(Reader(over).integer());
  EXPECT_EQ(Reader(over).number().value(), std::uint64_t{1} << 63U);
}

}  // namespace
}  // namespace soulfabric::cbor
