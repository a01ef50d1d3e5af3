// SPDX-License-Identifier: GPL-3.0-or-later
// Calls over real links: TLS on loopback, both ways over whichever link stands.
#include "support/mesh_network.hpp"
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;
using soulfabric::testing::MeshNetwork;
using soulfabric::testing::MeshNode;

/// A node of the network with a fabric on its links.
struct LinkedNode {
  LinkedNode(IoContext& context, IoClock& clock, MeshNode& mesh_node, const RouterSettings& settings) : node(mesh_node), odd(clock, "odd", 10min) {
    fabric = std::make_unique<FabricImpl>(FabricDependencies{context, clock, node.random, node.guard, *node.links, book, dht, node.key}, settings,
                                          [](DescriptorSource&) { return std::make_unique<FakeDirectory>(); });
    EXPECT_TRUE(fabric->add(odd));
  }
  template <Described Question>
  Task<Result<CallOutcome>> call(const LinkedNode& other, std::string method, Question question, std::chrono::milliseconds timeout = 20s) {
    auto permit = node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
    return fabric->call(std::move(*permit), "odd", std::move(method), encode(question), {.to = other.node.id, .timeout = timeout});
  }
  MeshNode& node;
  FakeBook book;
  FakeDht dht;
  Odd odd;
  std::unique_ptr<FabricImpl> fabric;
};

class LinkedCall : public ::testing::Test {
 public:
  LinkedCall() {
    settings_.exposed = {"odd"};
    soulfabric::testing::MeshNodeOptions dials_only;
    dials_only.links.listen.reset();  // as behind a NAT
    first_ = std::make_unique<LinkedNode>(context_, clock_, network_.add(dials_only), settings_);
    second_ = std::make_unique<LinkedNode>(context_, clock_, network_.add(), settings_);
    network_.start();
  }
  void run(Task<void> test) { soulfabric::testing::run_task(context_, linked(std::move(test))); }
  Task<void> linked(Task<void> test) {
    const auto one = co_await first_->fabric->start();
    const auto two = co_await second_->fabric->start();
    EXPECT_TRUE(one && two);
    const bool both = co_await network_.link(first_->node, second_->node);
    EXPECT_TRUE(both);
    co_await std::move(test);
    co_await first_->fabric->stop();
    co_await second_->fabric->stop();
    co_await network_.stop();
  }
  IoContext context_{1};
  SystemIoClock clock_;
  MeshNetwork network_{context_, clock_};
  RouterSettings settings_;
  std::unique_ptr<LinkedNode> first_;
  std::unique_ptr<LinkedNode> second_;
};

TEST_F(LinkedCall, ReachesTheNodeThatDialledOut) {  // "inbound connections are never used for calls"
  struct Test {
    static Task<void> run(LinkedCall& t) {
      const auto out = co_await t.first_->call(*t.second_, "Echo", Text{"out"});
      EXPECT_TRUE(out && out->status == CallStatus::Ok);
      EXPECT_EQ(t.second_->odd.caller, t.first_->node.id);
      const auto back = co_await t.second_->call(*t.first_, "Echo", Text{"back"});
      EXPECT_TRUE(back && back->status == CallStatus::Ok) << (back ? "" : back.error().message);
      EXPECT_EQ(t.first_->odd.caller, t.second_->node.id);
      EXPECT_EQ(t.second_->node.links->metrics().dialled, 0U);
      EXPECT_EQ(t.second_->node.links->links().size(), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(LinkedCall, KeepsTheLinkAfterALargeAnswerAndAnImpossibleOne) {  // defect 12
  struct Test {
    static Task<void> run(LinkedCall& t) {
      const auto large = co_await t.first_->call(*t.second_, "Large", Number{300 * 1024});
      EXPECT_TRUE(large && large->status == CallStatus::Ok);
      const auto huge = co_await t.first_->call(*t.second_, "Large", Number{10 * 1024 * 1024});
      EXPECT_TRUE(huge && huge->status == CallStatus::Internal);
      const auto question = co_await t.first_->call(*t.second_, "Echo", Text{std::string(900 * 1024, 'q')});
      EXPECT_TRUE(question && question->status == CallStatus::Ok);
      const auto refused = co_await t.first_->call(*t.second_, "Crash", Text{std::string(700 * 1024, 'q')});
      EXPECT_TRUE(refused && refused->status == CallStatus::PayloadTooLarge) << (refused ? "" : refused.error().message);
      EXPECT_EQ(t.second_->node.links->metrics().accepted, 1U);
      EXPECT_TRUE(t.second_->node.links->is_linked(t.first_->node.id));
      EXPECT_EQ(t.second_->node.guard.metrics().violations, 0U);
      EXPECT_EQ(t.first_->node.guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(LinkedCall, IsNotDelayedByASlowHandlerOnTheSameLink) {  // defect 14
  struct Test {
    static Task<void> slow(LinkedCall& t) { co_await t.first_->call(*t.second_, "Hang", Nothing{}); }
    static Task<void> run(LinkedCall& t) {
      TaskScope scope(t.context_, "slow");
      scope.spawn("slow", slow(t));
      while (t.second_->odd.hanging == 0) co_await t.second_->odd.changed.wait(t.clock_, kNever);
      for (int i = 0; i < 20; ++i) {
        const auto quick = co_await t.first_->call(*t.second_, "Echo", Text{"quick"});
        EXPECT_TRUE(quick && quick->status == CallStatus::Ok);
      }
      EXPECT_EQ(t.second_->odd.hanging, 1);
      co_await scope.close();
      const bool heard = co_await t.network_.until([&t] { return t.second_->odd.hanging == 0; });
      EXPECT_TRUE(heard) << "the reset of the caller's stream stops the handler";
    }
  };
  run(Test::run(*this));
}

TEST_F(LinkedCall, KeepsNoStreamWhoseHandlerEndedAtOnce) {
  struct Test {
    static Task<void> run(LinkedCall& t) {
      for (int i = 0; i < 20; ++i) {
        auto permit = t.first_->node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
        auto stream = co_await t.first_->fabric->open(std::move(*permit), "odd", "Blurt", encode(Text{""}), {.to = t.second_->node.id});
        EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
        if (!stream) co_return;
        Bytes one(1);
        const auto got = co_await net::read_exactly(**stream, one, t.clock_.now() + 5s);
        EXPECT_TRUE(got);
        (*stream)->shutdown_write();
      }
      const bool none = co_await t.network_.until([&t] { return t.second_->node.links->links().front().streams == 0; });
      EXPECT_TRUE(none) << t.second_->node.links->links().front().streams << " streams are held until their deadlines";
    }
  };
  run(Test::run(*this));
}

TEST_F(LinkedCall, CarriesTheDeadline) {
  struct Test {
    static Task<void> run(LinkedCall& t) {
      const auto left = co_await t.first_->call(*t.second_, "Left", Nothing{}, 700ms);
      EXPECT_TRUE(left && left->status == CallStatus::Ok);
      if (left) EXPECT_LE(decode<Number>(left->payload)->value, 700U);
      const auto late = co_await t.first_->call(*t.second_, "Hang", Nothing{}, 60ms);
      EXPECT_TRUE(!late || late->status == CallStatus::Timeout);
      const bool heard = co_await t.network_.until([&t] { return t.second_->odd.hanging == 0; });
      EXPECT_TRUE(heard);
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::fabric
