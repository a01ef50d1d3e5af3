// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses from outside at the HTTP door (security rules S1, S22), which loopback cannot play.
#include "gateway/api/dispatcher.hpp"

#include "fixture.hpp"

namespace soulfabric::gateway {
namespace {

class DispatcherTest : public testing::GatewayTest {
 protected:
  /// The status of the refusal, 0 where it was let in.
  int ask(Dispatcher& dispatcher, std::string_view key) {
    Request request;
    request.method = "GET";
    request.target = "/x";
    request.headers = {{"Host", "localhost:5030"}, {"X-API-Key", key}};
    request.address = outsider;
    std::unique_ptr<RequestHandler::State> state;
    const auto verdict = dispatcher.admit(request, state);
    return verdict.refusal ? verdict.refusal->status : 0;
  }
  IpAddress outsider = *IpAddress::parse("203.0.113.80");
};

TEST_F(DispatcherTest, AddressThatGuessesKeysIsClosedOutEverywhereAndAValidKeyStillComesIn) {
  const GatewayDependencies deps{context, clock, workers, random, client, shares, guard, configuration, nullptr, nullptr, folder / "secrets", {}, "x"};
  Context owned(deps, settings, Secrets{});
  owned.apply_settings();
  RouteTable table;
  table.add({.method = "GET", .path = "/x", .summary = "x", .statuses = {200}}, [](Call&) { return empty_response(200); });
  Dispatcher dispatcher(table, owned);
  int limited = 0;
  for (int i = 0; i < 14; ++i) limited += ask(dispatcher, "guess-" + std::to_string(1'000'000'000 + i)) == 429 ? 1 : 0;
  EXPECT_EQ(limited, 4) << "ten guesses a minute are answered one by one";
  EXPECT_FALSE(guard.is_banned(guard::Subject::address(outsider)));
  EXPECT_EQ(ask(dispatcher, "guess-2000000000"), 429);
  EXPECT_TRUE(guard.is_banned(guard::Subject::address(outsider)));
  EXPECT_EQ(guard.accept(outsider).error().code, Errc::Banned) << "the peer ports are closed to it too";
  EXPECT_EQ(ask(dispatcher, "guess-2000000000"), 403);
  EXPECT_EQ(ask(dispatcher, testing::kTestKey), 0) << "a valid key is never locked out";
}

}  // namespace
}  // namespace soulfabric::gateway
