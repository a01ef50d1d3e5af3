// SPDX-License-Identifier: GPL-3.0-or-later
// The server between users: addresses, brokering, watches, statistics, private messages, privileges, interests.
#include "harness.hpp"

namespace soulfabric::soulseek {
namespace {

using namespace wire;

TEST(ServerUsers, AnswersAddressesAndBrokersConnections) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(bert, request::SetWaitPort{3000, 1, 3001});
  server.ask(anna, request::GetPeerAddress{"bert"});
  const auto address = server.got<reply::GetPeerAddress>(anna);
  EXPECT_EQ(address.ip.to_string(), "10.0.0.1");
  EXPECT_EQ(address.port, 3000U);
  EXPECT_EQ(address.obfuscated_port, 3001);
  server.ask(anna, request::ConnectToPeer{77, "bert", "P"});
  const auto order = server.got<reply::ConnectToPeer>(bert);
  EXPECT_EQ(order.user, "anna");
  EXPECT_EQ(order.token, 77U);
  EXPECT_EQ(order.type, "P");
  EXPECT_EQ(order.port, 2234U);
  server.ask(bert, request::CantConnectToPeer{77, "anna"});
  EXPECT_EQ(server.got<reply::CantConnectToPeer>(anna).token, 77U);
}

TEST(ServerUsers, GivesOthersAnAddressForWhoSitsOnItsOwnMachine) {
  ServerHarness server;
  const auto near = server.connect("127.0.0.1", "127.0.0.1");
  server.ask(near, request::Login{"near", "secret", 177, {}, 1});
  const auto far = server.connect("192.168.1.20", "192.168.1.2");
  server.ask(far, request::Login{"far", "secret", 177, {}, 1});
  server.ask(far, request::GetPeerAddress{"near"});
  EXPECT_EQ(server.got<reply::GetPeerAddress>(far).ip.to_string(), "192.168.1.2");
  server.ask(near, request::ConnectToPeer{1, "far", "P"});
  EXPECT_EQ(server.got<reply::ConnectToPeer>(far).ip.to_string(), "192.168.1.2");
  server.ask(near, request::GetPeerAddress{"near"});
  EXPECT_TRUE(server.got<reply::GetPeerAddress>(near).ip.is_loopback());
}

TEST(ServerUsers, SaysWhoIsOffLine) {
  ServerHarness server;
  const auto anna = server.user("anna");
  server.ask(anna, request::GetPeerAddress{"nobody"});
  EXPECT_TRUE(server.got<reply::GetPeerAddress>(anna).ip.is_unspecified());
  server.ask(anna, request::ConnectToPeer{5, "nobody", "F"});
  EXPECT_EQ(server.got<reply::CantConnectToPeer>(anna).token, 5U);
  server.ask(anna, request::ConnectToPeer{6, "nobody", "?"});
  EXPECT_EQ(server.count<reply::CantConnectToPeer>(anna), 1U);
  server.ask(anna, request::WatchUser{"nobody"});
  EXPECT_FALSE(server.got<reply::WatchUser>(anna).exists);
}

TEST(ServerUsers, PushesStatusToWatchersUntilTheyStop) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(bert, request::SharedFoldersFiles{3, 40});
  server.ask(anna, request::WatchUser{"bert"});
  const auto watch = server.got<reply::WatchUser>(anna);
  EXPECT_EQ(watch.status, UserStatus::Online);
  EXPECT_EQ(watch.stats.files, 40U);
  EXPECT_EQ(watch.stats.folders, 3U);
  server.ask(bert, request::SetStatus{1});
  EXPECT_EQ(server.got<reply::GetUserStatus>(anna).status, UserStatus::Away);
  EXPECT_EQ(server.count<reply::GetUserStatus>(bert), 1U);  // going away is confirmed
  server.ask(bert, request::SetStatus{1});
  server.disconnect(bert);
  EXPECT_EQ(server.all<reply::GetUserStatus>(anna).size(), 2U);
  EXPECT_EQ(server.all<reply::GetUserStatus>(anna).back().status, UserStatus::Offline);
  server.forget();
  const auto again = server.connect();
  server.ask(again, request::Login{"bert", "secret", 177, {}, 1});
  EXPECT_EQ(server.got<reply::GetUserStatus>(anna).status, UserStatus::Online);
  server.ask(anna, request::UnwatchUser{"bert"});
  server.disconnect(again);
  EXPECT_EQ(server.count<reply::GetUserStatus>(anna), 1U);
}

TEST(ServerUsers, AveragesUploadSpeeds) {
  ServerHarness server;
  const auto anna = server.user("anna");
  server.ask(anna, request::SendUploadSpeed{1000});
  server.ask(anna, request::SendUploadSpeed{3000});
  server.ask(anna, request::GetUserStats{"anna"});
  const auto stats = server.got<reply::GetUserStats>(anna).stats;
  EXPECT_EQ(stats.avg_speed, 2000U);
  EXPECT_EQ(stats.uploads, 2U);
  EXPECT_EQ(server.saved_accounts["anna"].avg_speed, 2000U);
}

TEST(ServerUsers, KeepsMessagesUntilTheyAreAcknowledged) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::MessageUser{"bert", "hello"});
  const auto now = server.got<reply::MessageUser>(bert);
  EXPECT_EQ(now.user, "anna");
  EXPECT_EQ(now.text, "hello");
  EXPECT_EQ(now.is_new, true);
  server.ask(anna, request::MessageAcked{now.id});  // not hers to acknowledge
  server.disconnect(bert);
  server.ask(anna, request::MessageUser{"bert", "are you there?"});
  EXPECT_EQ(server.saved_messages.size(), 2U);

  ServerHarness restarted({}, server.memory());
  const auto back = restarted.connect();
  restarted.ask(back, request::Login{"bert", "secret", 177, {}, 1});
  const auto replayed = restarted.all<reply::MessageUser>(back);
  ASSERT_EQ(replayed.size(), 2U);
  EXPECT_EQ(replayed[0].text, "hello");
  EXPECT_EQ(replayed[0].is_new, false);
  EXPECT_EQ(replayed[1].text, "are you there?");
  for (const auto& one : replayed) restarted.ask(back, request::MessageAcked{one.id});
  restarted.disconnect(back);
  const auto third = restarted.connect();
  restarted.ask(third, request::Login{"bert", "secret", 177, {}, 1});
  EXPECT_EQ(restarted.count<reply::MessageUser>(third), 0U);
}

TEST(ServerUsers, DropsMessagesToNobodyAndCapsMailboxes) {
  ServerHarness server;
  const auto anna = server.user("anna");
  server.ask(anna, request::MessageUser{"nobody", "hello"});
  EXPECT_TRUE(server.saved_messages.empty());
  server.disconnect(server.user("bert"));
  for (int i = 0; i < 1001; ++i) server.ask(anna, request::MessageUser{"bert", "x"});
  EXPECT_EQ(server.saved_messages.size(), 1000U);
  EXPECT_EQ(server.got<reply::MessageUser>(anna).user, "server");
}

TEST(ServerUsers, SendsToSeveralWhoAreOnLine) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.disconnect(server.user("carl"));
  server.ask(anna, request::MessageUsers{{"bert", "carl", "nobody"}, "to all"});
  EXPECT_EQ(server.got<reply::MessageUser>(bert).text, "to all");
  EXPECT_EQ(server.saved_messages.size(), 1U);
}

TEST(ServerUsers, CountsAndGivesPrivileges) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::CheckPrivileges{});
  EXPECT_EQ(server.got<reply::CheckPrivileges>(anna).seconds, 0U);
  server.ask(anna, request::GivePrivileges{"bert", 1});
  EXPECT_EQ(server.count<reply::CheckPrivileges>(bert), 0U);

  ServerHarness generous({.privileged_users = {"anna"}});
  const auto giver = generous.user("anna");
  const auto taker = generous.user("bert");
  generous.ask(giver, request::GivePrivileges{"bert", 2});
  EXPECT_EQ(generous.got<reply::CheckPrivileges>(taker).seconds, 2U * 86'400U);
  generous.ask(giver, request::UserPrivileged{"bert"});
  EXPECT_TRUE(generous.got<reply::UserPrivileged>(giver).privileged);
  generous.moment.unix_seconds += 86'400;
  generous.forget();
  generous.ask(taker, request::GivePrivileges{"anna", 2});  // one day is left
  generous.ask(taker, request::CheckPrivileges{});
  EXPECT_EQ(generous.got<reply::CheckPrivileges>(taker).seconds, 86'400U);
}

TEST(ServerUsers, ComparesInterests) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::AddLikedInterest{"Jazz"});
  server.ask(bert, request::AddLikedInterest{"jazz"});
  server.ask(bert, request::AddLikedInterest{"folk"});
  server.ask(bert, request::AddHatedInterest{"polka"});
  server.ask(anna, request::Recommendations{});
  const auto mine = server.got<reply::Recommendations>(anna);
  ASSERT_EQ(mine.liked.size(), 2U);
  EXPECT_EQ(mine.liked[0].item, "folk");
  EXPECT_EQ(mine.disliked[0].item, "polka");
  server.ask(anna, request::SimilarUsers{});
  EXPECT_EQ(server.got<reply::SimilarUsers>(anna).users.at(0).user, "bert");
  server.ask(anna, request::GlobalRecommendations{});
  EXPECT_EQ(server.got<reply::GlobalRecommendations>(anna).liked.at(0).score, 2);
  server.ask(anna, request::ItemSimilarUsers{"jazz"});
  EXPECT_EQ(server.got<reply::ItemSimilarUsers>(anna).users, std::vector<std::string>{"bert"});
  server.ask(anna, request::ItemRecommendations{"jazz"});
  EXPECT_EQ(server.got<reply::ItemRecommendations>(anna).items.at(0).item, "folk");
  server.ask(anna, request::UserInterests{"bert"});
  EXPECT_EQ(server.got<reply::UserInterests>(anna).hated, std::vector<std::string>{"polka"});
  server.disconnect(bert);
  server.forget();
  server.ask(anna, request::UserInterests{"bert"});
  EXPECT_TRUE(server.got<reply::UserInterests>(anna).liked.empty());
}

TEST(ServerUsers, AnnouncesToEverybody) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto stranger = server.connect();
  const auto actions = server.core.announce("going down", server.moment);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<ServerSend>(actions[0]).to, anna);
  static_cast<void>(stranger);
}

}  // namespace
}  // namespace soulfabric::soulseek
