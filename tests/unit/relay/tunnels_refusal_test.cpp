// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels that may not be: each refusal towards the other node says little, and is counted here by its reason.
#include "tunnels_impl.hpp"
#include "tunnels_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

class RefusedTunnel : public TunnelWorld {
 public:
  RefusedTunnel() {
    far_settings.enabled = true;
    middle_settings.relay = true;
  }
  /// Tries, and expects this error.
  Task<void> expect(std::string target, Errc code, bool through_middle = false) {
    const auto stream = co_await open(std::move(target), through_middle);
    EXPECT_FALSE(stream);
    if (!stream) EXPECT_EQ(name_of(stream.error().code), name_of(code)) << stream.error().message;
  }
  TunnelSettings far_settings;
  TunnelSettings middle_settings;
};

TEST_F(RefusedTunnel, ForPeersWithoutTheRight) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      co_await t.expect("slskdn-ui", Errc::Forbidden);
      auto& known = t.far->book.know(t.near->id(), std::nullopt, WallTime{});
      known.trusted = true;
      known.rights.believe_catalogue = true;
      known.rights.relay_for = {t.near->id(), t.middle->id()};
      co_await t.expect("slskdn-ui", Errc::Forbidden);
      EXPECT_EQ(t.far->refused(TunnelRefusal::NoRight), 2U) << "no other right implies it";
      EXPECT_EQ(t.far->door.joined, 0U);
      known.rights.tunnel_targets = true;
      t.far->tunnels->configure({});
      co_await t.expect("slskdn-ui", Errc::Forbidden);
      EXPECT_EQ(t.far->refused(TunnelRefusal::Disabled), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ForTargetsThatAreNotOffered) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      co_await t.expect("files", Errc::Forbidden);
      co_await t.expect("127.0.0.1:22", Errc::NotFound);
      t.far_settings.gateway_targets = false;
      t.far->tunnels->configure(t.far_settings);
      co_await t.expect("slskdn-api", Errc::Forbidden);
      EXPECT_EQ(t.far->refused(TunnelRefusal::Target), 2U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ToAPortOfThisProgramItself) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      Program& program = t.program();
      t.far_settings.targets["own"] = program.port;
      t.far_settings.own_ports = {program.port};
      t.far->tunnels->configure(t.far_settings);
      co_await t.expect("own", Errc::Forbidden);
      ForwardSettings forward;
      forward.name = "back";
      forward.peer = t.near->id();
      const auto made = t.far->tunnels->open_forward(forward);
      EXPECT_TRUE(made);
      t.far_settings.targets["forward"] = made->settings.port;
      t.far->tunnels->configure(t.far_settings);
      co_await t.expect("forward", Errc::Forbidden);
      EXPECT_EQ(t.far->refused(TunnelRefusal::OwnPort), 2U);
      EXPECT_EQ(program.accepted, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ToAProgramThatIsDown) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      Program& program = t.program();
      t.far_settings.targets["down"] = program.port;
      t.far->tunnels->configure(t.far_settings);
      co_await program.stop();
      co_await t.expect("down", Errc::Offline);
      EXPECT_EQ(t.far->refused(TunnelRefusal::Down), 1U);
      EXPECT_TRUE(t.far->tunnels->tunnels().empty());
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, AfterTheFourthOfAPeer) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      TunnelSettings greedy;
      greedy.per_peer = 100;
      t.near->tunnels->configure(greedy);
      std::vector<std::unique_ptr<net::ByteStream>> held;
      for (int i = 0; i < 4; ++i) {
        auto stream = co_await t.open("slskdn-ui");
        EXPECT_TRUE(stream);
        if (stream) held.push_back(std::move(*stream));
      }
      co_await t.expect("slskdn-ui", Errc::Busy);
      EXPECT_EQ(t.far->refused(TunnelRefusal::PerPeer), 1U);
      held.pop_back();
      const bool left = co_await t.network.until([&t] { return t.far->tunnels->tunnels().size() == 3; });
      EXPECT_TRUE(left);
      const auto again = co_await t.open("slskdn-ui");
      EXPECT_TRUE(again) << "a place became free";
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, AfterTheTwentiethInAll) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      t.far_settings.per_peer = 100;
      t.far->tunnels->configure(t.far_settings);
      TunnelSettings greedy;
      greedy.per_peer = 100;
      t.near->tunnels->configure(greedy);
      // Calls that go on count against the 16 of a new peer; from 70 a peer may have more.
      t.far->node.guard.import_reputations({{guard::Subject::peer(t.near->id().text()), 90, {}}});
      std::vector<std::unique_ptr<net::ByteStream>> held;
      for (int i = 0; i < 20; ++i) {
        auto stream = co_await t.open("slskdn-ui");
        EXPECT_TRUE(stream) << i << (stream ? "" : stream.error().message);
        if (stream) held.push_back(std::move(*stream));
      }
      co_await t.expect("slskdn-ui", Errc::Busy);
      EXPECT_EQ(t.far->refused(TunnelRefusal::Total), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ByAMiddleWithoutTheRightToRelay) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.far->rights(*t.near).tunnel_targets = true;
      co_await t.expect("slskdn-ui", Errc::Forbidden, true);
      auto& rights = t.middle->rights(*t.near);
      rights.tunnel_targets = true;
      rights.relay_for = {t.middle->id()};
      co_await t.expect("slskdn-ui", Errc::Forbidden, true);
      EXPECT_EQ(t.middle->refused(TunnelRefusal::NoRight), 2U);
      rights.relay_for = {t.far->id()};
      t.middle->tunnels->configure({});
      co_await t.expect("slskdn-ui", Errc::Forbidden, true);
      EXPECT_EQ(t.middle->refused(TunnelRefusal::Disabled), 1U);
      EXPECT_EQ(t.far->tunnels->metrics().opened, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ByTheFarSideHoweverMuchTheMiddleMay) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.middle->rights(*t.near).relay_for = {t.far->id()};
      auto& middle = t.far->book.know(t.middle->id(), std::nullopt, WallTime{});
      middle.trusted = true;
      middle.rights.tunnel_targets = true;
      co_await t.expect("slskdn-ui", Errc::Forbidden, true);
      EXPECT_EQ(t.far->refused(TunnelRefusal::NoRight), 1U) << "judged on the inner identity only";
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, WhereItWouldLeadBack) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      const MonoTime deadline = t.clock.now() + 10s;
      const auto own = co_await t.near->tunnels->open(t.near->id(), "slskdn-ui", std::nullopt, deadline);
      EXPECT_FALSE(own);
      const auto through_own = co_await t.near->tunnels->open(t.far->id(), "slskdn-ui", t.near->id(), deadline);
      EXPECT_FALSE(through_own);
      const auto through_end = co_await t.near->tunnels->open(t.far->id(), "slskdn-ui", t.far->id(), deadline);
      EXPECT_FALSE(through_end);
      EXPECT_EQ(t.near->refused(TunnelRefusal::Loop), 3U);
      for (const PeerId& end : {t.near->id(), t.middle->id()}) {  // by one who does not ask itself first
        t.middle->rights(*t.near).relay_for = {end};
        auto permit = t.near->node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
        Bytes question = fabric::encode(RelayQuestion{end});
        fabric::CallOptions options;
        options.to = t.middle->id();
        const auto stream = co_await t.near->fabric->open(std::move(*permit), "trusted-relay", "Relay", std::move(question), options);
        EXPECT_TRUE(stream);
        std::array<std::uint8_t, 1> word{};
        const auto heard = co_await net::read_exactly(**stream, word, deadline);
        EXPECT_TRUE(heard);
        EXPECT_EQ(word[0], 4U);
      }
      EXPECT_EQ(t.middle->refused(TunnelRefusal::Loop), 2U);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, EndsWhenTheRightIsTakenAway) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.let_through();
      const auto stream = co_await t.open("slskdn-ui", true);
      EXPECT_TRUE(stream);
      const auto direct = co_await t.open("slskdn-ui");
      EXPECT_TRUE(direct);
      t.middle->rights(*t.near).relay_for.clear();
      t.middle->tunnels->configure(t.middle_settings);
      const bool relayed_ended = co_await t.network.until([&t] { return t.far->tunnels->tunnels().size() == 1; });
      EXPECT_TRUE(relayed_ended);
      t.far->rights(*t.near).tunnel_targets = false;
      t.far->tunnels->configure(t.far_settings);
      const bool ended = co_await t.network.until([&t] { return t.far->tunnels->tunnels().empty(); });
      EXPECT_TRUE(ended);
    }
  };
  run(Test::run(*this));
}

TEST_F(RefusedTunnel, ToAKeyThatWasGivenUpAlsoThroughAThird) {
  struct Test {
    static Task<void> run(RefusedTunnel& t) {
      t.let_through();
      const auto stream = co_await t.open("slskdn-ui", true);
      EXPECT_TRUE(stream);
      t.near->book.know(t.far->id(), std::nullopt, WallTime{}).revoked = true;
      t.near->tunnels->configure({});
      const bool ended = co_await t.network.until([&t] { return t.far->tunnels->tunnels().empty(); });
      EXPECT_TRUE(ended) << "what stood is closed";
      const auto closed = t.near->refused(TunnelRefusal::Identity);
      EXPECT_GE(closed, 1U);
      co_await t.expect("slskdn-ui", Errc::Forbidden, true);
      EXPECT_EQ(t.near->refused(TunnelRefusal::Identity), closed + 1);
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::relay
