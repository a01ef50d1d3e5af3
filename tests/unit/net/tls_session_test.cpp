// SPDX-License-Identifier: GPL-3.0-or-later
// Two sessions of ours against each other, in every split of bytes.
#include <gtest/gtest.h>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::net {
namespace {

constexpr std::string_view kAlpn = "soulfabric/1";

SigningKey key_of(std::uint8_t number) {
  SigningKey::Seed seed{};
  seed.fill(number);
  return SigningKey(seed);
}

std::shared_ptr<const TlsIdentity> identity_of(std::uint8_t number, std::string_view alpn = kAlpn) {
  auto made = TlsIdentity::make(key_of(number), alpn);
  return made ? *made : nullptr;
}

PeerId id_of(std::uint8_t number) { return PeerId::of(key_of(number).public_key()); }

Bytes take(TlsSession& session, std::size_t most = SIZE_MAX) {
  const auto view = session.pending();
  Bytes out(view.begin(), view.begin() + static_cast<std::ptrdiff_t>(std::min(most, view.size())));
  session.sent(out.size());
  return out;
}

struct Pair {
  TlsSession client;
  TlsSession server;
  Status client_fed{};
  Status server_fed{};
  explicit Pair(std::optional<PeerId> expected = id_of(2), std::string_view server_alpn = kAlpn)
      : client(identity_of(1), TlsSide::Client, expected), server(identity_of(2, server_alpn), TlsSide::Server, std::nullopt) {}

  /// Until both are silent.
  void run(SeededRandom* random = nullptr) {
    while (!client.pending().empty() || !server.pending().empty()) {
      pass(client, server, server_fed, random);
      pass(server, client, client_fed, random);
    }
  }
  static void pass(TlsSession& from, TlsSession& to, Status& fed, SeededRandom* random) {
    const auto bytes = take(from, random == nullptr ? SIZE_MAX : 1 + random->below(random->below(2) == 0 ? 8 : 700));
    if (fed && !bytes.empty()) fed = to.feed(bytes);
  }
};

Bytes random_bytes(SeededRandom& random, std::size_t size) {
  Bytes bytes(size);
  random.fill(bytes);
  return bytes;
}

TEST(TlsSession, BothSidesKnowEachOtherAfterTheHandshake) {
  Pair pair;
  EXPECT_FALSE(pair.client.peer());
  pair.run();
  ASSERT_TRUE(pair.client_fed && pair.server_fed);
  EXPECT_TRUE(pair.client.established());
  EXPECT_TRUE(pair.server.established());
  EXPECT_EQ(pair.client.peer(), id_of(2));
  EXPECT_EQ(pair.server.peer(), id_of(1));
  EXPECT_EQ(pair.server.peer_key(), key_of(1).public_key());
}

TEST(TlsSession, CarriesBytesInEverySplit) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRandom random(seed);
    Pair pair;
    pair.run(&random);
    ASSERT_TRUE(pair.client.established() && pair.server.established()) << seed;
    const Bytes sent = random_bytes(random, random.below(100'000));
    ByteView left(sent);
    Bytes wire;
    Bytes received;
    while (received.size() < sent.size()) {
      const auto part = left.first(std::min<std::size_t>(left.size(), 1 + random.below(40'000)));
      ASSERT_TRUE(pair.client.write(part, wire));
      left = left.subspan(part.size());
      Bytes into(1 + random.below(20'000));
      ByteView arrived = ByteView(wire).first(std::min<std::size_t>(wire.size(), 1 + random.below(30'000)));
      const std::size_t offered = arrived.size();
      for (;;) {
        const auto got = pair.server.read(arrived, into);
        ASSERT_TRUE(got) << got.error().message;
        if (*got == 0) break;
        received.insert(received.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(*got));
      }
      ASSERT_TRUE(arrived.empty());
      wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(offered));
    }
    ASSERT_EQ(received, sent) << seed;
  }
}

TEST(TlsSession, ClientRefusesAnotherPeerThanTheExpected) {
  Pair pair(id_of(3));
  pair.run();
  ASSERT_FALSE(pair.client_fed);
  EXPECT_EQ(pair.client_fed.error().code, Errc::Unauthorized);
  EXPECT_FALSE(pair.client.established());
  EXPECT_FALSE(pair.client.peer());
  ASSERT_FALSE(pair.server_fed);  // the alert
  EXPECT_FALSE(pair.server.established());
}

TEST(TlsSession, ClientWithoutExpectationTakesAnyPeer) {
  Pair pair(std::nullopt);
  pair.run();
  EXPECT_EQ(pair.client.peer(), id_of(2));
}

TEST(TlsSession, RefusesAnotherProtocolName) {
  Pair pair(id_of(2), "soulfabric/2");
  pair.run();
  EXPECT_FALSE(pair.server_fed);
  EXPECT_FALSE(pair.client_fed);
  EXPECT_FALSE(pair.client.established());
}

TEST(TlsSession, NothingIsWrittenBeforeTheHandshake) {
  Pair pair;
  const Bytes plain(10);
  const auto written = pair.client.write(plain);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::Unavailable);
  pair.run();
  EXPECT_TRUE(pair.client.established());
}

TEST(TlsSession, ServerSendsNoTicketAfterTheHandshake) {
  Pair pair;
  (void)pair.server.feed(take(pair.client));
  (void)pair.client.feed(take(pair.server));
  (void)pair.server.feed(take(pair.client));
  ASSERT_TRUE(pair.server.established());
  EXPECT_TRUE(pair.server.pending().empty());
}

TEST(TlsSession, GoodbyeIsToldFromABrokenConnection) {
  Pair pair;
  pair.run();
  EXPECT_FALSE(pair.server.ended());
  pair.client.close();
  pair.run();
  Bytes into(10);
  const auto got = pair.server.read(into);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 0U);
  EXPECT_TRUE(pair.server.ended());
  EXPECT_FALSE(pair.client.ended());
}

TEST(TlsSession, GarbageIsRefusedByBothSides) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    for (const auto side : {TlsSide::Client, TlsSide::Server}) {
      TlsSession session(identity_of(1), side, std::nullopt);
      Status fed;
      for (int i = 0; i < 40 && fed; ++i) fed = session.feed(random_bytes(random, 1 + random.below(2000)));
      ASSERT_FALSE(fed) << seed;
      EXPECT_EQ(fed.error().code, Errc::Malformed);
      EXPECT_FALSE(session.established());
      EXPECT_FALSE(session.feed(random_bytes(random, 10)));  // it stays over
    }
  }
}

TEST(TlsSession, EveryTruncationOfTheClientsHelloLeavesTheServerWaiting) {
  Pair sample;
  const Bytes hello = take(sample.client);
  for (std::size_t size = 0; size < hello.size(); ++size) {
    TlsSession server(identity_of(2), TlsSide::Server, std::nullopt);
    EXPECT_TRUE(server.feed(ByteView(hello).first(size)));
    EXPECT_FALSE(server.established());
    EXPECT_TRUE(server.pending().empty());
  }
}

TEST(TlsSession, EveryTruncationOfTheServersAnswerLeavesTheClientWaiting) {
  for (std::size_t cut = 1; cut < 800; cut += 13) {
    Pair pair;
    (void)pair.server.feed(take(pair.client));
    const Bytes answer = take(pair.server);
    if (cut >= answer.size()) break;
    EXPECT_TRUE(pair.client.feed(ByteView(answer).first(answer.size() - cut)));
    EXPECT_FALSE(pair.client.established());
  }
}

TEST(TlsSession, AChangedByteAnywhereEndsTheHandshake) {
  for (std::size_t at = 0; at < 800; at += 5) {
    Pair pair;
    (void)pair.server.feed(take(pair.client));
    Bytes answer = take(pair.server);
    if (at >= answer.size()) break;
    answer[at] ^= 0x20U;
    (void)pair.client.feed(answer);
    pair.run();
    EXPECT_FALSE(pair.client.established() && pair.server.established()) << at;
  }
}

TEST(TlsSession, AChangedByteOfARecordIsMalformed) {
  Pair pair;
  pair.run();
  Bytes wire;
  ASSERT_TRUE(pair.client.write(Bytes(100), wire));
  wire[50] ^= 1U;
  ByteView arrived(wire);
  Bytes into(200);
  const auto got = pair.server.read(arrived, into);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::Malformed);
}

TEST(TlsSession, MoreThanAMebibyteFedAndNotReadIsRefused) {
  Pair pair;
  pair.run();
  Status fed;
  std::size_t total = 0;
  while (fed && total < 2'000'000) {
    ASSERT_TRUE(pair.client.write(Bytes(50'000)));
    const Bytes wire = take(pair.client);
    fed = pair.server.feed(wire);
    total += wire.size();
  }
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, Errc::TooLarge);
  EXPECT_GT(total, 1'000'000U);
}

TEST(TlsIdentity, RefusesAnEmptyProtocolName) {
  const auto made = TlsIdentity::make(key_of(1), "");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::InvalidArgument);
}

}  // namespace
}  // namespace soulfabric::net
