// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux sessions: opening, data, ends, resets, goodbyes, pings, turns.
#include <gtest/gtest.h>

#include <map>

#include "yamux_pair.hpp"

namespace soulfabric::mesh {
namespace {

using wire::YamuxType;
constexpr unsigned kSyn = wire::kYamuxSyn;
constexpr unsigned kAck = wire::kYamuxAck;
constexpr unsigned kFin = wire::kYamuxFin;
constexpr unsigned kRst = wire::kYamuxRst;

TEST(YamuxSession, OpeningAloneIsOneWindowUpdate) {
  YamuxPair pair;
  EXPECT_EQ(pair.open(), 1U);
  EXPECT_TRUE(pair.client.wants_to_send());
  EXPECT_EQ(pull_all(pair.client), frame(YamuxType::WindowUpdate, kSyn, 1, 0));
  EXPECT_FALSE(pair.client.wants_to_send());
}

TEST(YamuxSession, ShortQuestionIsOneFrame) {
  YamuxPair pair;
  const StreamId id = pair.open();
  const Bytes text(5, 0x5A);
  EXPECT_EQ(pair.client.write(id, text).value_or(0), 5U);
  pair.client.finish(id);
  EXPECT_EQ(pull_all(pair.client), frame(YamuxType::Data, kSyn | kFin, 1, 5, 5));
}

TEST(YamuxSession, AnswerCarriesItsAcknowledgement) {
  YamuxPair pair;
  ASSERT_TRUE(pair.server.receive(frame(YamuxType::Data, kSyn | kFin, 1, 3, 3), pair.now));
  EXPECT_EQ(read_all(pair.server, 1), Bytes(3, 0x5A));
  ASSERT_TRUE(pair.server.write(1, Bytes(4, 0x5A)));
  pair.server.finish(1);
  EXPECT_EQ(pull_all(pair.server), frame(YamuxType::Data, kAck | kFin, 1, 4, 4));
  pair.server.forget(1);
  EXPECT_EQ(pair.server.streams(), 0U);
}

TEST(YamuxSession, ServerOpensEvenIds) {
  YamuxPair pair;
  EXPECT_EQ(pair.server.open().value_or(0), 2U);
  EXPECT_EQ(pair.server.open().value_or(0), 4U);
  pair.settle();
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::Opened), 2U);
  EXPECT_EQ(count(events_of(pair.server), MuxEventKind::Accepted), 2U);
}

TEST(YamuxSession, EveryChunkSizeGivesTheSameBytesAndEvents) {
  Bytes text(1000);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 7);
  YamuxPair source;
  const StreamId id = source.open();
  ASSERT_EQ(source.client.write(id, text).value_or(0), text.size());
  source.client.finish(id);
  source.client.ping(source.now);
  const Bytes wire = pull_all(source.client);
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    YamuxSession server(MuxRole::Server, MuxLimits{});
    for (std::size_t at = 0; at < wire.size(); at += piece) {
      ASSERT_TRUE(server.receive(ByteView(wire).subspan(at, std::min(piece, wire.size() - at)), source.now));
    }
    EXPECT_EQ(read_all(server, id), text) << piece;
    Bytes one(1);
    const auto end = server.read(id, one);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Errc::Closed);
  }
}

TEST(YamuxSession, EveryPullSizeGivesTheSameBytes) {
  const auto run = [](std::size_t piece) {
    YamuxPair pair;
    const StreamId a = pair.open();
    const StreamId b = pair.open();
    EXPECT_TRUE(pair.client.write(a, Bytes(300, 1)));
    EXPECT_TRUE(pair.client.write(b, Bytes(200, 2)));
    pair.client.finish(a);
    pair.client.ping(pair.now);
    pair.client.go_away();
    return pull_all(pair.client, piece);
  };
  const Bytes whole = run(100'000);
  EXPECT_EQ(frames_of(whole).size(), 4U);
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) EXPECT_EQ(run(piece), whole) << piece;
}

TEST(YamuxSession, EveryPrefixIsJustNotEnoughYet) {
  const Bytes wire =
      joined({frame(YamuxType::Data, kSyn, 1, 20, 20), frame(YamuxType::Ping, kSyn, 0, 9), frame(YamuxType::Data, kFin, 1, 3, 3)});
  for (std::size_t n = 0; n <= wire.size(); ++n) {
    YamuxSession server(MuxRole::Server, MuxLimits{});
    ASSERT_TRUE(server.receive(ByteView(wire).first(n), MonoTime{})) << n;
    EXPECT_EQ(server.streams(), n < 12 ? 0U : 1U);
    EXPECT_LE(server.unread(), n);
  }
}

TEST(YamuxSession, HalfClosedStreamStillAnswers) {
  YamuxPair pair;
  const StreamId id = pair.open();
  pair.client.finish(id);
  pair.settle();
  Bytes one(1);
  ASSERT_FALSE(pair.server.read(id, one));
  ASSERT_TRUE(pair.server.write(id, Bytes(100, 7)));
  pair.settle();
  EXPECT_EQ(read_all(pair.client, id), Bytes(100, 7));
  const auto late = pair.client.write(id, one);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::Closed);
  pair.server.finish(id);
  pair.settle();
  EXPECT_EQ(pair.client.read(id, one).error().code, Errc::Closed);
  pair.client.forget(id);
  pair.server.forget(id);
  EXPECT_EQ(pair.client.streams() + pair.server.streams(), 0U);
  EXPECT_TRUE(pull_all(pair.client).empty());
}

TEST(YamuxSession, ResetReachesTheOtherSide) {
  YamuxPair pair;
  const StreamId id = pair.open();
  ASSERT_TRUE(pair.client.write(id, Bytes(10)));
  pair.settle();
  (void)events_of(pair.client);
  pair.server.reset(id);
  pair.settle();
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::Reset), 1U);
  Bytes one(1);
  EXPECT_EQ(pair.client.read(id, one).error().code, Errc::Rejected);
  EXPECT_EQ(pair.client.write(id, one).error().code, Errc::Closed);
  EXPECT_EQ(pair.server.read(id, one).error().code, Errc::Rejected);
  pair.client.forget(id);
  pair.server.forget(id);
  EXPECT_EQ(pair.client.streams() + pair.server.streams(), 0U);
  EXPECT_EQ(pair.server.unread(), 0U);
}

TEST(YamuxSession, ResetNeverPassesATornStreamOffAsWhole) {
  YamuxPair pair;
  const StreamId id = pair.open();
  ASSERT_TRUE(pair.client.write(id, Bytes(10)));
  pair.client.finish(id);
  pair.settle();
  pair.server.reset(id);  // unread bytes are dropped, the end was already heard
  Bytes one(1);
  EXPECT_EQ(pair.server.read(id, one).error().code, Errc::Rejected);

  const StreamId other = pair.open();
  ASSERT_TRUE(pair.client.write(other, Bytes(10)));
  pair.settle();
  pair.server.reset(other);
  pair.client.finish(other);  // on its way when the reset was decided
  pair.settle();
  EXPECT_EQ(pair.server.read(other, one).error().code, Errc::Rejected);
}

TEST(YamuxSession, WhatCameBeforeTheEndStaysReadableAfterAReset) {
  YamuxPair pair;
  ASSERT_TRUE(
      pair.server.receive(joined({frame(YamuxType::Data, kSyn | kFin, 1, 6, 6), frame(YamuxType::WindowUpdate, kRst, 1, 0)}), pair.now));
  EXPECT_EQ(read_all(pair.server, 1).size(), 6U);
  Bytes one(1);
  EXPECT_EQ(pair.server.read(1, one).error().code, Errc::Closed);
  EXPECT_FALSE(pair.server.write(1, one));
}

TEST(YamuxSession, ForgettingSendsWhatWasFinishedThenResets) {
  YamuxPair pair;
  const StreamId id = pair.open();
  pair.settle();
  ASSERT_TRUE(pair.server.write(id, Bytes(50)));
  pair.server.finish(id);
  pair.server.forget(id);
  pair.settle();
  EXPECT_EQ(pair.server.streams(), 0U);
  EXPECT_EQ(read_all(pair.client, id).size(), 50U);
}

TEST(YamuxSession, ForgettingAnUnfinishedStreamResetsIt) {
  YamuxPair pair;
  const StreamId id = pair.open();
  pair.settle();
  pair.server.forget(id);
  EXPECT_EQ(pull_all(pair.server), frame(YamuxType::WindowUpdate, kRst, id, 0));
  EXPECT_EQ(pair.server.streams(), 0U);
}

TEST(YamuxSession, StreamForgottenBeforeItsSynLeavesNothing) {
  YamuxPair pair;
  pair.client.forget(pair.open());
  EXPECT_TRUE(pull_all(pair.client).empty());
  EXPECT_EQ(pair.client.streams(), 0U);
  for (int i = 0; i < 1000; ++i) pair.client.forget(pair.open());  // and nothing of the backlog
}

TEST(YamuxSession, PingMeasuresTheRoundTrip) {
  YamuxPair pair;
  pair.client.ping(pair.now);
  ASSERT_TRUE(pair.server.receive(pull_all(pair.client), pair.now));
  ASSERT_TRUE(pair.client.receive(pull_all(pair.server), pair.now + std::chrono::milliseconds(30)));
  const auto events = events_of(pair.client);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, MuxEventKind::Pong);
  EXPECT_EQ(events[0].round_trip, std::chrono::milliseconds(30));
}

TEST(YamuxSession, PongThatNobodyAskedForIsIgnored) {
  YamuxPair pair;
  ASSERT_TRUE(pair.client.receive(frame(YamuxType::Ping, kAck, 0, 1), pair.now));
  EXPECT_TRUE(events_of(pair.client).empty());
}

TEST(YamuxSession, GoodbyeLetsPresentStreamsEnd) {
  YamuxPair pair;
  const StreamId id = pair.open();
  pair.settle();
  pair.server.go_away();
  pair.settle();
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::GoAway), 1U);
  EXPECT_EQ(pair.client.open().error().code, Errc::Unavailable);
  EXPECT_EQ(pair.server.open().error().code, Errc::Unavailable);
  ASSERT_TRUE(pair.client.write(id, Bytes(9)));
  pair.settle();
  EXPECT_EQ(read_all(pair.server, id).size(), 9U);
}

TEST(YamuxSession, StreamsOpenedAfterOurGoodbyeAreReset) {
  YamuxPair pair;
  pair.server.go_away();
  (void)pull_all(pair.server);
  ASSERT_TRUE(pair.server.receive(frame(YamuxType::Data, kSyn, 1, 10, 10), pair.now));
  EXPECT_EQ(pull_all(pair.server), frame(YamuxType::WindowUpdate, kRst, 1, 0));
  EXPECT_EQ(pair.server.streams(), 0U);
}

TEST(YamuxSession, GoodbyeForAnErrorEndsWithoutBlame) {
  for (const std::uint32_t code : {1U, 2U}) {
    YamuxPair pair;
    const auto status = pair.client.receive(frame(YamuxType::GoAway, 0, 0, code), pair.now);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::Rejected);
    EXPECT_TRUE(pull_all(pair.client).empty());
  }
}

TEST(YamuxSession, IdsAreUsedUpAtTheEnd) {
  MuxLimits limits;
  limits.first_id = 0xFFFFFFFD;
  YamuxSession client(MuxRole::Client, limits);
  EXPECT_EQ(client.open().value_or(0), 0xFFFFFFFDU);
  EXPECT_EQ(client.open().value_or(0), 0xFFFFFFFFU);
  const auto none = client.open();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::Unavailable);
  limits.first_id = 0xFFFFFFFC;
  YamuxSession server(MuxRole::Server, limits);
  EXPECT_EQ(server.open().value_or(0), 0xFFFFFFFCU);
  EXPECT_EQ(server.open().value_or(0), 0xFFFFFFFEU);
  EXPECT_FALSE(server.open());
}

TEST(YamuxSession, OpenWaitsForAcceptance) {
  YamuxPair pair;
  for (std::size_t i = 0; i < MuxLimits{}.ack_backlog; ++i) (void)pair.open();
  const auto busy = pair.client.open();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::Busy);
  pair.settle();
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::Accepted), MuxLimits{}.ack_backlog);
  EXPECT_TRUE(pair.client.open());
}

TEST(YamuxSession, BulkStreamsAndSmallOnesTakeTurns) {
  YamuxPair pair;
  std::vector<StreamId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(pair.open());
  pair.settle();
  for (const StreamId id : ids) EXPECT_EQ(pair.client.write(id, Bytes(200'000)).value_or(0), 64U * 1024);
  Bytes piece(1000);
  ASSERT_EQ(pair.client.pull(piece), piece.size());  // the first frame is on its way
  const StreamId small = pair.open();
  ASSERT_TRUE(pair.client.write(small, Bytes(10)));
  pair.client.ping(pair.now);
  Bytes rest = pull_all(pair.client);
  rest.insert(rest.begin(), piece.begin(), piece.end());
  const auto seen = frames_of(rest);
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[0].header.stream, ids[0]);
  EXPECT_EQ(seen[1].header.type, YamuxType::Ping);
  EXPECT_EQ(seen[2].header.stream, ids[1]);
  EXPECT_EQ(seen[5].header.stream, small);
  // A bulk writer that queues again at once comes behind the others.
  EXPECT_EQ(pair.client.write(ids[0], Bytes(100'000)).value_or(0), 64U * 1024);
  EXPECT_EQ(pair.client.write(ids[1], Bytes(10)).value_or(0), 10U);
  (void)pair.client.pull(piece);
  EXPECT_EQ(pair.client.write(ids[0], Bytes(100'000)).value_or(0), 64U * 1024);
  const auto turns = frames_of(joined({piece, pull_all(pair.client)}));
  ASSERT_EQ(turns.size(), 3U);
  EXPECT_EQ(turns[1].header.stream, ids[1]);
}

TEST(YamuxSession, WriterIsWokenWhenItsFrameLeft) {
  YamuxPair pair;
  const StreamId id = pair.open();
  EXPECT_EQ(pair.client.write(id, Bytes(70'000)).value_or(0), 64U * 1024);
  EXPECT_EQ(pair.client.write(id, Bytes(10)).value_or(9), 0U);
  EXPECT_TRUE(events_of(pair.client).empty());
  Bytes some(100);
  (void)pair.client.pull(some);
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::Writable), 1U);
  EXPECT_EQ(pair.client.write(id, Bytes(10)).value_or(0), 10U);
}

TEST(YamuxSession, EventsOfAForgottenStreamAreNotTold) {
  YamuxPair pair;
  ASSERT_TRUE(pair.server.receive(frame(YamuxType::Data, kSyn, 1, 1, 1), pair.now));
  pair.server.forget(1);
  EXPECT_TRUE(events_of(pair.server).empty());
}

}  // namespace
}  // namespace soulfabric::mesh
