// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue fetch of one node alone: caches, single flight, order and price of questions, an origin that fails.
#include <gmock/gmock.h>

#include "core/catalogue_origin.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "support/fake_http.hpp"
#include "support/fake_mesh.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;
using testing::FakeOrigin;
using testing::musicbrainz_answer;
using testing::run_virtual;

constexpr const char* kRelease = "b84ee12a-09ef-421b-82de-0441a926375b";

class CatalogueAlone : public ::testing::Test {
 public:
  CatalogueAlone() {
    limits_.budget.per_peer_minute = 1000;
    limits_.budget.node_minute = 100'000;
    limits_.budget.user_reserve = 10'000;
    limits_.budget.automation_reserve = 10'000;
  }
  ~CatalogueAlone() override {
    if (catalogue_) stop();
  }
  void make() {
    guard_ = std::make_unique<guard::Guard>(limits_, clock_);
    catalogue_ = make_catalogue({context_, clock_, random_, workers_, *guard_, http_, SigningKey::generate(random_)}, settings_);
    const auto started = run_virtual(context_, clock_, catalogue_->start());
    EXPECT_TRUE(started);
  }
  void stop() {
    const auto stopped = run_virtual(context_, clock_, testing::as_status(catalogue_->stop()));
    EXPECT_TRUE(stopped);
    catalogue_.reset();
  }
  static CatalogueKey key(std::string_view id = kRelease, CatalogueKind kind = CatalogueKind::Release) { return *CatalogueKey::make(kind, id); }
  std::string url(const CatalogueKey& of) const { return url_of(of, {settings_.musicbrainz, settings_.cover_art, settings_.domains}); }
  void serve(const CatalogueKey& of, std::string body, std::string type = "application/json", std::string etag = {}) {
    origin_.pages[url(of)] = {200, std::move(type), std::move(body), std::move(etag)};
  }
  Result<CatalogueAnswer> get(const CatalogueKey& of, guard::Origin origin = guard::Origin::UserLocal, Duration patience = 30s) {
    return run_virtual(context_, clock_, catalogue_->fetch(of, origin, clock_.now() + patience));
  }
  /// Asked at once; the outcomes in the order in which they came.
  void ask(TaskScope& scope, CatalogueKey of, guard::Origin origin, std::vector<std::pair<std::string, Result<CatalogueAnswer>>>& into) {
    scope.spawn("ask", [](CatalogueAlone& test, CatalogueKey what, guard::Origin who, auto* out) -> Task<void> {
      auto answer = co_await test.catalogue_->fetch(what, who, test.clock_.now() + 60s);
      out->emplace_back(what.text(), std::move(answer));
    }(*this, std::move(of), origin, &into));
  }

  IoContext context_{1};
  testing::SimClock clock_{context_};
  SeededRandom random_{7};
  WorkerPool workers_{0};
  guard::GuardOptions limits_;
  std::unique_ptr<guard::Guard> guard_;
  FakeOrigin origin_;
  testing::FakeHttp http_{origin_, clock_};
  CatalogueSettings settings_;
  std::unique_ptr<Catalogue> catalogue_;
};

TEST_F(CatalogueAlone, AsksTheOriginOnceAndThenAnswersFromMemory) {
  make();
  serve(key(), musicbrainz_answer("release"));
  const auto first = get(key());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->via, CatalogueVia::Origin);
  EXPECT_EQ(first->content_type, "application/json");
  EXPECT_EQ(text_of(*first->body), musicbrainz_answer("release"));
  clock_.run_for(9min);
  const auto again = get(key());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->via, CatalogueVia::Memory);
  EXPECT_FALSE(again->stale);
  EXPECT_EQ(origin_.total(), 1);
  const CatalogueMetrics metrics = catalogue_->metrics();
  EXPECT_EQ(metrics.asked, 2U);
  EXPECT_EQ(metrics.from_origin, 1U);
  EXPECT_EQ(metrics.from_memory, 1U);
  EXPECT_EQ(metrics.entries, 1U);
}

TEST_F(CatalogueAlone, AsksAgainWhenTheTimeOfAnAnswerIsOver) {
  make();
  serve(key(), musicbrainz_answer("release"));
  ASSERT_TRUE(get(key()));
  clock_.run_for(601s);
  const auto again = get(key());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->via, CatalogueVia::Origin);
  EXPECT_EQ(origin_.total(), 2);
}

TEST_F(CatalogueAlone, QuestionsAtTheSameInstantCauseOneRequest) {
  make();
  serve(key(), musicbrainz_answer("release"));
  std::vector<std::pair<std::string, Result<CatalogueAnswer>>> answers;
  TaskScope scope(context_, "askers");
  for (int i = 0; i < 20; ++i) ask(scope, key(), i % 2 == 0 ? guard::Origin::UserLocal : guard::Origin::LocalAutomation, answers);
  clock_.run_for(5s);
  ASSERT_EQ(answers.size(), 20U);
  for (const auto& [what, answer] : answers) EXPECT_TRUE(answer);
  EXPECT_EQ(origin_.total(), 1);
  EXPECT_EQ(catalogue_->metrics().joined, 19U);
}

TEST_F(CatalogueAlone, WhatIsNotThereIsRememberedForAMinute) {
  make();
  const auto first = get(key());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 404);
  clock_.run_for(50s);
  const auto second = get(key());
  EXPECT_EQ(second->status, 404);
  EXPECT_EQ(origin_.total(), 1);
  clock_.run_for(11s);
  serve(key(), musicbrainz_answer("release"));
  EXPECT_EQ(get(key())->status, 200);
  EXPECT_EQ(origin_.total(), 2);
}

TEST_F(CatalogueAlone, AnUnchangedAnswerIsNotSentAgain) {
  make();
  serve(key(), musicbrainz_answer("release"), "application/json; charset=utf-8", "\"abc\"");
  ASSERT_TRUE(get(key()));
  clock_.run_for(11min);
  const auto again = get(key());
  ASSERT_TRUE(again);
  EXPECT_EQ(origin_.log.back().headers.at("If-None-Match"), "\"abc\"");
  EXPECT_EQ(again->via, CatalogueVia::Origin);
  EXPECT_EQ(text_of(*again->body), musicbrainz_answer("release"));
  EXPECT_GT(again->expires, clock_.wall());
  clock_.run_for(9min);
  EXPECT_EQ(get(key())->via, CatalogueVia::Memory) << "good for another ten minutes";
}

TEST_F(CatalogueAlone, AnOriginThatIsDownLeavesTheLastGoodAnswer) {
  make();
  serve(key(), musicbrainz_answer("release"));
  ASSERT_TRUE(get(key()));
  clock_.run_for(1h);
  origin_.down = true;
  const auto old = get(key());
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_TRUE(old->stale);
  EXPECT_EQ(clock_.wall() - old->fetched > 1h, true);
  EXPECT_EQ(catalogue_->metrics().stale, 1U);
  const int asked = origin_.total();
  EXPECT_TRUE(get(key())->stale);
  EXPECT_EQ(origin_.total(), asked) << "an origin that is down is left alone for a while";
  clock_.run_for(11s);
  origin_.down = false;
  EXPECT_FALSE(get(key())->stale);
}

TEST_F(CatalogueAlone, AnOriginThatIsDownAndNothingKeptIsSaid) {
  make();
  origin_.down = true;
  const auto none = get(key());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::Offline);
}

TEST_F(CatalogueAlone, TooMuchOrTheWrongThingIsAnErrorAndNeverKept) {
  make();
  struct Case {
    std::string body;
    std::string type;
    Errc code;
  };
  const std::vector<Case> cases{
      {std::string(300 * 1024, ' '), "application/json", Errc::TooLarge}, {"<html>", "text/html", Errc::Malformed},
      {"{\"title\":", "application/json", Errc::Malformed},               {musicbrainz_answer("artist"), "application/json", Errc::Malformed},
      {"{\"error\":\"x\"}", "application/json", Errc::Malformed}};
  for (const Case& one : cases) {
    serve(key(), one.body, one.type);
    const auto answer = get(key());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, one.code);
  }
  const CatalogueKey cover = key(kRelease, CatalogueKind::CoverFront250);
  serve(cover, "<svg onload='x'/>", "image/png");
  EXPECT_EQ(get(cover).error().code, Errc::Malformed) << "a picture is what its bytes are";
  serve(cover, std::string("\x89PNG\r\n\x1A\n....", 12), "text/html");
  EXPECT_EQ(get(cover)->content_type, "image/png");
  EXPECT_EQ(catalogue_->metrics().entries, 1U);
}

TEST_F(CatalogueAlone, TheUserGoesBeforeAutomation) {
  make();
  origin_.takes = 1s;
  std::vector<std::pair<std::string, Result<CatalogueAnswer>>> answers;
  TaskScope scope(context_, "askers");
  const auto numbered = [](int n) { return key("00000000-0000-4000-8000-00000000000" + std::to_string(n)); };
  for (int n = 0; n < 4; ++n) ask(scope, numbered(n), guard::Origin::LocalAutomation, answers);
  clock_.run_for(100ms);
  ask(scope, numbered(8), guard::Origin::UserLocal, answers);
  ask(scope, numbered(3), guard::Origin::UserLocal, answers);  // joins what automation asked for
  clock_.run_for(10s);
  ASSERT_EQ(answers.size(), 6U);
  const auto when = [&](int n) {
    return std::ranges::find(origin_.log, url(numbered(n)), &net::HttpRequest::url) - origin_.log.begin();
  };
  EXPECT_LT(when(8), when(2));
  EXPECT_LT(when(3), when(2)) << "what the user waits for too is no longer automation's";
  EXPECT_EQ(origin_.most_at_once, 2U);
}

TEST_F(CatalogueAlone, AHitSpendsNothingAndAFetchItsTwoUnits) {
  make();
  serve(key(), musicbrainz_answer("release"));
  ASSERT_TRUE(get(key()));
  EXPECT_EQ(guard_->metrics().units_spent, 2U);
  ASSERT_TRUE(get(key()));
  EXPECT_EQ(guard_->metrics().units_spent, 2U);
}

TEST_F(CatalogueAlone, SwitchedOffOrGivenNoIdItSaysSo) {
  settings_.enabled = false;
  make();
  EXPECT_EQ(get(key()).error().code, Errc::Unavailable);
  EXPECT_EQ(get(CatalogueKey{CatalogueKind::Artist, "../../etc/passwd"}).error().code, Errc::InvalidArgument);
  EXPECT_EQ(origin_.total(), 0);
}

TEST_F(CatalogueAlone, WhoWaitsNoLongerIsToldSoAndTheAnswerIsStillKept) {
  make();
  serve(key(), musicbrainz_answer("release"));
  origin_.takes = 3s;
  EXPECT_EQ(get(key(), guard::Origin::UserLocal, 1s).error().code, Errc::TimedOut);
  clock_.run_for(3s);
  EXPECT_EQ(get(key())->via, CatalogueVia::Memory);
}

TEST_F(CatalogueAlone, StoppingEndsWhatIsUnderWay) {
  make();
  origin_.takes = 10s;
  std::vector<std::pair<std::string, Result<CatalogueAnswer>>> answers;
  TaskScope scope(context_, "askers");
  ask(scope, key(), guard::Origin::UserLocal, answers);
  clock_.run_for(1s);
  const auto stopped = run_virtual(context_, clock_, testing::as_status(catalogue_->stop()));
  clock_.settle();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].second.error().code, Errc::Unavailable);
  catalogue_.reset();
}

}  // namespace
}  // namespace soulfabric::relay
