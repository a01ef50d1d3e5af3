// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue over the real HTTP client and a web server on loopback: what is asked, redirects of covers, tags, hosts not allowed.
#include <gmock/gmock.h>

#include "soulfabric/relay/catalogue.hpp"
#include "support/fake_http.hpp"
#include "support/http_origin.hpp"
#include "support/run_task.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRelease = "b84ee12a-09ef-421b-82de-0441a926375b";
constexpr const char* kElsewhere = "00000000-0000-4000-8000-000000000001";
const std::string kPng = std::string("\x89PNG\r\n\x1A\n", 8) + "pixels";

struct Ground {
  Ground() {
    CatalogueSettings settings;
    settings.musicbrainz = "http://mb.example:" + port();
    settings.cover_art = "http://caa.example:" + port();
    settings.fresh = 0s;  // every question goes to the origin
    net::HttpClientSettings reach;
    reach.user_agent = "soulfabric/test";
    for (const char* host : {"mb.example", "caa.example", "ia801.us.archive.org", "elsewhere.example"}) reach.exceptions[host] = {{origin.port()}, false};
    const auto resolver = [](std::string, MonoTime) -> Task<Result<std::vector<IpAddress>>> {
      co_return std::vector<IpAddress>{IpAddress::v4(0x7F000001)};
    };
    auto made = net::make_http_client({.context = context, .clock = clock, .dialer = *dialer, .resolver = resolver}, reach);
    EXPECT_TRUE(made);
    http = std::move(*made);
    catalogue = make_catalogue({context, clock, random, workers, guard, *http, SigningKey::generate(random)}, settings);
  }
  [[nodiscard]] std::string port() const { return std::to_string(origin.port()); }
  testing::OriginAnswer answer(const testing::OriginRequest& request) const {
    const std::string cover = "/release/" + std::string(kRelease) + "/front-250";
    if (request.target.starts_with("/ws/2/release/")) {
      const auto tag = request.headers.find("if-none-match");
      if (tag != request.headers.end() && tag->second == "W/\"1\"") return {.status = 304};
      return {.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"ETag", "W/\"1\""}}, .body = testing::musicbrainz_answer("release")};
    }
    if (request.target == cover) return {.status = 307, .headers = {{"Location", "http://ia801.us.archive.org:" + port() + "/front.png"}}};
    if (request.target == "/front.png") return {.headers = {{"Content-Type", "text/plain"}}, .body = kPng};
    if (request.target.ends_with("/front-250")) return {.status = 307, .headers = {{"Location", "http://elsewhere.example:" + port() + "/away.png"}}};
    if (request.target == "/away.png") return {.body = kPng};
    return {.status = 404};
  }
  Task<void> play(CatalogueKey key, Result<CatalogueAnswer>* out) {
    auto got = co_await catalogue->fetch(key, guard::Origin::UserLocal, clock.now() + 20s);
    *out = std::move(got);
  }
  Result<CatalogueAnswer> get(CatalogueKind kind, std::string_view id) {
    Result<CatalogueAnswer> out = fail(Errc::Internal, "never ran");
    testing::run_task(context, play(*CatalogueKey::make(kind, id), &out));
    return out;
  }
  Task<void> close() {
    co_await catalogue->stop();
    co_await origin.close();
  }

  IoContext context{1};
  SystemIoClock clock;
  SeededRandom random{4};
  WorkerPool workers{0};
  guard::Guard guard{guard::GuardOptions{}, clock};
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  testing::HttpOrigin origin{context, clock, [this](const testing::OriginRequest& request) { return answer(request); }};
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<Catalogue> catalogue;
};

TEST(CatalogueOverHttp, AsksAsTheArchivesWishAndFollowsTheirRedirectsOnly) {
  Ground ground;
  const auto release = ground.get(CatalogueKind::Release, kRelease);
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(text_of(*release->body), testing::musicbrainz_answer("release"));
  const std::string target = "/ws/2/release/" + std::string(kRelease) + "?inc=artist-credits+labels+media+recordings+release-groups&fmt=json";
  EXPECT_EQ(ground.origin.count(target), 1U);
  EXPECT_EQ(ground.origin.last().headers.at("accept"), "application/json");
  const auto again = ground.get(CatalogueKind::Release, kRelease);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ground.origin.last().headers.at("if-none-match"), "W/\"1\"");
  EXPECT_FALSE(again->stale);
  EXPECT_EQ(text_of(*again->body), testing::musicbrainz_answer("release"));

  const auto cover = ground.get(CatalogueKind::CoverFront250, kRelease);
  ASSERT_TRUE(cover) << cover.error().message;
  EXPECT_EQ(cover->content_type, "image/png");
  EXPECT_EQ(text_of(*cover->body), kPng);
  const auto astray = ground.get(CatalogueKind::CoverFront250, kElsewhere);
  ASSERT_FALSE(astray);
  EXPECT_EQ(ground.origin.count("/away.png"), 0U);
  EXPECT_EQ(ground.get(CatalogueKind::Artist, kRelease)->status, 404);
  ground.origin.set_down(true);
  const auto old = ground.get(CatalogueKind::Release, kRelease);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_TRUE(old->stale);
  testing::run_task(ground.context, ground.close());
}

}  // namespace
}  // namespace soulfabric::relay
