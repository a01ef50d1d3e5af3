// SPDX-License-Identifier: GPL-3.0-or-later
// Our own calls: whom, how many at once, when again elsewhere, and what is asked about services.
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;

class Client : public FabricTest {
 public:
  void make_third() {
    third_ = std::make_unique<Node>(context_, clock_, net_, 3, settings_, limits_);
    EXPECT_TRUE(third_->fabric->add(third_odd_));
    // Far better: the first unless chance has it otherwise.
    here_->directory->providers = {there_->provider(50), third_->provider(100)};
  }
  Odd third_odd_{clock_, "odd"};
  std::unique_ptr<Node> third_;
};

TEST_F(Client, AsksAnIdempotentQuestionElsewhereWhereOneFails) {
  make();
  make_third();
  struct Test {
    static Task<void> run(Client& t) {
      t.here_->links.down.insert(t.third_->id);
      const auto echo = co_await t.call("Echo", Text{"x"}, {.idempotent = true});
      EXPECT_TRUE(echo && echo->provider == t.there_->id);
      t.here_->links.down.clear();
      t.third_->fabric->configure(RouterSettings{});  // exposes nothing any more
      const auto moved = co_await t.call("Echo", Text{"x"});
      EXPECT_TRUE(moved && moved->provider == t.there_->id) << "nothing was done at the first";
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, CallsWhoeverIsReachedFirstWhenNobodyIsLinked) {
  make();
  make_third();
  struct Test {
    static Task<void> run(Client& t) {
      t.here_->links.far = {{t.third_->id, std::chrono::hours(1)}, {t.there_->id, std::chrono::milliseconds(1)}};
      const auto echo = co_await t.call("Echo", Text{"x"});
      EXPECT_TRUE(echo && echo->provider == t.there_->id) << "though the other one is the better";
      EXPECT_EQ(t.here_->links.opened, 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, AsksNothingTwiceThatIsNotIdempotent) {
  make();
  make_third();
  struct Test {
    static Task<void> run(Client& t) {
      for (int i = 0; i < 20; ++i) {
        const auto refused = co_await t.call("Refuse", Nothing{});
        EXPECT_EQ(refused->status, CallStatus::RateLimited);
        EXPECT_EQ(t.odd_.calls + t.third_odd_.calls, i + 1);
      }
      EXPECT_GT(t.third_odd_.calls, t.odd_.calls) << "the better one first";
      const int before = t.odd_.calls + t.third_odd_.calls;
      const auto twice = co_await t.call("Refuse", Nothing{}, {.idempotent = true});
      EXPECT_EQ(twice->status, CallStatus::RateLimited);
      EXPECT_EQ(t.odd_.calls + t.third_odd_.calls, before + 2);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, PaysForEachTry) {
  make();
  make_third();
  struct Test {
    static Task<void> run(Client& t) {
      const auto twice = co_await t.call("Refuse", Nothing{}, {.idempotent = true});
      EXPECT_TRUE(twice);
      EXPECT_EQ(t.here_->guard.metrics().units_spent, 2U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, SaysWhenNobodyOffersAServiceOrNobodyIsThere) {
  make();
  struct Test {
    static Task<void> run(Client& t) {
      t.here_->links.down.insert(t.there_->id);
      const auto offline = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(offline.error().code, Errc::Offline);
      t.here_->directory->providers.clear();
      const auto nobody = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(nobody.error().code, Errc::NotFound);
      const auto wrong = co_await t.call("Echo", Text{"x"}, {}, "Wrong Name");
      EXPECT_EQ(wrong.error().code, Errc::InvalidArgument);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, HasTenCallsOfOnePeerUnderWayAndLetsTheRestWait) {
  make();
  struct Test {
    static Task<void> slow(Client& t, int& ended) {
      const auto done = co_await t.call("Hang", Nothing{});
      EXPECT_TRUE(done);
      ++ended;
    }
    static Task<void> run(Client& t) {
      TaskScope scope(t.context_, "slow");
      int ended = 0;
      t.odd_.release = t.clock_.now() + 300ms;
      for (int i = 0; i < 25; ++i) scope.spawn("slow", slow(t, ended));
      while (t.odd_.hanging < 10) co_await t.odd_.changed.wait(t.clock_, kNever);
      co_await t.clock_.sleep_for(20ms);
      EXPECT_EQ(t.odd_.hanging, 10);
      const auto late = co_await t.call("Echo", Text{"x"}, {.timeout = 30ms});
      EXPECT_EQ(late.error().code, Errc::TimedOut);
      co_await scope.join();
      EXPECT_EQ(ended, 25);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, TakesNoAnswerLargerThanItWants) {
  make();
  struct Test {
    static Task<void> run(Client& t) {
      const auto large = co_await t.call("Large", Number{10'000}, {.reply_cap = 5'000});
      EXPECT_EQ(large.error().code, Errc::TooLarge);
      EXPECT_EQ(t.here_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, ChargesAnAnswerWithoutForm) {
  make();
  struct Test {
    static Task<void> run(Client& t) {
      struct Lie {
        static Task<void> answer(mesh::StreamPtr stream, IoClock& clock) {
          const Bytes lie{0xff, 0xff, 1, 2, 3};
          const auto sent = co_await stream->write(lie, clock.now() + 1s);
          EXPECT_TRUE(sent);
          Bytes rest(1000);
          while (stream->is_open()) {
            const auto got = co_await stream->read_some(rest, clock.now() + 1s);
            if (!got) break;
          }
        }
      };
      TaskScope scope(t.context_, "liar");
      t.there_->links.on_stream(mesh::Protocol::Call, [&](mesh::StreamPtr stream) { scope.spawn("lie", Lie::answer(std::move(stream), t.clock_)); });
      const auto lied = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(lied.error().code, Errc::Malformed);
      EXPECT_EQ(t.here_->guard.metrics().violations, 1U);
      co_await scope.close();
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, WhatIsUnannouncedIsAnsweredAndNotTold) {
  make();
  struct Test {
    static Task<void> run(Client& t) {
      RouterSettings quiet = t.settings_;
      quiet.unannounced = {t.there_->directory->offered.front().name};
      t.there_->fabric->configure(quiet);
      EXPECT_TRUE(t.there_->directory->offered.empty());
      const auto echo = co_await t.call("Echo", Text{"x"});
      EXPECT_TRUE(echo.has_value());
    }
  };
  run(Test::run(*this));
}

TEST_F(Client, FindsAndChecksWhatAServiceSaysOfItself) {
  make();
  struct Test {
    static Task<void> run(Client& t) {
      EXPECT_EQ(t.there_->directory->offered.size(), 1U) << "the secret service and the directory itself are not told";
      Provider provider = t.there_->provider();
      provider.descriptor = t.there_->directory->offered.front();
      const auto metadata = co_await t.here_->fabric->metadata(t.here_->permit(), provider, t.clock_.now() + 1s);
      EXPECT_TRUE(metadata && metadata->empty());
      provider.descriptor.metadata_hash[0] ^= 1U;
      const auto other = co_await t.here_->fabric->metadata(t.here_->permit(), provider, t.clock_.now() + 1s);
      EXPECT_EQ(other.error().code, Errc::Malformed);
      provider.descriptor.id[0] ^= 1U;
      const auto unknown = co_await t.here_->fabric->metadata(t.here_->permit(), provider, t.clock_.now() + 1s);
      EXPECT_EQ(unknown.error().code, Errc::NotFound);
      const auto records = co_await t.here_->source->ask(t.there_->id, "odd", t.clock_.now() + 1s);
      EXPECT_TRUE(records && records->empty());
      mesh::SignedRecord record;
      record.signer = t.there_->key.public_key();
      t.there_->directory->told = {record};
      const auto told = co_await t.here_->source->ask(t.there_->id, "odd", t.clock_.now() + 1s);
      EXPECT_TRUE(told && told->size() == 1);
      EXPECT_TRUE(told && told->front() == record) << "the directory checks it, not the messenger";
    }
  };
  run(Test::run(*this));
}

TEST(ProviderOrder, PrefersTheReputableAndNearAndLeavesAShareToChance) {
  SeededRandom random(1);
  const auto peer = [](char c) { return *PeerId::parse(std::string(PeerId::kLength, c)); };
  const std::vector<Candidate> candidates = {{peer('b'), false, 50, std::nullopt}, {peer('c'), true, 80, 10ms}, {peer('d'), true, 80, 90ms}};
  std::map<PeerId, int> first;
  for (int i = 0; i < 1000; ++i) ++first[order_providers(candidates, random).front()];
  EXPECT_GT(first[peer('c')], 800);
  EXPECT_GT(first[peer('b')], 30);
  EXPECT_GT(first[peer('d')], 30);
  EXPECT_TRUE(order_providers({}, random).empty());
}

}  // namespace
}  // namespace soulfabric::fabric
