// SPDX-License-Identifier: GPL-3.0-or-later
// https: the right certificate passes, each wrong one is refused before a byte of the request is sent; no exception changes that.
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "http_ground.hpp"
#include "soulfabric/base/log.hpp"
#include "support/test_certificates.hpp"

namespace soulfabric::net {
namespace {

using namespace std::chrono_literals;
using testing::HttpOrigin;
using testing::OriginAnswer;
using testing::OriginConnection;
using testing::OriginRequest;
using testing::TestAuthority;

OriginAnswer fine(const OriginRequest& request) {
  if (request.target == "/large") return {.body = std::string(200'000, 'x')};
  if (request.target == "/plain") return {.status = 302, .headers = {{"Location", "http://example.org/"}}};
  return {.body = "fine"};
}

class HttpCertificate : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream(ca_) << authority_.pem();
    ground_.names["secure.lan"] = {"127.0.0.1"};
    ground_.names["other.lan"] = {"127.0.0.1"};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<HttpResponse> fetch(HttpOrigin& origin, const std::string& host, const std::string& target = "/", bool believe = true) {
    auto settings = with_exception(host, {origin.port()});
    if (believe) settings.ca_file = ca_;
    ground_.make(settings);
    return ground_.fetch({.url = origin.url(target, host), .time = 20s}, &origin);
  }

  void refuses(std::shared_ptr<SSL_CTX> server, bool believe = true) {
    HttpOrigin origin(ground_.context, ground_.clock, fine, std::move(server));
    const auto answer = fetch(origin, "secure.lan", "/", believe);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::Unauthorized) << answer.error().message;
    EXPECT_NE(answer.error().message.find("secure.lan"), std::string::npos) << answer.error().message;
    EXPECT_EQ(ground_.refused(HttpRefusal::Certificate), 1U);
    EXPECT_EQ(ground_.refused_else(HttpRefusal::Certificate), 0U);
    EXPECT_EQ(origin.requests(), 0U);
    EXPECT_EQ(origin.connections(), 1U);
  }

  HttpGround ground_;
  TestAuthority authority_;
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("sf_http_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + std::to_string(std::random_device{}()));
  std::string ca_ = folder_ / "ca.pem";
};

TEST_F(HttpCertificate, TheRightOnePasses) {
  HttpOrigin origin(ground_.context, ground_.clock, fine, authority_.server({.names = {"secure.lan"}}));
  const auto answer = fetch(origin, "secure.lan");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->body), "fine");
}

TEST_F(HttpCertificate, OneForTheAddressPasses) {
  HttpOrigin origin(ground_.context, ground_.clock, fine, authority_.server({.names = {"IP:127.0.0.1"}}));
  EXPECT_TRUE(fetch(origin, "127.0.0.1"));
}

TEST_F(HttpCertificate, LargeAnswersComeWhole) {
  HttpOrigin origin(ground_.context, ground_.clock, fine, authority_.server({.names = {"*.secure.lan", "secure.lan"}}));
  const auto answer = fetch(origin, "secure.lan", "/large");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 200'000U);
}

TEST_F(HttpCertificate, OneOfAnUnknownAuthorityIsRefused) { refuses(authority_.server({.names = {"secure.lan"}}), false); }
TEST_F(HttpCertificate, OneOfAnotherHostIsRefused) { refuses(authority_.server({.names = {"other.lan"}})); }
TEST_F(HttpCertificate, OneWithoutNamesIsRefused) { refuses(authority_.server({})); }
TEST_F(HttpCertificate, OneForTheAddressOnlyIsRefusedForTheName) { refuses(authority_.server({.names = {"IP:127.0.0.1"}})); }
TEST_F(HttpCertificate, AnExpiredOneIsRefused) {
  refuses(authority_.server({.names = {"secure.lan"}, .from_days = -30, .until_days = -1}));
}
TEST_F(HttpCertificate, OneOfTheFutureIsRefused) {
  refuses(authority_.server({.names = {"secure.lan"}, .from_days = 1, .until_days = 30}));
}
TEST_F(HttpCertificate, ASelfSignedOneIsRefused) { refuses(authority_.server({.names = {"secure.lan"}, .self_signed = true})); }
TEST_F(HttpCertificate, AnOldProtocolIsRefused) { refuses(authority_.old_server({.names = {"secure.lan"}})); }

TEST_F(HttpCertificate, AWildcardWithinALabelIsRefused) { refuses(authority_.server({.names = {"sec*.lan"}})); }

/// Says something plain to the first who comes, then waits for the end.
Task<void> speak_plainly(Listener& listener, IoClock& clock) {
  auto stream = co_await listener.accept();
  if (!stream) co_return;
  const auto deadline = clock.now() + 20s;
  [[maybe_unused]] const auto said = co_await (*stream)->write(bytes_of("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), deadline);
  Bytes room(4096);
  for (;;) {
    const auto count = co_await (*stream)->read_some(room, deadline);
    if (!count) co_return;
  }
}

Task<void> join(TaskScope& scope) { co_await scope.join(); }

TEST_F(HttpCertificate, APlainServerUnderHttpsIsRefused) {
  auto listener = listen_tcp(ground_.context, ground_.clock, {IpAddress::v4(0x7F000001), 0}).value();
  TaskScope scope(ground_.context, "plain");
  scope.spawn("speak", speak_plainly(*listener, ground_.clock));
  const auto port = listener->local().port;
  ground_.make(with_exception("secure.lan", {port}));
  const auto answer = ground_.fetch({.url = "https://secure.lan:" + std::to_string(port) + "/", .time = 20s});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Unauthorized);
  EXPECT_EQ(ground_.refused(HttpRefusal::Certificate), 1U);
  testing::run_task(ground_.context, join(scope));
}

TEST_F(HttpCertificate, RedirectFromHttpsToHttpIsNotFollowed) {
  ground_.names["example.org"] = {"5.9.0.1"};
  HttpOrigin origin(ground_.context, ground_.clock, fine, authority_.server({.names = {"secure.lan"}}));
  const auto answer = fetch(origin, "secure.lan", "/plain");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Forbidden);
  EXPECT_EQ(ground_.refused(HttpRefusal::Redirect), 1U);
  EXPECT_EQ(ground_.asked["example.org"], 0);
}

Task<void> cut_short(OriginConnection& connection) {
  // more than one TLS record, then the end of the connection; its goodbye comes from the origin only after this returns
  [[maybe_unused]] const bool listens = co_await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

TEST_F(HttpCertificate, AGoodbyeBeforeTheEndOfTheBodyIsAnError) {
  const OriginAnswer half{.perform = cut_short};
  HttpOrigin origin(
      ground_.context, ground_.clock, [&half](const OriginRequest&) { return half; }, authority_.server({.names = {"secure.lan"}}));
  const auto answer = fetch(origin, "secure.lan");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Malformed);
  EXPECT_EQ(ground_.refused(HttpRefusal::Body), 1U);
}

Task<void> vanish(OriginConnection& connection) {
  [[maybe_unused]] const bool listens = co_await connection.send("HTTP/1.1 200 OK\r\n\r\nno length, so only a goodbye ends it");
  connection.abandon();
}

TEST_F(HttpCertificate, AnEndWithoutGoodbyeIsNoEndOfABody) {
  const OriginAnswer half{.perform = vanish};
  HttpOrigin origin(
      ground_.context, ground_.clock, [&half](const OriginRequest&) { return half; }, authority_.server({.names = {"secure.lan"}}));
  const auto answer = fetch(origin, "secure.lan");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Malformed);
  EXPECT_EQ(ground_.refused(HttpRefusal::Body), 1U);
}

TEST_F(HttpCertificate, AFileThatHoldsNoneIsAnErrorAtStart) {
  HttpClientSettings settings;
  settings.ca_file = folder_ / "missing.pem";
  const auto made = make_http_client({.context = ground_.context, .clock = ground_.clock, .dialer = *ground_.dialer}, settings);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::Io);
}

TEST_F(HttpCertificate, AFileThatIsTakenAwayLaterLeavesTheSystemsAuthoritiesAndIsSaid) {
  HttpOrigin origin(ground_.context, ground_.clock, fine, authority_.server({.names = {"secure.lan"}}));
  auto settings = with_exception("secure.lan", {origin.port()});
  settings.ca_file = ca_;
  ground_.make(settings);
  std::string said;
  log::set_sink([&said](const log::Record& record) { said += record.message + "\n"; });
  settings.ca_file = folder_ / "missing.pem";
  ground_.client->configure(settings);
  log::set_sink({});
  EXPECT_NE(said.find("missing.pem cannot be read"), std::string::npos) << said;
  const auto answer = ground_.fetch({.url = origin.url("/", "secure.lan"), .time = 20s}, &origin);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Unauthorized);
}

}  // namespace
}  // namespace soulfabric::net
