// SPDX-License-Identifier: GPL-3.0-or-later
// The server's door: names, passwords, caps, kicks, what is pipelined behind a login.
#include "harness.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulseek/core/server_names.hpp"

namespace soulfabric::soulseek {
namespace {

using namespace wire;

TEST(ServerLogin, RegistersOnFirstLoginAndKnowsThePasswordAfter) {
  ServerHarness server;
  const auto first = server.connect("10.1.2.3");
  server.ask(first, request::Login{"anna", "secret", 177, "unchecked", 1});
  const auto welcome = server.got<reply::Login>(first);
  EXPECT_TRUE(welcome.ok);
  EXPECT_EQ(welcome.own_ip.to_string(), "10.1.2.3");
  EXPECT_EQ(welcome.password_md5, crypto::md5_hex(bytes_of("secret")));
  EXPECT_EQ(server.saved_accounts.count("anna"), 1U);
  server.disconnect(first);
  const auto wrong = server.connect();
  server.ask(wrong, request::Login{"anna", "other", 177, {}, 1});
  EXPECT_EQ(server.got<reply::Login>(wrong).reason, "INVALIDPASS");
  EXPECT_TRUE(server.closed(wrong));
  const auto right = server.connect();
  server.ask(right, request::Login{"anna", "secret", 177, {}, 1});
  EXPECT_TRUE(server.got<reply::Login>(right).ok);
}

TEST(ServerLogin, KnowsItsAccountsAfterARestart) {
  ServerHarness before;
  static_cast<void>(before.user("anna"));
  ServerHarness after({}, before.memory());
  const auto wrong = after.connect();
  after.ask(wrong, request::Login{"anna", "other", 177, {}, 1});
  EXPECT_EQ(after.got<reply::Login>(wrong).reason, "INVALIDPASS");
}

TEST(ServerLogin, GivesTheExactReasonForABadName) {
  const std::pair<std::string, std::string> cases[] = {{"", "Nick empty."},
                                                       {std::string(31, 'x'), "Nick too long."},
                                                       {"a\tb", "Invalid characters in nick."},
                                                       {"gr\xc3\xbcn", "Invalid characters in nick."},
                                                       {" anna", "No leading and trailing spaces allowed in nick."},
                                                       {"anna ", "No leading and trailing spaces allowed in nick."},
                                                       {"server", ""}};
  for (const auto& [name, detail] : cases) {
    ServerHarness server;
    const auto id = server.connect();
    server.ask(id, request::Login{name, "secret", 177, {}, 1});
    const auto answer = server.got<reply::Login>(id);
    EXPECT_FALSE(answer.ok);
    EXPECT_EQ(answer.reason, "INVALIDUSERNAME");
    EXPECT_EQ(answer.detail, detail);
    EXPECT_TRUE(server.closed(id));
    EXPECT_EQ(server.core.account_count(), 0U);
  }
  EXPECT_FALSE(user_name_fault(std::string(30, 'x')).has_value());
  ServerHarness server;
  const auto id = server.connect();
  server.ask(id, request::Login{"anna", "", 177, {}, 1});
  EXPECT_EQ(server.got<reply::Login>(id).reason, "EMPTYPASSWORD");
}

TEST(ServerLogin, SendsWhatClientsExpectAfterIt) {
  ServerHarness server({.greeting = "hello", .excluded_phrases = {"bad words"}, .privileged_users = {"anna"}});
  const auto id = server.connect();
  server.ask(id, request::Login{"anna", "secret", 177, {}, 1});
  EXPECT_EQ(server.got<reply::Login>(id).greeting, "hello");
  EXPECT_EQ(server.count<reply::RoomList>(id), 1U);
  EXPECT_EQ(server.got<reply::ParentMinSpeed>(id).speed, 1U);
  EXPECT_EQ(server.got<reply::ParentSpeedRatio>(id).ratio, 50U);
  EXPECT_EQ(server.got<reply::WishlistInterval>(id).seconds, 120U);  // privileged
  EXPECT_EQ(server.got<reply::PrivilegedUsers>(id).users, std::vector<std::string>{"anna"});
  EXPECT_EQ(server.got<reply::ExcludedSearchPhrases>(id).phrases, std::vector<std::string>{"bad words"});
}

TEST(ServerLogin, TakesWhatIsPipelinedBehindItOnceThePasswordIsChecked) {
  ServerHarness server;
  server.hold_jobs = true;
  const auto id = server.connect();
  server.ask(id, request::Login{"anna", "secret", 177, {}, 1});
  server.ask(id, request::SetWaitPort{4321, {}, {}});
  server.ask(id, request::GetPeerAddress{"anna"});
  EXPECT_TRUE(server.replies[id].empty());
  server.run_jobs();
  EXPECT_TRUE(server.got<reply::Login>(id).ok);
  EXPECT_EQ(server.got<reply::GetPeerAddress>(id).port, 4321U);
}

TEST(ServerLogin, IgnoresRequestsBeforeIt) {
  ServerHarness server;
  const auto id = server.connect();
  server.ask(id, request::SetWaitPort{4321, {}, {}});
  server.ask(id, request::RoomList{});
  EXPECT_TRUE(server.replies[id].empty());
}

TEST(ServerLogin, KicksTheOlderSessionOfTheSameName) {
  ServerHarness server;
  const auto older = server.user("anna");
  const auto newer = server.user("anna");
  EXPECT_TRUE(server.closed(older));
  EXPECT_FALSE(server.closed(newer));
  server.disconnect(older);
  EXPECT_EQ(server.core.users_online(), 1U);
  server.ask(newer, request::GetPeerAddress{"anna"});
  EXPECT_EQ(server.got<reply::GetPeerAddress>(newer).port, 2234U);
}

TEST(ServerLogin, TellsTheOlderSessionWhy) {
  ServerHarness server;
  const auto older = server.user("anna");
  const auto newer = server.connect();
  server.ask(newer, request::Login{"anna", "secret", 177, {}, 1});
  EXPECT_EQ(server.count<reply::Relogged>(older), 1U);
}

TEST(ServerLogin, LetsOnlyOneOfTwoRegisterANameAtTheSameTime) {
  ServerHarness server;
  server.hold_jobs = true;
  const auto one = server.connect();
  const auto two = server.connect();
  server.ask(one, request::Login{"anna", "first", 177, {}, 1});
  server.ask(two, request::Login{"anna", "second", 177, {}, 1});
  server.run_jobs();
  server.run_jobs();
  EXPECT_TRUE(server.got<reply::Login>(one).ok);
  EXPECT_EQ(server.got<reply::Login>(two).reason, "INVALIDPASS");
}

TEST(ServerLogin, CapsAccountsRegistrationsAndConnections) {
  ServerRules rules;
  rules.limits.max_accounts = 3;
  rules.limits.max_registrations_per_address = 2;
  rules.limits.max_connections_per_address = 4;
  rules.limits.max_connections = 6;
  ServerHarness server(rules);
  static_cast<void>(server.user("a"));
  static_cast<void>(server.user("b"));
  const auto third = server.connect();
  server.ask(third, request::Login{"c", "secret", 177, {}, 1});
  EXPECT_EQ(server.got<reply::Login>(third).reason, "SVRFULL");
  const auto fourth = server.connect();
  EXPECT_FALSE(server.closed(fourth));
  EXPECT_TRUE(server.closed(server.connect()));
  const auto other = server.connect("10.0.0.2");
  server.ask(other, request::Login{"c", "secret", 177, {}, 1});
  EXPECT_TRUE(server.got<reply::Login>(other).ok);
  EXPECT_TRUE(server.closed(server.connect("10.0.0.3")));
  server.disconnect(third);
  server.disconnect(fourth);
  const auto full = server.connect("10.0.0.4");
  EXPECT_FALSE(server.closed(full));
  server.ask(full, request::Login{"d", "secret", 177, {}, 1});
  EXPECT_EQ(server.got<reply::Login>(full).reason, "SVRFULL");
}

TEST(ServerLogin, ClosesAnAddressThatGuessesPasswordsUntilAnHourPassed) {
  ServerRules rules;
  rules.limits.max_failed_logins_per_address = 2;
  ServerHarness server(rules);
  static_cast<void>(server.user("anna"));
  for (int i = 0; i < 2; ++i) server.ask(server.connect(), request::Login{"anna", "guess", 177, {}, 1});
  EXPECT_TRUE(server.closed(server.connect()));
  EXPECT_FALSE(server.closed(server.connect("10.0.0.9")));
  server.moment.now += std::chrono::hours(2);
  EXPECT_FALSE(server.closed(server.connect()));
}

TEST(ServerLogin, ClosesConnectionsThatNeverLogIn) {
  ServerHarness server;
  const auto silent = server.connect();
  const auto known = server.user("anna");
  server.tick(std::chrono::seconds(61));
  EXPECT_TRUE(server.closed(silent));
  EXPECT_FALSE(server.closed(known));
}

TEST(ServerLogin, ChangesPasswords) {
  ServerHarness server;
  const auto id = server.user("anna");
  server.ask(id, request::ChangePassword{"new one"});
  EXPECT_EQ(server.got<reply::ChangePassword>(id).password, "new one");
  static_cast<void>(server.user("anna", "new one"));
}

}  // namespace
}  // namespace soulfabric::soulseek
