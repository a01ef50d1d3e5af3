// SPDX-License-Identifier: GPL-3.0-or-later
// Calls between two nodes: what a handler does wrong is ours, what a caller does wrong is the caller's.
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;

class Router : public FabricTest {};

TEST_F(Router, LetsTwoNodesCallEachOther) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto there = co_await t.call("Echo", Text{"hello"});
      EXPECT_TRUE(there && there->status == CallStatus::Ok);
      EXPECT_EQ(decode<Text>(there->payload)->text, "hello");
      EXPECT_EQ(there->provider, t.there_->id);
      EXPECT_EQ(t.odd_.caller, t.here_->id) << "the caller is who the link proved";
      auto permit = t.there_->permit();
      const auto back = co_await ask<Text>(*t.there_->fabric, std::move(permit), "odd", "Echo", Text{"back"}, {.to = t.here_->id});
      EXPECT_FALSE(back);
      EXPECT_EQ(back ? Errc::Internal : back.error().code, Errc::Unsupported) << "asked, and not exposed there as long as nobody says so";
    }
  };
  here_->fabric->configure(RouterSettings{});
  run(Test::run(*this));
}

TEST_F(Router, AnswersForAHiddenServiceAsForAnUnknownOne) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto hidden = co_await t.call("Echo", Text{"x"}, {.to = t.there_->id}, "secret");
      const auto unknown = co_await t.call("Echo", Text{"x"}, {.to = t.there_->id}, "nothing");
      EXPECT_EQ(hidden->status, CallStatus::ServiceNotFound);
      EXPECT_EQ(unknown->status, CallStatus::ServiceNotFound);
      EXPECT_EQ(hidden->payload, unknown->payload);
      EXPECT_EQ(t.secret_.calls, 0);
      EXPECT_EQ(t.there_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, TellsNothingOfAHandlerThatThrows) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto failed = co_await t.call("Crash", Nothing{});
      EXPECT_EQ(failed->status, CallStatus::Internal);
      EXPECT_TRUE(failed->payload.empty());
      const auto next = co_await t.call("Echo", Text{"still there"});
      EXPECT_EQ(next->status, CallStatus::Ok);
      EXPECT_EQ(t.there_->guard.metrics().violations, 0U) << "our fault is not the caller's";
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, StopsAHandlerThatHangsAtTheDeadline) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto late = co_await t.call("Hang", Nothing{}, {.timeout = 60ms});
      EXPECT_TRUE(!late ? late.error().code == Errc::TimedOut : late->status == CallStatus::Timeout);
      const auto next = co_await t.call("Echo", Text{"still there"});
      EXPECT_EQ(next->status, CallStatus::Ok);
      EXPECT_EQ(t.odd_.hanging, 0) << "the handler heard of it";
      EXPECT_EQ(t.metrics().in_flight, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, AnswersTimeoutWhereTheServicesOwnLimitIsTheShorter) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto late = co_await t.call("Hang", Nothing{}, {.timeout = 20s});
      EXPECT_TRUE(late && late->status == CallStatus::Timeout) << "after the 2 s of the service";
      EXPECT_EQ(t.metrics().calls.at(CallStatus::Timeout), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, CallsAnAnswerOfTenMegabytesItsOwnFault) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto huge = co_await t.call("Large", Number{10 * 1024 * 1024});
      EXPECT_EQ(huge->status, CallStatus::Internal);
      const auto next = co_await t.call("Echo", Text{"still welcome"});
      EXPECT_EQ(next->status, CallStatus::Ok);
      EXPECT_EQ(t.there_->guard.metrics().violations, 0U);
      EXPECT_EQ(t.here_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, SendsAnAnswerOfThreeHundredKilobytesAndKeepsTheCaller) {  // defect 12
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto large = co_await t.call("Large", Number{300 * 1024});
      EXPECT_EQ(large->status, CallStatus::Ok);
      EXPECT_GT(large->payload.size(), 300U * 1024);
      const auto question = co_await t.call("Echo", Text{std::string(900 * 1024, 'q')});
      EXPECT_EQ(question->status, CallStatus::Ok);
      EXPECT_EQ(t.there_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, RefusesALargeQuestionBeforeItIsThereAndStillAnswers) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto refused = co_await t.call("Crash", Text{std::string(700 * 1024, 'q')});
      EXPECT_TRUE(refused && refused->status == CallStatus::PayloadTooLarge);
      EXPECT_EQ(t.there_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, LetsDeadlineAndBudgetTravelAndOnlyShrink) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto shorter = co_await t.call("Left", Nothing{}, {.timeout = 500ms});
      EXPECT_LE(decode<Number>(shorter->payload)->value, 500U);
      EXPECT_GT(decode<Number>(shorter->payload)->value, 100U);
      const auto longer = co_await t.call("Left", Nothing{}, {.timeout = 100s});
      EXPECT_LE(decode<Number>(longer->payload)->value, 2000U) << "the service's own limit";
      EXPECT_EQ(t.odd_.units_seen, 0U) << "the method asks for no units";
      const auto three = co_await t.call("Buy", Nothing{}, {.budget = 3});
      EXPECT_EQ(t.odd_.units_seen, 3U);
      EXPECT_EQ(decode<Number>(three->payload)->value, 3U);
      const auto many = co_await t.call("Buy", Nothing{}, {.budget = 4'000'000'000U});
      EXPECT_EQ(t.odd_.units_seen, 10U) << "what the caller states can only lower ours";
      EXPECT_EQ(decode<Number>(many->payload)->value, 10U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, SellsNoOutboundCallToAStranger) {  // security rule S3
  make();
  struct Test {
    static Task<void> run(Router& t) {
      const auto bought = co_await t.call("Buy", Nothing{});
      EXPECT_EQ(bought->status, CallStatus::Ok);
      EXPECT_TRUE(t.odd_.outbound_refused);
      EXPECT_EQ(t.there_->links.opened, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, SpendsNoMoreThanThePeersUnitsInAHundredCallsAtOnce) {
  settings_.concurrent_per_peer = 200;
  settings_.outbound_per_peer = 200;
  settings_.strangers = {100, 100};
  limits_.budget.strangers.percent = 100;
  limits_.budget.strangers.prefix_percent = 100;
  make();
  struct Test {
    static Task<void> one(Router& t, int& quota) {
      const auto outcome = co_await t.call("Buy", Nothing{});
      if (outcome && outcome->status == CallStatus::QuotaExceeded) ++quota;
    }
    static Task<void> run(Router& t) {
      TaskScope scope(t.context_, "race");
      int quota = 0;
      for (int i = 0; i < 100; ++i) scope.spawn("call", one(t, quota));
      co_await scope.join();
      EXPECT_LE(t.odd_.spent, 51U) << "50, and what a moment refills";
      EXPECT_GE(t.odd_.spent, 50U);
      EXPECT_GE(quota, 90);
      EXPECT_EQ(t.there_->guard.metrics().units_spent, t.odd_.spent);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, LetsASlowHandlerDelayNobody) {  // defect 14
  make();
  struct Test {
    static Task<void> slow(Router& t) {
      const auto done = co_await t.call("Hang", Nothing{});
      EXPECT_TRUE(done && done->status == CallStatus::Unavailable || !done) << "it ends with the caller";
    }
    static Task<void> run(Router& t) {
      TaskScope scope(t.context_, "slow");
      scope.spawn("slow", slow(t));
      while (t.odd_.hanging == 0) co_await t.odd_.changed.wait(t.clock_, kNever);
      for (int i = 0; i < 20; ++i) {
        const auto quick = co_await t.call("Echo", Text{"quick"});
        EXPECT_EQ(quick->status, CallStatus::Ok);
      }
      EXPECT_EQ(t.odd_.hanging, 1);
      co_await scope.close();
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, StopsAHandlerWhoseCallerWentAway) {
  settings_.breaker_failures = 1;
  make();
  struct Test {
    static Task<void> slow(Router& t) {
      const auto done = co_await t.call("Hang", Nothing{});
      EXPECT_FALSE(done);
    }
    static Task<void> run(Router& t) {
      for (int i = 0; i < 3; ++i) {
        TaskScope scope(t.context_, "slow");
        scope.spawn("slow", slow(t));
        while (t.odd_.hanging == 0) co_await t.odd_.changed.wait(t.clock_, kNever);
        co_await scope.close();
        while (t.metrics().in_flight != 0) co_await t.clock_.sleep_for(1ms);
        EXPECT_EQ(t.odd_.hanging, 0);
      }
      const auto next = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(next->status, CallStatus::Ok) << "a caller that leaves breaks no circuit";
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, LimitsTheCallsOfOnePeerThatRunAtOnce) {
  settings_.concurrent_per_peer = 4;
  make();
  struct Test {
    static Task<void> slow(Router& t) { co_await t.call("Hang", Nothing{}); }
    static Task<void> run(Router& t) {
      TaskScope scope(t.context_, "slow");
      for (int i = 0; i < 4; ++i) scope.spawn("slow", slow(t));
      while (t.odd_.hanging < 4) co_await t.odd_.changed.wait(t.clock_, kNever);
      const auto fifth = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(fifth->status, CallStatus::RateLimited);
      co_await scope.close();
      while (t.metrics().in_flight != 0) co_await t.clock_.sleep_for(1ms);
      const auto next = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(next->status, CallStatus::Ok);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, LimitsTheHundredAndFirstCall) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      for (int i = 0; i < 100; ++i) {
        const auto fine = co_await t.call("Echo", Text{"x"});
        EXPECT_EQ(fine->status, CallStatus::Ok);
      }
      int limited = 0;
      for (int i = 0; i < 50; ++i) {
        const auto over = co_await t.call("Echo", Text{"x"});
        if (over && over->status == CallStatus::RateLimited) ++limited;
      }
      EXPECT_GT(limited, 40) << "a few may have come back while the hundred ran";
      EXPECT_EQ(t.odd_.calls, 150 - limited);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, LimitsANewKeysFiftyFirstCall) {
  make();
  there_->guard.import_reputations({{guard::Subject::peer(here_->id.text()), 50, {}}});
  struct Test {
    static Task<void> run(Router& t) {
      int limited = 0;
      for (int i = 0; i < 100; ++i) {
        const auto outcome = co_await t.call("Echo", Text{"x"});
        if (outcome && outcome->status == CallStatus::RateLimited) ++limited;
      }
      EXPECT_GT(limited, 40);
      EXPECT_LE(limited, 50);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, BreaksTheCircuitOfAFailingService) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      for (int i = 0; i < 5; ++i) {
        const auto failed = co_await t.call("Crash", Nothing{});
        EXPECT_EQ(failed->status, CallStatus::Internal);
      }
      const auto refused = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(refused->status, CallStatus::Unavailable);
      EXPECT_EQ(t.odd_.calls, 5);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, GivesAStreamToItsHandler) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      auto stream = co_await t.here_->fabric->open(t.here_->permit(), "odd", "Pour", encode(Text{"first;"}), {});
      EXPECT_TRUE(stream);
      const std::string words = "and then whatever is said";
      const auto sent = co_await (*stream)->write(bytes_of(words), t.clock_.now() + 1s);
      EXPECT_TRUE(sent);
      (*stream)->shutdown_write();
      Bytes all(6 + words.size());
      const auto whole = co_await net::read_exactly(**stream, all, t.clock_.now() + 1s);
      EXPECT_TRUE(whole);
      EXPECT_EQ(text_of(all), "first;" + words);
      const auto end = co_await (*stream)->read_some(all, t.clock_.now() + 1s);
      EXPECT_FALSE(end);
      EXPECT_EQ(t.metrics().calls.at(CallStatus::Ok), 1U);
      const auto wrong = co_await t.here_->fabric->open(t.here_->permit(), "odd", "Missing", encode(Nothing{}), {});
      EXPECT_EQ(wrong.error().code, Errc::Unsupported);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, EndsAStreamAtItsServicesLimit) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      auto stream = co_await t.here_->fabric->open(t.here_->permit(), "odd", "Pour", encode(Text{""}), {});
      Bytes one(1);
      const auto end = co_await (*stream)->read_some(one, t.clock_.now() + 20s);
      EXPECT_TRUE(!end && end.error().code == Errc::Closed);
      while (t.metrics().in_flight != 0) co_await t.clock_.sleep_for(1ms);
    }
  };
  run(Test::run(*this));
}

TEST_F(Router, RefusesABannedPeerBeforeAnythingElse) {
  make();
  struct Test {
    static Task<void> run(Router& t) {
      EXPECT_TRUE(t.there_->guard.ban(guard::Subject::peer(t.here_->id.text()), std::nullopt, "test"));
      const auto refused = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(refused->status, CallStatus::Forbidden);
      EXPECT_EQ(t.odd_.calls, 0);
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::fabric
