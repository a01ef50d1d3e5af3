// SPDX-License-Identifier: GPL-3.0-or-later
// Searches through the server and the tree it lets grow.
#include "harness.hpp"

namespace soulfabric::soulseek {
namespace {

using namespace wire;

distributed::Search inner_of(const reply::EmbeddedMessage& message) {
  EXPECT_EQ(message.distrib_code, 3);
  return std::get<distributed::Search>(*decode_distributed(message.distrib_code, message.body));
}

ServerRules fast() { return {.possible_parents_interval = std::chrono::seconds(1), .initial_speed = 100'000}; }

TEST(ServerSearch, ReachesEveryRootAndNeverTheSearcher) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  const auto carl = server.user("carl");
  for (const auto id : {anna, bert}) server.ask(id, request::HaveNoParent{true});
  server.ask(anna, request::FileSearch{9, "tune"});
  const auto search = inner_of(server.got<reply::EmbeddedMessage>(bert));
  EXPECT_EQ(search.user, "anna");
  EXPECT_EQ(search.token, 9U);
  EXPECT_EQ(search.query, "tune");
  EXPECT_EQ(search.identifier, distributed::Search::kIdentifier);
  EXPECT_EQ(server.count<reply::EmbeddedMessage>(anna), 0U);
  EXPECT_EQ(server.count<reply::EmbeddedMessage>(carl), 0U);  // never said that it wants searches
  server.ask(bert, request::WishlistSearch{10, "wish"});
  EXPECT_EQ(inner_of(server.got<reply::EmbeddedMessage>(anna)).query, "wish");
}

TEST(ServerSearch, ReachesTheBranchOfASearcherWhoIsItsRoot) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::HaveNoParent{true});
  server.ask(bert, request::HaveNoParent{false});
  server.ask(bert, request::BranchRoot{"anna"});
  server.ask(anna, request::FileSearch{9, "tune"});
  EXPECT_EQ(server.got<reply::FileSearch>(bert).query, "tune");
  server.forget();
  server.ask(bert, request::FileSearch{10, "other"});  // goes down the tree from its root
  EXPECT_EQ(server.count<reply::EmbeddedMessage>(anna), 1U);
  EXPECT_EQ(server.count<reply::FileSearch>(bert), 0U);
}

TEST(ServerSearch, AimsAtUsersAndRooms) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  const auto carl = server.user("carl");
  server.ask(anna, request::UserSearch{"bert", 1, "for bert"});
  EXPECT_EQ(server.got<reply::FileSearch>(bert).query, "for bert");
  server.ask(anna, request::UserSearch{"anna", 2, "for myself"});
  for (const auto id : {anna, bert, carl}) server.ask(id, request::JoinRoom{"lounge", 0});
  server.forget();
  server.ask(anna, request::RoomSearch{"lounge", 3, "for the room"});
  EXPECT_EQ(server.got<reply::FileSearch>(bert).token, 3U);
  EXPECT_EQ(server.got<reply::FileSearch>(carl).query, "for the room");
  EXPECT_EQ(server.count<reply::FileSearch>(anna), 0U);
  server.ask(carl, request::LeaveRoom{"lounge"});
  server.forget();
  server.ask(carl, request::RoomSearch{"lounge", 4, "from outside"});
  EXPECT_EQ(server.count<reply::FileSearch>(anna), 0U);
}

TEST(ServerSearch, DropsEmptyAndOverlongQueries) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(bert, request::HaveNoParent{true});
  server.ask(anna, request::FileSearch{1, ""});
  server.ask(anna, request::FileSearch{2, std::string(257, 'x')});
  server.ask(anna, request::UserSearch{"bert", 3, std::string(257, 'x')});
  EXPECT_TRUE(server.replies[bert].empty());
  server.ask(anna, request::FileSearch{4, std::string(256, 'x')});
  EXPECT_EQ(server.count<reply::EmbeddedMessage>(bert), 1U);
}

TEST(ServerTree, OffersFasterUsersAndNeverACircle) {
  ServerHarness server(fast());
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  const auto carl = server.user("carl");
  server.ask(carl, request::SendUploadSpeed{900'000});
  for (const auto id : {anna, bert, carl}) {
    server.ask(id, request::HaveNoParent{true});
    server.ask(id, request::AcceptChildren{true});
  }
  server.tick(std::chrono::seconds(2));
  EXPECT_EQ(server.count<reply::PossibleParents>(carl), 0U);
  const auto for_anna = server.got<reply::PossibleParents>(anna).parents;
  ASSERT_EQ(for_anna.size(), 1U);
  EXPECT_EQ(for_anna[0].user, "carl");
  EXPECT_EQ(for_anna[0].port, 2234U);
  const auto for_bert = server.got<reply::PossibleParents>(bert).parents;
  ASSERT_EQ(for_bert.size(), 2U);
  EXPECT_EQ(for_bert[0].user, "carl");
  EXPECT_EQ(for_bert[1].user, "anna");
}

TEST(ServerTree, OffersOnlyUsersWhoTakeChildrenAndOnlyToOrphans) {
  ServerHarness server(fast());
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(bert, request::HaveNoParent{true});
  server.tick(std::chrono::seconds(2));
  EXPECT_EQ(server.count<reply::PossibleParents>(bert), 0U);
  server.ask(anna, request::AcceptChildren{true});
  server.tick(std::chrono::milliseconds(10));
  EXPECT_EQ(server.count<reply::PossibleParents>(bert), 0U);  // not yet due
  server.tick(std::chrono::seconds(2));
  EXPECT_EQ(server.count<reply::PossibleParents>(bert), 1U);
  server.ask(bert, request::HaveNoParent{false});
  server.tick(std::chrono::seconds(2));
  EXPECT_EQ(server.count<reply::PossibleParents>(bert), 1U);
}

TEST(ServerTree, OffersAtMostTen) {
  ServerHarness server(fast());
  for (int i = 0; i < 15; ++i) server.ask(server.user("user" + std::to_string(i)), request::AcceptChildren{true});
  const auto last = server.user("last");
  server.ask(last, request::HaveNoParent{true});
  server.tick(std::chrono::seconds(2));
  EXPECT_EQ(server.got<reply::PossibleParents>(last).parents.size(), 10U);
}

TEST(ServerTree, ResetsABranchWhoseRootIsGone) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(bert, request::BranchRoot{"anna"});
  EXPECT_EQ(server.count<reply::ResetDistributed>(bert), 0U);
  server.disconnect(anna);
  EXPECT_EQ(server.count<reply::ResetDistributed>(bert), 1U);
  server.ask(bert, request::BranchRoot{"anna"});
  EXPECT_EQ(server.count<reply::ResetDistributed>(bert), 2U);
}

}  // namespace
}  // namespace soulfabric::soulseek
