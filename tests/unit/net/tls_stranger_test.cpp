// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions of ours against ends that break a rule, made of the bare library.
#include <gtest/gtest.h>

#include "raw_tls.hpp"

namespace soulfabric::net {
namespace {

using testing::RawTls;
using testing::RawTlsOptions;
using Key = RawTlsOptions::Key;

std::shared_ptr<const TlsIdentity> ours() {
  SigningKey::Seed seed{};
  seed.fill(7);
  auto made = TlsIdentity::make(SigningKey(seed), "soulfabric/1");
  return made ? *made : nullptr;
}

struct Meeting {
  TlsSession session;
  RawTls raw;
  Status fed{};
  Meeting(TlsSide our_side, const RawTlsOptions& options)
      : session(ours(), our_side, std::nullopt), raw(our_side == TlsSide::Client ? TlsSide::Server : TlsSide::Client, options) {
    Bytes to_us = raw.step({});
    for (int i = 0; i < 20; ++i) {
      if (!to_us.empty() && fed) fed = session.feed(to_us);
      const auto view = session.pending();
      const Bytes to_them(view.begin(), view.end());
      session.sent(to_them.size());
      to_us = raw.step(to_them);
      if (to_us.empty() && to_them.empty()) break;
    }
  }
  [[nodiscard]] Errc code() const { return fed ? Errc::Internal : fed.error().code; }
};

TEST(TlsStranger, AnHonestOneIsTakenByBothSides) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    Meeting meeting(side, {});
    EXPECT_TRUE(meeting.fed);
    EXPECT_TRUE(meeting.session.established());
    EXPECT_TRUE(meeting.raw.done());
  }
}

TEST(TlsStranger, ShowsTheSameCertificateEveryTime) {
  const Meeting first(TlsSide::Server, {});
  const Meeting second(TlsSide::Client, {});
  EXPECT_FALSE(first.raw.certificate().empty());
  EXPECT_EQ(first.raw.certificate(), second.raw.certificate());
}

TEST(TlsStranger, WithoutACertificateIsUnauthorized) {
  Meeting meeting(TlsSide::Server, {.key = Key::None});
  EXPECT_EQ(meeting.code(), Errc::Unauthorized);
  EXPECT_FALSE(meeting.session.established());
}

TEST(TlsStranger, WithAnRsaKeyIsRefusedByBothSides) {
  Meeting client(TlsSide::Server, {.key = Key::Rsa});
  EXPECT_EQ(client.code(), Errc::Unauthorized);
  Meeting server(TlsSide::Client, {.key = Key::Rsa});
  EXPECT_FALSE(server.fed);
  EXPECT_FALSE(server.session.established());
}

TEST(TlsStranger, WithAnEllipticCurveKeyIsRefusedByBothSides) {
  Meeting client(TlsSide::Server, {.key = Key::EllipticCurve});
  EXPECT_EQ(client.code(), Errc::Unauthorized);
  Meeting server(TlsSide::Client, {.key = Key::EllipticCurve});
  EXPECT_FALSE(server.fed);
}

TEST(TlsStranger, OfTlsOneTwoIsRefusedByBothSides) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    Meeting meeting(side, {.version = TLS1_2_VERSION});
    EXPECT_EQ(meeting.code(), Errc::Malformed);
    EXPECT_FALSE(meeting.raw.done());
  }
}

TEST(TlsStranger, WithoutOrWithAnotherProtocolNameIsRefusedByBothSides) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    for (const char* alpn : {"", "h2", "soulfabric/", "soulfabric/11"}) {
      Meeting meeting(side, {.alpn = alpn});
      EXPECT_EQ(meeting.code(), Errc::Malformed) << alpn;
      EXPECT_FALSE(meeting.session.established()) << alpn;
    }
  }
}

TEST(TlsStranger, WithAnotherKeyExchangeIsRefusedByBothSides) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    Meeting meeting(side, {.groups = "P-256"});
    EXPECT_FALSE(meeting.fed);
    EXPECT_FALSE(meeting.session.established());
  }
}

TEST(TlsStranger, AnExpiredCertificateIsAsGoodAsAnyOther) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    Meeting meeting(side, {.days_left = -500});
    EXPECT_TRUE(meeting.fed);
    EXPECT_TRUE(meeting.session.established());
  }
}

TEST(TlsStranger, AHugeCertificateIsRefusedByBothSides) {
  for (const auto side : {TlsSide::Client, TlsSide::Server}) {
    Meeting meeting(side, {.extra_bytes = 8192});
    EXPECT_EQ(meeting.code(), Errc::Malformed);
  }
}

TEST(TlsStranger, ARefusalOfTheServerReachesTheClientOnlyAfterItIsEstablished) {
  TlsSession client(ours(), TlsSide::Client, std::nullopt);
  RawTls server(TlsSide::Server, {.refuse_peer = true});
  const auto take = [&] {
    const auto view = client.pending();
    Bytes out(view.begin(), view.end());
    client.sent(out.size());
    return out;
  };
  ASSERT_TRUE(client.feed(server.step(take())));
  EXPECT_TRUE(client.established());  // and yet worth nothing: no plain text has come
  const Bytes alert = server.step(take());
  EXPECT_TRUE(server.failed());
  ASSERT_FALSE(alert.empty());
  (void)client.feed(alert);
  Bytes into(100);
  const auto got = client.read(into);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::Malformed);
}

}  // namespace
}  // namespace soulfabric::net
