// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels that may be, and those that may not.
#include "tunnels_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

class Tunnel : public TunnelWorld {};

TEST_F(Tunnel, LeadsToAnOperatorsTarget) {
  struct Test {
    static Task<void> run(Tunnel& t) {
      TunnelSettings settings;
      settings.enabled = true;
      settings.targets["echo"] = t.program().port;
      t.far->tunnels->configure(settings);
      t.far->rights(*t.near).tunnel_targets = true;
      const auto stream = co_await t.open("echo");
      EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
      if (!stream) co_return;
      const auto heard = co_await say_and_hear(**stream, "hello");
      EXPECT_EQ(heard, "hello");
      EXPECT_EQ(t.far->tunnels->tunnels().size(), 1U);
      const auto near_info = t.near->tunnels->tunnels();
      EXPECT_EQ(near_info.size(), 1U);
      EXPECT_EQ(near_info.at(0).bytes_out, 5U);
      EXPECT_EQ(near_info.at(0).bytes_in, 5U);
      EXPECT_EQ(near_info.at(0).state, "open");
    }
  };
  run(Test::run(*this));
}

TEST_F(Tunnel, JoinsTheGatewayInProcess) {
  struct Test {
    static Task<void> run(Tunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      for (const std::string_view target : {kApiTarget, kUiTarget}) {
        const auto stream = co_await t.open(std::string(target));
        EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
        if (!stream) co_return;
        const auto heard = co_await say_and_hear(**stream, "gateway");
        EXPECT_EQ(heard, "gateway");
      }
      EXPECT_EQ(t.far->door.joined, 2U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Tunnel, GoesBackOverTheSameOutboundLink) {
  struct Test {
    static Task<void> run(Tunnel& t) {
      TunnelSettings settings;
      settings.enabled = true;
      t.near->tunnels->configure(settings);
      t.near->rights(*t.far).tunnel_targets = true;
      const auto stream = co_await t.far->tunnels->open(t.near->id(), std::string(kUiTarget), std::nullopt, t.clock.now() + 10s);
      EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
      if (!stream) co_return;
      const auto heard = co_await say_and_hear(**stream, "home");
      EXPECT_EQ(heard, "home");
      EXPECT_EQ(t.far->node.links->metrics().dialled, 1U) << "to the middle only";
    }
  };
  run(Test::run(*this));
}

TEST_F(Tunnel, GoesThroughAThirdNode) {
  struct Test {
    static Task<void> run(Tunnel& t) {
      t.let_through();
      const auto stream = co_await t.open(std::string(kUiTarget), true);
      EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
      if (!stream) co_return;
      const std::string words(300'000, 'w');
      const auto heard = co_await say_and_hear(**stream, words);
      EXPECT_EQ(heard, words);
      EXPECT_FALSE(t.near->node.links->is_linked(t.far->id()));
      const auto between = t.middle->tunnels->tunnels();
      EXPECT_EQ(between.size(), 1U);
      EXPECT_EQ(between.at(0).role, TunnelRole::Middle);
      EXPECT_EQ(between.at(0).target, "") << "the middle does not know it";
      EXPECT_EQ(between.at(0).peer, t.near->id());
      EXPECT_EQ(between.at(0).via, t.far->id());
      const auto there = t.far->tunnels->tunnels();
      EXPECT_EQ(there.at(0).peer, t.near->id()) << "the inner identity";
      EXPECT_EQ(there.at(0).via, t.middle->id());
    }
  };
  direct = false;
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::relay
