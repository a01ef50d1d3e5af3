// SPDX-License-Identifier: GPL-3.0-or-later
// Framing: caps, lies about lengths, coalesced and split frames, streamed, skipped and obfuscated ones.
#include "soulseek/wire/frame_reader.hpp"

#include <gtest/gtest.h>

#include "soulseek/wire/limits.hpp"
#include "soulseek/wire/wire.hpp"
#include "soulseek/wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {
namespace {

Bytes header(std::uint32_t length, std::uint32_t code, std::size_t code_size = 4) {
  Bytes out;
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
  for (std::size_t i = 0; i < code_size; ++i) out.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
  return out;
}

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

Errc error_of(FrameKind kind, const Bytes& bytes) {
  FrameReader reader(kind);
  reader.feed(bytes);
  const auto next = reader.next();
  return next ? Errc::Internal : next.error().code;
}

/// The one part that is ready, or a part of code 0 where there is none.
Frame must(FrameReader& reader) {
  const auto next = reader.next();
  if (!next || !next->has_value()) {
    ADD_FAILURE() << (next ? "nothing ready" : next.error().message);
    return {};
  }
  return **next;
}

bool has_nothing(FrameReader& reader) {
  const auto next = reader.next();
  return next && !next->has_value();
}

TEST(FrameReader, RefusesLengthsThatAreLies) {
  for (const std::uint32_t length : {0U, 1U, 3U}) EXPECT_EQ(error_of(FrameKind::Peer, header(length, 4)), Errc::Malformed) << length;
  for (const std::uint32_t length : {0x8000'0000U, 0xFFFF'FFFFU}) {
    for (const FrameKind kind : {FrameKind::Peer, FrameKind::ServerReplies, FrameKind::ServerRequests}) {
      EXPECT_EQ(error_of(kind, header(length, 4)), Errc::TooLarge);
    }
    EXPECT_EQ(error_of(FrameKind::Init, header(length, 1, 1)), Errc::TooLarge);
    EXPECT_EQ(error_of(FrameKind::Distributed, header(length, 3, 1)), Errc::TooLarge);
  }
  EXPECT_EQ(error_of(FrameKind::Init, header(0, 1, 1)), Errc::Malformed);
}

TEST(FrameReader, DropsFrameLongerThanCapAndTakesOneAtTheCap) {
  struct Case {
    FrameKind kind;
    std::uint32_t code;
    std::uint32_t cap;
  };
  const Case cases[] = {{FrameKind::Init, 1, kMaxInitFrame},
                        {FrameKind::Distributed, 3, kMaxDistributedFrame},
                        {FrameKind::ServerRequests, 1, kMaxServerRequestFrame},
                        {FrameKind::ServerReplies, 1, kMaxServerFrame},
                        {FrameKind::Peer, 40, kMaxPeerFrame},
                        {FrameKind::Peer, 9, kMaxPeerListFrame},
                        {FrameKind::Peer, 37, kMaxPeerListFrame},
                        {FrameKind::Peer, 7777, kMaxPeerListFrame}};
  for (const Case& one : cases) {
    const std::size_t code_size = one.kind == FrameKind::Init || one.kind == FrameKind::Distributed ? 1 : 4;
    EXPECT_EQ(error_of(one.kind, header(one.cap + 1, one.code, code_size)), Errc::TooLarge) << one.code;
    FrameReader reader(one.kind);
    reader.feed(header(one.cap, one.code, code_size));
    EXPECT_TRUE(has_nothing(reader)) << one.code;
    EXPECT_LE(reader.buffered(), 8U);
  }
}

TEST(FrameReader, KeepsItsErrorForEver) {
  FrameReader reader(FrameKind::Peer);
  reader.feed(header(0, 4));
  EXPECT_FALSE(reader.next().has_value());
  reader.feed(encode(peer::UserInfoRequest{}));
  EXPECT_FALSE(reader.next().has_value());
}

TEST(FrameReader, SplitsWhatArrivesTogetherAndChangesKindAfterInit) {
  Bytes bytes = encode(init::PeerInit{"anna", "P", 0});
  append(bytes, encode(peer::QueueUpload{"Music\\a.mp3"}));
  append(bytes, encode(peer::QueueUpload{"Music\\b.mp3"}));
  FrameReader reader(FrameKind::Init);
  reader.feed(bytes);
  const Frame first = must(reader);
  EXPECT_EQ(first.code, 1U);
  EXPECT_EQ(std::get<init::PeerInit>(*decode_init(first.code, first.body)).user, "anna");
  reader.switch_to(FrameKind::Peer);
  for (const char* path : {"Music\\a.mp3", "Music\\b.mp3"}) {
    const Frame frame = must(reader);
    EXPECT_EQ(std::get<peer::QueueUpload>(*decode_peer(frame.code, frame.body)).path, path);
  }
  EXPECT_TRUE(has_nothing(reader));
}

TEST(FrameReader, GivesBackWhatFollowsAnInitOfAFileConnection) {
  Bytes bytes = encode(init::PeerInit{"anna", "F", 0});
  append(bytes, encode(file::TransferToken{77}));
  append(bytes, bytes_of("data"));
  FrameReader reader(FrameKind::Init);
  reader.feed(bytes);
  static_cast<void>(must(reader));
  const Bytes rest = reader.take_rest();
  EXPECT_EQ(decode_transfer_token(rest)->token, 77U);
  EXPECT_EQ(text_of(ByteView(rest).subspan(4)), "data");
  EXPECT_EQ(reader.buffered(), 0U);
}

TEST(FrameReader, HandsOutTheRawFrameForForwarding) {
  const Bytes frame = encode(distributed::Search{.user = "anna", .token = 9, .query = "tune"});
  FrameReader reader(FrameKind::Distributed);
  reader.feed(frame);
  const Frame out = must(reader);
  EXPECT_EQ(Bytes(out.raw.begin(), out.raw.end()), frame);
  EXPECT_EQ(distributed_frame(3, out.body), frame);
}

TEST(FrameReader, RefusesBrowseAndUserInfoThatNobodyAskedFor) {
  EXPECT_EQ(error_of(FrameKind::Peer, encode(peer::SharedFileListResponse{})), Errc::Rejected);
  EXPECT_EQ(error_of(FrameKind::Peer, encode(peer::UserInfoResponse{})), Errc::Rejected);
  FrameReader reader(FrameKind::Peer);
  reader.expect(peer::UserInfoResponse::kCode);
  reader.feed(encode(peer::UserInfoResponse{}));
  EXPECT_EQ(must(reader).code, 16U);
  reader.feed(encode(peer::UserInfoResponse{}));
  const auto second = reader.next();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::Rejected);
}

TEST(FrameReader, StreamsABrowseAnswerWithoutKeepingIt) {
  constexpr std::uint32_t kBody = 40'000'000;
  FrameReader reader(FrameKind::Peer);
  reader.expect(peer::SharedFileListResponse::kCode);
  reader.feed(header(kBody + 4, 5));
  const Frame begin = must(reader);
  EXPECT_EQ(begin.part, Frame::Part::Begin);
  EXPECT_EQ(begin.body_size, kBody);
  const Bytes chunk(10'000, 7);
  std::size_t got = 0;
  for (std::size_t sent = 0; sent < kBody; sent += chunk.size()) {
    reader.feed(chunk);
    const Frame part = must(reader);
    ASSERT_EQ(part.part, Frame::Part::Chunk);
    got += part.body.size();
    ASSERT_EQ(reader.buffered(), 0U);
  }
  EXPECT_EQ(got, kBody);
  EXPECT_EQ(must(reader).part, Frame::Part::End);
  reader.feed(encode(peer::UserInfoRequest{}));
  EXPECT_EQ(must(reader).code, 15U);
}

TEST(FrameReader, SkipsUnknownPeerCodesWithoutKeepingThem) {
  FrameReader reader(FrameKind::Peer);
  reader.feed(header(1'000'004, 4242));
  const Bytes chunk(100'000, 1);
  for (int i = 0; i < 9; ++i) {
    reader.feed(chunk);
    ASSERT_TRUE(has_nothing(reader));
    ASSERT_EQ(reader.buffered(), 0U);
  }
  Bytes last = chunk;
  append(last, encode(peer::UserInfoRequest{}));
  reader.feed(last);
  const Frame skipped = must(reader);
  EXPECT_EQ(skipped.part, Frame::Part::Skipped);
  EXPECT_EQ(skipped.code, 4242U);
  EXPECT_EQ(must(reader).code, 15U);
}

peer::FileSearchResponse large_answer() {
  peer::FileSearchResponse answer{.user = "anna", .token = 31, .files = {}, .free_slot = true};
  for (std::uint64_t i = 0; i < 2000; ++i) {
    answer.files.push_back({.name = "Music\\" + std::to_string(i * 7919 % 100'003), .size = i * i * 65'537, .extension = {}, .attributes = {}});
  }
  return answer;
}

TEST(FrameReader, ShowsTheHeadOfASearchAnswerSoThatItCanBeSkipped) {
  const Bytes bytes = encode(large_answer());
  ASSERT_GT(bytes.size(), 5000U);
  FrameReader reader(FrameKind::Peer);
  reader.feed(ByteView(bytes).first(1000));
  const Frame head = must(reader);
  ASSERT_EQ(head.part, Frame::Part::Head);
  const auto who = peek_search_answer(head.body);
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->user, "anna");
  EXPECT_EQ(who->token, 31U);
  EXPECT_TRUE(has_nothing(reader));  // once only
  reader.skip_current();
  EXPECT_EQ(reader.buffered(), 0U);
  reader.feed(ByteView(bytes).subspan(1000));
  EXPECT_EQ(must(reader).part, Frame::Part::Skipped);
  EXPECT_TRUE(has_nothing(reader));
}

TEST(FrameReader, GivesTheWholeSearchAnswerToWhoIgnoresItsHead) {
  const Bytes bytes = encode(large_answer());
  FrameReader reader(FrameKind::Peer);
  reader.feed(ByteView(bytes).first(1000));
  EXPECT_EQ(must(reader).part, Frame::Part::Head);
  reader.feed(ByteView(bytes).subspan(1000));
  const Frame whole = must(reader);
  ASSERT_EQ(whole.part, Frame::Part::Whole);
  EXPECT_EQ(std::get<peer::FileSearchResponse>(*decode_peer(whole.code, whole.body)).files.size(), 2000U);
}

TEST(FrameReader, ReadsObfuscatedFramesInEveryChunkSizeHeadsAndStreamsIncluded) {
  const Bytes answer = encode(large_answer());
  peer::SharedFileListResponse list;
  list.folders.push_back({"Music", large_answer().files});
  Bytes bytes = obfuscate({1, 2, 3, 4}, answer);
  append(bytes, obfuscate({5, 6, 7, 8}, encode(list)));
  append(bytes, obfuscate({9, 9, 9, 9}, encode(peer::UserInfoRequest{})));
  for (std::size_t chunk = 1; chunk < bytes.size(); chunk = chunk * 3 + 1) {
    FrameReader reader(FrameKind::Peer, true);
    reader.expect(5);
    Bytes streamed;
    std::vector<std::uint32_t> codes;
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      reader.feed(ByteView(bytes).subspan(at, std::min(chunk, bytes.size() - at)));
      while (true) {
        const auto next = reader.next();
        ASSERT_TRUE(next.has_value());
        if (!*next) break;
        if ((*next)->part == Frame::Part::Chunk) append(streamed, (*next)->body);
        if ((*next)->part == Frame::Part::Whole && (*next)->code == 9) {
          ASSERT_EQ(Bytes((*next)->raw.begin(), (*next)->raw.end()), answer);
        }
        if ((*next)->part == Frame::Part::Whole || (*next)->part == Frame::Part::End) codes.push_back((*next)->code);
      }
    }
    ASSERT_EQ(codes, (std::vector<std::uint32_t>{9, 5, 15})) << chunk;
    ASSERT_TRUE(inflate_all(streamed, kMaxInflatedList).has_value());
  }
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
