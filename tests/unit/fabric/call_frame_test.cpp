// SPDX-License-Identifier: GPL-3.0-or-later
// Calls on the wire: golden bytes, every prefix, every lie about a length.
#include "wire/call_frame.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/cbor.hpp"

namespace soulfabric::fabric {
namespace {

RequestHead example() {
  RequestHead head{"pods", "List", {}, 30'000, 10, 3};
  for (std::size_t i = 0; i < head.id.size(); ++i) head.id[i] = static_cast<std::uint8_t>(i);
  return head;
}
constexpr std::uint8_t kPayload[] = {0xa1, 0x01, 0x02};
constexpr std::string_view kRequest = "00218664706f6473644c69737450000102030405060708090a0b0c0d0e0f1975300a03a10102";
constexpr std::string_view kReply = "0003820803";

Bytes frame_of(const Bytes& head) {
  Bytes out{static_cast<std::uint8_t>(head.size() >> 8U), static_cast<std::uint8_t>(head.size())};
  out.insert(out.end(), head.begin(), head.end());
  return out;
}

/// A request's head with one field replaced by what `write` writes.
template <class Write>
Bytes request_with(std::size_t field, Write write) {
  Bytes head;
  cbor::Writer out(head);
  out.array(6);
  const CallId id{};
  for (std::size_t i = 0; i < 6; ++i) {
    if (i == field)
      write(out);
    else if (i == 0)
      out.text("pods");
    else if (i == 1)
      out.text("List");
    else if (i == 2)
      out.bytes(id);
    else
      out.number(1);
  }
  return frame_of(head);
}

TEST(CallFrame, WritesARequestByteForByte) {
  EXPECT_EQ(to_hex(encode_request(example(), kPayload).value()), kRequest);
  const Bytes written = encode_request(example(), kPayload).value();
  const auto parsed = parse_request(written);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->head, example());
  EXPECT_EQ((*parsed)->size + 3, written.size());
}

TEST(CallFrame, WritesAReplyByteForByte) {
  const Bytes written = encode_reply(CallStatus::RateLimited, kPayload).value();
  EXPECT_EQ(to_hex(written), std::string(kReply) + "a10102");
  const auto parsed = parse_reply(written);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->head, (ReplyHead{CallStatus::RateLimited, 3}));
}

TEST(CallFrame, WaitsForMoreAtEveryPrefixOfAHead) {
  const Bytes request = encode_request(example(), {}).value();
  for (std::size_t n = 0; n < request.size(); ++n) {
    const auto parsed = parse_request(ByteView(request).first(n));
    EXPECT_TRUE(parsed && !*parsed) << n;
  }
  const Bytes reply = encode_reply(CallStatus::Ok, {}).value();
  for (std::size_t n = 0; n < reply.size(); ++n) {
    const auto parsed = parse_reply(ByteView(reply).first(n));
    EXPECT_TRUE(parsed && !*parsed) << n;
  }
}

TEST(CallFrame, RefusesAHeadLongerThanAnyHeadFromItsPrefixAlone) {
  const std::size_t over = kRequestHeadCap + 1;
  const Bytes prefix{static_cast<std::uint8_t>(over >> 8U), static_cast<std::uint8_t>(over)};
  EXPECT_EQ(parse_request(prefix).error().code, Errc::Malformed);
  EXPECT_EQ(parse_request(Bytes{0xff, 0xff}).error().code, Errc::Malformed);
  EXPECT_EQ(parse_request(Bytes{0, 0}).error().code, Errc::Malformed);
  EXPECT_EQ(parse_reply(Bytes{0, kReplyHeadCap + 1}).error().code, Errc::Malformed);
}

TEST(CallFrame, TakesTheLongestHeadThereCanBe) {
  RequestHead head{"a" + std::string(31, '-'), std::string(48, 'M'), {}, 0xFFFFFFFF, 0xFFFFFFFF, 0};
  const Bytes payload(kPayloadCap);
  const Bytes written = encode_request(head, payload).value();
  head.payload_size = kPayloadCap;
  const auto parsed = parse_request(written);
  ASSERT_TRUE(parsed && *parsed);
  EXPECT_EQ((*parsed)->head, head);
}

TEST(CallFrame, RefusesAPayloadOverItsCapBeforeItArrives) {
  const auto over = parse_request(request_with(5, [](cbor::Writer& out) { out.number(kPayloadCap + 1); }));
  EXPECT_EQ(over.error().code, Errc::TooLarge);
  EXPECT_TRUE(parse_request(request_with(5, [](cbor::Writer& out) { out.number(kPayloadCap); })));
  EXPECT_EQ(encode_request(example(), Bytes(kPayloadCap + 1)).error().code, Errc::TooLarge);
  EXPECT_EQ(encode_reply(CallStatus::Ok, Bytes(kPayloadCap + 1)).error().code, Errc::TooLarge);
}

TEST(CallFrame, RefusesEveryFieldThatIsNotWhatItShouldBe) {
  const auto refused = [](std::size_t field, auto write) {
    const auto parsed = parse_request(request_with(field, write));
    return !parsed && parsed.error().code == Errc::Malformed;
  };
  EXPECT_FALSE(refused(9, [](cbor::Writer&) {}));
  for (const char* name : {"", "Pods", "po ds", "9pods", "pods/..", "\xC3\xBC"}) EXPECT_TRUE(refused(0, [&](cbor::Writer& out) { out.text(name); })) << name;
  EXPECT_TRUE(refused(0, [](cbor::Writer& out) { out.text(std::string(33, 'a')); }));
  for (const char* name : {"", "9List", "Li st", "List\n"}) EXPECT_TRUE(refused(1, [&](cbor::Writer& out) { out.text(name); })) << name;
  EXPECT_TRUE(refused(1, [](cbor::Writer& out) { out.text(std::string(49, 'a')); }));
  EXPECT_TRUE(refused(2, [](cbor::Writer& out) { out.bytes(Bytes(15)); }));
  EXPECT_TRUE(refused(2, [](cbor::Writer& out) { out.bytes(Bytes(17)); }));
  EXPECT_TRUE(refused(3, [](cbor::Writer& out) { out.number(0x100000000); }));
  EXPECT_TRUE(refused(3, [](cbor::Writer& out) { out.integer(-1); }));
  EXPECT_TRUE(refused(4, [](cbor::Writer& out) { out.text("1"); }));
  EXPECT_TRUE(refused(5, [](cbor::Writer& out) { out.null(); }));
  EXPECT_FALSE(parse_reply(Bytes{0, 3, 0x82, 13, 0}));  // no such status
  EXPECT_FALSE(parse_reply(Bytes{0, 3, 0x83, 0, 0}));
  EXPECT_FALSE(parse_reply(Bytes{0, 4, 0x82, 0, 0x18, 0}));  // not the shortest form
  EXPECT_FALSE(parse_reply(Bytes{0, 4, 0x82, 0, 0, 0}));     // bytes behind the head
}

TEST(CallFrame, SendsNoNameThatCannotBeOne) {
  RequestHead head = example();
  head.service = "Pods";
  EXPECT_EQ(encode_request(head, {}).error().code, Errc::InvalidArgument);
  head = example();
  head.method = "";
  EXPECT_EQ(encode_request(head, {}).error().code, Errc::InvalidArgument);
}

}  // namespace
}  // namespace soulfabric::fabric
