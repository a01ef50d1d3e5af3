// SPDX-License-Identifier: GPL-3.0-or-later
// Places, silence, turns, and the first bytes of a tunnel.
#include "core/tunnel_book.hpp"

#include <gtest/gtest.h>

#include "core/fair_bytes.hpp"
#include "soulfabric/base/random.hpp"
#include "support/mesh_network.hpp"
#include "wire/tunnel_words.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;

PeerId peer(std::uint32_t number) { return PeerId::of(soulfabric::testing::numbered_key(number).public_key()); }
constexpr MonoTime kStart{1h};

TunnelEntry entry(TunnelSide side, std::uint32_t who) {
  TunnelEntry out;
  out.side = side;
  out.peer = peer(who);
  return out;
}

TEST(TunnelBook, HasFourPlacesForAPeerAndTwentyInAll) {
  TunnelBook book;
  for (std::uint32_t who = 0; who < 5; ++who) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_FALSE(book.refuses(TunnelSide::Far, peer(who)));
      (void)book.enter(entry(i % 2 == 0 ? TunnelSide::Far : TunnelSide::Middle, who), kStart);
    }
    EXPECT_EQ(book.refuses(TunnelSide::Middle, peer(who)), NoPlace::PerPeer) << "far side and middle together";
  }
  EXPECT_EQ(book.refuses(TunnelSide::Far, peer(9)), NoPlace::Total);
  EXPECT_FALSE(book.refuses(TunnelSide::Near, peer(0))) << "what we open ourselves has places of its own";
  book.leave(3);
  EXPECT_FALSE(book.refuses(TunnelSide::Far, peer(0)));
  EXPECT_EQ(book.opened(), 20U);
}

TEST(TunnelBook, KnowsWhoWasSilent) {
  TunnelBook book;
  const auto one = book.enter(entry(TunnelSide::Far, 1), kStart);
  const auto two = book.enter(entry(TunnelSide::Near, 2), kStart + 10s);
  EXPECT_EQ(book.next_silence(), kStart + 120s);
  EXPECT_TRUE(book.silent(kStart + 119s).empty());
  one->moved = kStart + 60s;
  EXPECT_EQ(book.silent(kStart + 130s), std::vector{two});
  one->bytes_in = 5;
  two->bytes_out = 7;
  book.leave(two->id);
  EXPECT_EQ(book.bytes(), 12U) << "of those that are gone, too";
  book.leave(one->id);
  EXPECT_EQ(book.next_silence(), MonoTime::max());
}

TEST(FairBytes, GiveEveryPeerItsTurn) {
  FairBytes bytes(160 * 1024);
  std::map<PeerId, std::uint64_t> got;
  for (std::uint32_t i = 0; i < 4; ++i) bytes.wait(peer(i));
  bytes.wait(peer(0));  // with two tunnels
  MonoTime now = kStart;
  for (int step = 0; step < 1000; ++step, now += 10ms) {
    for (const std::uint32_t who : {0U, 0U, 0U, 1U, 2U, 3U}) got[peer(who)] += bytes.take(peer(who), now, 65536).granted;
  }
  std::uint64_t sum = 0;
  for (const auto& [who, count] : got) {
    sum += count;
    EXPECT_NEAR(static_cast<double>(count), 400.0 * 1024, 40.0 * 1024);
  }
  EXPECT_LE(sum, 10U * 160 * 1024 + 64 * 1024);
}

TEST(FairBytes, HaveNoTurnsWithoutALimit) {
  FairBytes bytes;
  bytes.wait(peer(1));
  EXPECT_EQ(bytes.take(peer(2), kStart, 65536).granted, 65536U);
  bytes.leave(peer(1));
  bytes.leave(peer(1));
}

TEST(FairBytes, LeaveNothingToThoseWhoLeft) {
  FairBytes bytes(16 * 1024);
  bytes.wait(peer(1));
  (void)bytes.take(peer(2), kStart, 65536);
  bytes.leave(peer(1));
  EXPECT_GT(bytes.take(peer(2), kStart + 10s, 65536).granted, 0U);
}

TEST(TunnelWords, NameATargetAndNothingElse) {
  const Bytes hello = encode_hello("slskdn-ui");
  for (std::size_t size = 0; size < hello.size(); ++size) {
    const auto part = parse_hello(ByteView(hello).first(size));
    ASSERT_TRUE(part);
    EXPECT_FALSE(*part);
  }
  EXPECT_EQ(parse_hello(hello).value(), "slskdn-ui");
  Bytes longer = hello;
  longer.push_back('x');
  EXPECT_FALSE(parse_hello(longer));
  EXPECT_FALSE(parse_hello(Bytes{0}));
  EXPECT_FALSE(parse_hello(Bytes{33}));
  EXPECT_FALSE(parse_hello(encode_hello("Upper")));
  EXPECT_FALSE(parse_hello(encode_hello("a/b")));
  SeededRandom random(4);
  for (int i = 0; i < 2000; ++i) {
    Bytes noise(static_cast<std::size_t>(random.below(40)));
    random.fill(noise);
    (void)parse_hello(noise);
  }
}

TEST(TunnelWords, HaveFiveAnswers) {
  EXPECT_EQ(tunnel_answer(0), TunnelAnswer::Open);
  EXPECT_EQ(tunnel_answer(4), TunnelAnswer::Loop);
  EXPECT_FALSE(tunnel_answer(5));
  EXPECT_FALSE(tunnel_answer(255));
}

}  // namespace
}  // namespace soulfabric::relay
