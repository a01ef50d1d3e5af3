// SPDX-License-Identifier: GPL-3.0-or-later
// Callers that do not keep to the form: each is charged under its proven name, and costs nobody else anything.
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;

class HostileCaller : public FabricTest {
 public:
  /// Sends these bytes and waits for the end of the stream; what came back.
  Task<Bytes> send(Bytes bytes) {
    const auto stream = co_await raw();
    const auto sent = co_await (*stream)->write(bytes, clock_.now() + 1s);
    Bytes all;
    Bytes part(4096);
    while (sent) {
      const auto got = co_await (*stream)->read_some(part, clock_.now() + 5s);
      if (!got) break;
      all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*got));
    }
    co_return all;
  }
  [[nodiscard]] std::uint64_t charged() const { return there_->guard.metrics().violations; }
  [[nodiscard]] Bytes request(std::string method, ByteView payload) const {
    return *encode_request({"odd", std::move(method), {}, 5000, 10, 0}, payload);
  }
};

TEST_F(HostileCaller, IsChargedForAHeadWithoutForm) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      const auto nothing = co_await t.send(Bytes{0xff, 0xff, 0x00});
      EXPECT_TRUE(nothing.empty());
      EXPECT_EQ(t.charged(), 1U);
      const auto again = co_await t.send(Bytes{0x00, 0x02, 0x9f, 0xff});
      EXPECT_TRUE(again.empty());
      EXPECT_EQ(t.charged(), 2U);
      EXPECT_EQ(t.here_->guard.metrics().violations, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, IsChargedForBytesBehindItsQuestion) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      Bytes at_once = t.request("Echo", encode(Text{"x"}));
      at_once.push_back(0);
      co_await t.send(std::move(at_once));
      EXPECT_EQ(t.charged(), 1U) << "whether they came with it or after it";
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, IsChargedForTalkingWhileItsCallRuns) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      const auto stream = co_await t.raw();
      const auto sent = co_await (*stream)->write(t.request("Hang", encode(Nothing{})), t.clock_.now() + 1s);
      EXPECT_TRUE(sent);
      while (t.odd_.hanging == 0) co_await t.odd_.changed.wait(t.clock_, kNever);
      const std::uint8_t more[] = {1};
      const auto talked = co_await (*stream)->write(more, t.clock_.now() + 1s);
      EXPECT_TRUE(talked);
      while (t.odd_.hanging != 0) co_await t.clock_.sleep_for(1ms);
      EXPECT_EQ(t.charged(), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, HoldsNothingWhileItsQuestionDoesNotArrive) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      Bytes cut = t.request("Echo", encode(Text{std::string(1000, 'x')}));
      cut.resize(cut.size() - 500);
      {
        const auto stream = co_await t.raw();
        const auto sent = co_await (*stream)->write(cut, t.clock_.now() + 1s);
        EXPECT_TRUE(sent);
        while (t.metrics().in_flight == 0) co_await t.clock_.sleep_for(1ms);
      }
      while (t.metrics().in_flight != 0) co_await t.clock_.sleep_for(1ms);
      EXPECT_EQ(t.odd_.calls, 0);
      EXPECT_EQ(t.charged(), 0U) << "a link that broke is no violation";
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, HoldsItsRoomOnlyForAMomentWhereItAnnouncesAndSendsNothing) {  // security rule S2
  settings_.payload_time = 30ms;
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      Bytes cut = t.request("Echo", Bytes(100'000));
      cut.resize(cut.size() - 100'000);
      const auto stream = co_await t.raw();
      const auto sent = co_await (*stream)->write(cut, t.clock_.now() + 1s);
      EXPECT_TRUE(sent);
      while (t.metrics().in_flight == 0) co_await t.clock_.sleep_for(1ms);
      const MonoTime began = t.clock_.now();
      while (t.metrics().in_flight != 0 && t.clock_.now() - began < 4500ms) co_await t.clock_.sleep_for(1ms);
      EXPECT_EQ(t.metrics().in_flight, 0U) << "long before the five seconds that it stated";
      EXPECT_EQ(t.odd_.calls, 0);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, PaysBeforeItsQuestionIsReadAndHoldsNothingWhereItCannot) {  // security rule S2
  limits_.budget.per_peer_minute = 0;
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      Bytes cut = t.request("Buy", Bytes(1000));
      cut.resize(cut.size() - 1000);
      const auto stream = co_await t.raw();
      const auto sent = co_await (*stream)->write(cut, t.clock_.now() + 1s);
      EXPECT_TRUE(sent);
      Bytes answer(encode_reply(CallStatus::QuotaExceeded, {})->size());
      const auto whole = co_await net::read_exactly(**stream, answer, t.clock_.now() + 1s);
      EXPECT_TRUE(whole);
      EXPECT_EQ(answer, *encode_reply(CallStatus::QuotaExceeded, {}));
      EXPECT_EQ(t.metrics().in_flight, 0U);
      EXPECT_EQ(t.metrics().calls.at(CallStatus::QuotaExceeded), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, GetsAStatusForAQuestionOfAnotherForm) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      const auto wrong = co_await t.call("Echo", Number{5});
      EXPECT_EQ(wrong->status, CallStatus::InvalidPayload);
      const auto missing = co_await t.call("Missing", Nothing{});
      EXPECT_EQ(missing->status, CallStatus::MethodNotFound);
      Bytes over = t.request("Echo", Bytes(kPayloadCap));
      over.resize(over.size() - kPayloadCap);
      over.back() = 1;  // one byte more than a megabyte
      const auto large = co_await t.send(std::move(over));
      EXPECT_EQ(large, *encode_reply(CallStatus::PayloadTooLarge, {}));
      EXPECT_EQ(t.charged(), 1U) << "a megabyte is the limit of the protocol";
      EXPECT_EQ(t.odd_.calls, 0);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, ThatNeverReadsHoldsNoMoreThanItMay) {
  settings_.bytes_held_per_peer = 2 * 1024 * 1024;
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      std::vector<mesh::StreamPtr> open;
      const Bytes question = t.request("Large", encode(Number{800 * 1024}));
      for (int i = 0; i < 6; ++i) {
        auto stream = co_await t.raw();
        const auto sent = co_await (*stream)->write(question, t.clock_.now() + 1s);
        EXPECT_TRUE(sent);
        open.push_back(std::move(*stream));
      }
      while (true) {
        const auto& calls = t.metrics().calls;
        if (calls.contains(CallStatus::Unavailable) && calls.at(CallStatus::Unavailable) == 4) break;
        co_await t.clock_.sleep_for(1ms);
      }
      EXPECT_EQ(t.metrics().in_flight, 2U) << "two answers fit, four were dropped";
      EXPECT_EQ(t.charged(), 0U);
      open.clear();
      while (t.metrics().in_flight != 0) co_await t.clock_.sleep_for(1ms);
    }
  };
  run(Test::run(*this));
}

TEST_F(HostileCaller, IsLimitedInStreamsThatSayNothing) {
  make();
  struct Test {
    static Task<void> run(HostileCaller& t) {
      std::vector<mesh::StreamPtr> open;
      for (int i = 0; i < 2000; ++i) {
        auto stream = co_await t.raw();
        open.push_back(std::move(*stream));
      }
      const auto fine = co_await t.call("Echo", Text{"x"});
      EXPECT_EQ(fine->status, CallStatus::Ok) << "heads that never come hold nothing of the gate";
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::fabric
