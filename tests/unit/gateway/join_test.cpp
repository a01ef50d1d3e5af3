// SPDX-License-Identifier: GPL-3.0-or-later
// A connection that is joined in process, as tunnels are: served as HTTP, and never local (security rule S20).
#include <sys/socket.h>

#include <array>

#include "fixture.hpp"

namespace soulfabric::gateway::testing {
namespace {

class JoinedTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    launch();
  }
  /// Our end; the other one belongs to the gateway.
  Wire::Joined join() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    on_loop([&] {
      const auto joined = gateway->join(ends[1]);
      EXPECT_TRUE(joined) << joined.error().message;
    });
    return {ends[0]};
  }
};

TEST_F(JoinedTest, RequestsAreAnsweredOneAfterTheOther) {
  Wire wire(join());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wire.send(head("GET", "/health", {}, false) + "\r\n"));
    EXPECT_EQ(wire.read().status, 200);
  }
}

TEST_F(JoinedTest, AKeyForThisMachineOnlyIsNotAcceptedAndNothingElseIsGiven) {
  Wire wire(join());
  ASSERT_TRUE(wire.send(head("GET", "/api/v0/application", {}, false) + "\r\n"));
  EXPECT_EQ(wire.read().status, 401);
  ASSERT_TRUE(wire.send(head("GET", "/api/v0/options", {}, false) + "\r\n"));
  EXPECT_EQ(wire.read().status, 401);
}

TEST_F(JoinedTest, AHalfClosedOneStillGetsItsAnswer) {
  const auto end = join();
  Wire wire(end);
  ASSERT_TRUE(wire.send(head("GET", "/health", {}, false) + "\r\n"));
  ::shutdown(end.descriptor, SHUT_WR);
  EXPECT_EQ(wire.read().status, 200);
}

TEST_F(JoinedTest, WhatIsNoSocketIsRefusedAndClosed) {
  on_loop([&] {
    EXPECT_EQ(gateway->join(-1).error().code, Errc::InvalidArgument);
  });
}

TEST_F(JoinedTest, TheEndOfTheGatewayClosesIt) {
  Wire wire(join());
  ASSERT_TRUE(wire.send(head("GET", "/health", {}, false) + "\r\n"));
  EXPECT_EQ(wire.read().status, 200);
  halt();
  EXPECT_TRUE(wire.closed());
}

}  // namespace
}  // namespace soulfabric::gateway::testing
