// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux sessions: credit, caps, and everything that a liar may send.
#include <gtest/gtest.h>

#include <set>

#include "yamux_pair.hpp"

namespace soulfabric::mesh {
namespace {

using wire::YamuxType;
constexpr unsigned kSyn = wire::kYamuxSyn;
constexpr unsigned kFin = wire::kYamuxFin;
constexpr unsigned kRst = wire::kYamuxRst;
constexpr std::uint32_t kWindow = 256 * 1024;

TEST(YamuxLimits, EveryLieIsMalformedAndEndsInAGoodbye) {
  const Bytes open = frame(YamuxType::WindowUpdate, kSyn, 1, 0);
  const Bytes lies[] = {
      joined({open, frame(YamuxType::Data, 0, 1, kWindow + 1)}),
      joined({open, frame(YamuxType::Data, 0, 1, 0xFFFFFFFF)}),
      joined({open, frame(YamuxType::Data, 0, 1, kWindow, kWindow), frame(YamuxType::Data, 0, 1, 1)}),
      frame(YamuxType::Data, kSyn, 1, kWindow + 1),
      joined({open, frame(YamuxType::WindowUpdate, 0, 1, 0xFFFFFFFF)}),  // credit over all bounds
      joined({open, frame(YamuxType::WindowUpdate, 0, 1, 0x7FFFFFFF), frame(YamuxType::WindowUpdate, 0, 1, 0x80000000)}),
      frame(YamuxType::Data, 0, 1, 5),  // never opened
      frame(YamuxType::WindowUpdate, 0, 7, 5),
      frame(YamuxType::Data, 0, 2, 5),                                                               // ours, never opened
      frame(YamuxType::WindowUpdate, kSyn, 2, 0),                                                    // ours to open
      joined({open, open}),                                                                          // twice
      joined({frame(YamuxType::WindowUpdate, kSyn | kFin, 1, 0), frame(YamuxType::Data, 0, 1, 1)}),  // after its end
      joined({frame(YamuxType::WindowUpdate, kSyn | kFin, 1, 0), frame(YamuxType::WindowUpdate, kFin, 1, 0)}),
      frame(YamuxType::GoAway, 0, 0, 3),
      Bytes(12, 0xFF),
  };
  for (const Bytes& lie : lies) {
    for (const std::size_t piece : {lie.size(), std::size_t{1}, std::size_t{5}}) {
      YamuxSession server(MuxRole::Server, MuxLimits{});
      Status status;
      for (std::size_t at = 0; at < lie.size() && status; at += piece) {
        status = server.receive(ByteView(lie).subspan(at, std::min(piece, lie.size() - at)), MonoTime{});
      }
      ASSERT_FALSE(status) << to_hex(ByteView(lie).first(std::min<std::size_t>(lie.size(), 24)));
      EXPECT_EQ(status.error().code, Errc::Malformed);
      EXPECT_EQ(pull_all(server), frame(YamuxType::GoAway, 0, 0, 1));
      EXPECT_FALSE(server.wants_to_send());
      EXPECT_FALSE(server.receive(open, MonoTime{}));
      EXPECT_FALSE(server.open());
      Bytes one(1);
      EXPECT_FALSE(server.read(1, one));
      EXPECT_FALSE(server.write(1, one));
    }
  }
}

TEST(YamuxLimits, GoodbyeWaitsForTheFrameOnItsWay) {
  YamuxPair pair;
  const StreamId id = pair.open();
  ASSERT_TRUE(pair.client.write(id, Bytes(100)));
  Bytes out(50);
  ASSERT_EQ(pair.client.pull(out), 50U);
  ASSERT_FALSE(pair.client.receive(Bytes(12, 0xFF), pair.now));
  const auto seen = frames_of(joined({out, pull_all(pair.client)}));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].payload, 100U);
  EXPECT_EQ(seen[1].header.type, YamuxType::GoAway);
}

TEST(YamuxLimits, FrameAsLongAsTheCreditIsTaken) {
  YamuxSession server(MuxRole::Server, MuxLimits{});
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 1, kWindow, kWindow), MonoTime{}));
  EXPECT_EQ(server.unread(), kWindow);
  EXPECT_EQ(read_all(server, 1).size(), kWindow);
}

TEST(YamuxLimits, AnnouncedBytesThatNeverComeCostNothing) {
  YamuxSession server(MuxRole::Server, MuxLimits{});
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 1, kWindow, 1), MonoTime{}));
  EXPECT_EQ(server.unread(), 1U);
}

TEST(YamuxLimits, SenderStopsAtItsCredit) {
  YamuxPair pair;
  const StreamId id = pair.open();
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    sent += pair.client.write(id, Bytes(64 * 1024)).value_or(0);
    pair.settle();
  }
  EXPECT_EQ(sent, kWindow);
  EXPECT_EQ(pair.server.unread(), kWindow);
  (void)events_of(pair.client);
  EXPECT_EQ(read_all(pair.server, id).size(), kWindow);
  pair.settle();
  EXPECT_EQ(count(events_of(pair.client), MuxEventKind::Writable), 1U);
  EXPECT_GT(pair.client.write(id, Bytes(1)).value_or(0), 0U);
}

/// Moves `total` bytes with a reader that reads at once; what was ever unread or on its way shows the credit given.
std::size_t largest_burst(YamuxPair& pair, std::size_t total, std::chrono::milliseconds trip) {
  const StreamId id = pair.open();
  pair.client.ping(pair.now);
  pair.server.ping(pair.now);
  std::size_t done = 0;
  std::size_t largest = 0;
  while (done < total) {
    Bytes burst;
    while (pair.client.write(id, Bytes(64 * 1024)).value_or(0) > 0) {
      const Bytes sent = pull_all(pair.client);
      burst.insert(burst.end(), sent.begin(), sent.end());
    }
    largest = std::max(largest, burst.size());
    pair.now += trip;
    EXPECT_TRUE(pair.server.receive(burst, pair.now));
    done += read_all(pair.server, id).size();
    EXPECT_TRUE(pair.client.receive(pull_all(pair.server), pair.now));
    (void)events_of(pair.client);
    (void)events_of(pair.server);
  }
  return largest;
}

TEST(YamuxLimits, CreditGrowsToItsBoundWhileTheReaderKeepsUp) {
  YamuxPair pair;
  const std::size_t burst = largest_burst(pair, 160U << 20U, std::chrono::milliseconds(50));
  EXPECT_GT(burst, 12U << 20U);
  EXPECT_LE(burst, (16U << 20U) + (16U << 10U));
}

TEST(YamuxLimits, CreditStaysWhereTheNodeHasNoRoom) {
  YamuxPair pair;
  pair.server.allow_growth(false);
  EXPECT_LE(largest_burst(pair, 8U << 20U, std::chrono::milliseconds(50)), kWindow + 1024);
}

TEST(YamuxLimits, GrownCreditIsTakenBack) {
  YamuxPair pair;
  EXPECT_GT(largest_burst(pair, 64U << 20U, std::chrono::milliseconds(50)), 4U << 20U);
  pair.server.allow_growth(false);
  (void)events_of(pair.client);
  const StreamId id = 1;
  std::size_t last = 0;
  for (int turn = 0; turn < 40; ++turn) {
    Bytes burst;
    while (pair.client.write(id, Bytes(64 * 1024)).value_or(0) > 0) {
      const Bytes sent = pull_all(pair.client);
      burst.insert(burst.end(), sent.begin(), sent.end());
    }
    pair.now += std::chrono::milliseconds(50);
    ASSERT_TRUE(pair.server.receive(burst, pair.now));
    last = read_all(pair.server, id).size();
    ASSERT_TRUE(pair.client.receive(pull_all(pair.server), pair.now));
  }
  EXPECT_LE(last, kWindow);
  EXPECT_GE(last, kWindow / 4);
}

TEST(YamuxLimits, LargeWindowIsGivenBackInSmallParts) {
  YamuxPair pair;
  EXPECT_GT(largest_burst(pair, 64U << 20U, std::chrono::milliseconds(50)), 4U << 20U);
  (void)events_of(pair.client);
  const StreamId id = 1;
  for (int i = 0; i < 32; ++i) {
    ASSERT_EQ(pair.client.write(id, Bytes(64 * 1024)).value_or(0), 64U * 1024);
    ASSERT_TRUE(pair.server.receive(pull_all(pair.client), pair.now));
  }
  Bytes piece(16 * 1024);
  std::size_t taken = 0;
  while (!pair.server.wants_to_send()) {
    ASSERT_EQ(pair.server.read(id, piece).value_or(0), piece.size());
    taken += piece.size();
    ASSERT_LE(taken, 256U * 1024);
  }
}

TEST(YamuxLimits, SlowReadersDoNotGrow) {
  YamuxPair pair;
  pair.server.ping(pair.now);
  pair.settle();
  const StreamId id = pair.open();
  for (int i = 0; i < 200; ++i) {
    (void)pair.client.write(id, Bytes(64 * 1024));
    pair.settle();
    pair.now += std::chrono::seconds(1);
    Bytes piece(16 * 1024);
    (void)pair.server.read(id, piece);
  }
  EXPECT_LE(pair.server.unread(), kWindow);
}

TEST(YamuxLimits, TenThousandStreamsAtOnceAreCutAtTheCap) {
  MuxLimits limits;
  limits.ack_backlog = 10'000;
  YamuxPair pair(limits);
  for (int i = 0; i < 10'000; ++i) (void)pair.open();
  pair.settle();
  EXPECT_EQ(pair.server.streams(), limits.inbound_streams);
  EXPECT_EQ(count(events_of(pair.server), MuxEventKind::Opened), limits.inbound_streams);
  const auto events = events_of(pair.client);
  EXPECT_EQ(count(events, MuxEventKind::Accepted), limits.inbound_streams);
  EXPECT_EQ(count(events, MuxEventKind::Reset), 10'000 - limits.inbound_streams);
}

TEST(YamuxLimits, QuickResetsDoNotSlipUnderTheCap) {
  MuxLimits limits;
  limits.inbound_streams = 10;
  YamuxSession server(MuxRole::Server, limits);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint32_t id = 1 + 2 * i;
    ASSERT_TRUE(
        server.receive(joined({frame(YamuxType::WindowUpdate, kSyn, id, 0), frame(YamuxType::WindowUpdate, kRst, id, 0)}), MonoTime{}));
  }
  EXPECT_EQ(server.streams(), 10U);  // their owners still work on them
  EXPECT_EQ(count(events_of(server), MuxEventKind::Opened), 10U);
  for (std::uint32_t i = 0; i < 10; ++i) server.forget(1 + 2 * i);
  (void)pull_all(server);
  EXPECT_EQ(server.streams(), 0U);
}

TEST(YamuxLimits, FloodOfPingsThatReadsNoAnswerIsEnded) {
  MuxLimits limits;
  limits.replies = 100;
  YamuxSession server(MuxRole::Server, limits);
  Status status;
  int sent = 0;
  for (; sent < 200 && status; ++sent) status = server.receive(frame(YamuxType::Ping, kSyn, 0, 1), MonoTime{});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::Malformed);
  EXPECT_EQ(sent, 101);
  EXPECT_EQ(pull_all(server), frame(YamuxType::GoAway, 0, 0, 1));
}

TEST(YamuxLimits, LinkThatHoldsTooMuchGivesUpItsFullestStream) {
  MuxLimits limits;
  limits.link_window = 600 * 1024;
  YamuxSession server(MuxRole::Server, limits);
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 1, kWindow, kWindow), MonoTime{}));
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 3, kWindow - 1, kWindow - 1), MonoTime{}));
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 5, 100 * 1024, 100 * 1024), MonoTime{}));
  EXPECT_LE(server.unread(), limits.link_window);
  std::set<StreamId> gone;
  for (const MuxEvent& event : events_of(server)) {
    if (event.kind == MuxEventKind::Reset) gone.insert(event.stream);
  }
  EXPECT_EQ(gone, std::set<StreamId>{1});
  EXPECT_EQ(read_all(server, 5).size(), 100U * 1024);
}

TEST(YamuxLimits, GrowthOfAllStreamsStaysWithinTheLink) {
  MuxLimits limits;
  limits.link_window = 4U << 20U;
  YamuxPair pair(limits);
  std::size_t granted = 0;
  for (int i = 0; i < 8; ++i) granted += largest_burst(pair, 16U << 20U, std::chrono::milliseconds(50)) - kWindow;
  EXPECT_LE(granted, (limits.link_window / 2) + 8 * 16 * 1024);
}

TEST(YamuxLimits, FramesOfAStreamThatIsGoneAreSkipped) {
  YamuxSession server(MuxRole::Server, MuxLimits{});
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 1, 100, 10), MonoTime{}));
  server.forget(1);
  (void)pull_all(server);
  EXPECT_EQ(server.streams(), 0U);
  ASSERT_TRUE(server.receive(Bytes(90), MonoTime{}));  // the rest of that frame
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kFin, 1, 1000, 1000), MonoTime{}));
  ASSERT_TRUE(server.receive(frame(YamuxType::Data, kSyn, 3, 7, 7), MonoTime{}));
  EXPECT_EQ(read_all(server, 3).size(), 7U);
  EXPECT_EQ(server.unread(), 0U);
}

}  // namespace
}  // namespace soulfabric::mesh
