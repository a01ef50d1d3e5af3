// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms of the server: joining, talking, tickers, private rooms with members and operators.
#include "harness.hpp"
#include "soulseek/core/server_names.hpp"

namespace soulfabric::soulseek {
namespace {

using namespace wire;

TEST(ServerRooms, ShowsWhoIsThereAndPassesLinesOn) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  const auto carl = server.user("carl");
  server.ask(anna, request::JoinRoom{"lounge", {}});
  server.ask(carl, request::JoinGlobalRoom{});
  server.forget();
  server.ask(bert, request::JoinRoom{"lounge", 0});
  EXPECT_EQ(server.got<reply::UserJoinedRoom>(anna).member.user, "bert");
  const auto joined = server.got<reply::JoinRoom>(bert);
  ASSERT_EQ(joined.users.size(), 2U);
  EXPECT_EQ(joined.users[0].user, "anna");
  EXPECT_FALSE(joined.private_room.has_value());
  server.ask(bert, request::SayChatroom{"lounge", "hello"});
  EXPECT_EQ(server.got<reply::SayChatroom>(anna).text, "hello");
  EXPECT_EQ(server.count<reply::SayChatroom>(bert), 1U);  // own lines come back
  EXPECT_EQ(server.got<reply::GlobalRoomMessage>(carl).user, "bert");
  server.ask(bert, request::SayChatroom{"lounge", "two\nlines"});
  server.ask(bert, request::SayChatroom{"lounge", std::string(2049, 'x')});
  server.ask(carl, request::SayChatroom{"lounge", "from outside"});
  EXPECT_EQ(server.count<reply::SayChatroom>(anna), 1U);
  server.ask(bert, request::LeaveRoom{"lounge"});
  EXPECT_EQ(server.count<reply::LeaveRoom>(bert), 1U);
  EXPECT_EQ(server.got<reply::UserLeftRoom>(anna).user, "bert");
}

TEST(ServerRooms, TellsMembersOfStatusAndStatistics) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  for (const auto id : {anna, bert}) server.ask(id, request::JoinRoom{"lounge", {}});
  server.forget();
  server.ask(bert, request::SharedFoldersFiles{1, 2});
  EXPECT_EQ(server.got<reply::GetUserStats>(anna).stats.files, 2U);
  server.ask(bert, request::SetStatus{1});
  EXPECT_EQ(server.got<reply::GetUserStatus>(anna).status, UserStatus::Away);
  server.disconnect(bert);
  EXPECT_EQ(server.got<reply::UserLeftRoom>(anna).user, "bert");
}

TEST(ServerRooms, RefusesBadNamesWithAReason) {
  for (const std::string name : {"", " a", "a ", "a  b", "gr\xc3\xbcn", "a-name-of-twenty-five-byte"}) {
    ServerHarness server;
    const auto anna = server.user("anna");
    server.ask(anna, request::JoinRoom{name, {}});
    const auto told = server.got<reply::MessageUser>(anna);
    EXPECT_EQ(told.user, "server");
    EXPECT_TRUE(told.text.starts_with("Could not create room. Reason: ")) << told.text;
    EXPECT_EQ(server.count<reply::JoinRoom>(anna), 0U);
  }
  EXPECT_FALSE(room_name_fault(std::string(24, 'x')).has_value());
}

TEST(ServerRooms, KeepsTickersOnePerUser) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::JoinRoom{"lounge", {}});
  server.ask(anna, request::SetRoomTicker{"lounge", "first"});
  server.ask(anna, request::SetRoomTicker{"lounge", "second"});
  EXPECT_EQ(server.count<reply::RoomTickerAdded>(anna), 2U);
  EXPECT_EQ(server.count<reply::RoomTickerRemoved>(anna), 1U);
  server.ask(bert, request::JoinRoom{"lounge", {}});
  const auto tickers = server.got<reply::RoomTickers>(bert).tickers;
  ASSERT_EQ(tickers.size(), 1U);
  EXPECT_EQ(tickers[0].text, "second");
  server.forget();
  server.ask(anna, request::SetRoomTicker{"lounge", std::string(1025, 'x')});
  EXPECT_EQ(server.count<reply::RoomTickerRemoved>(bert), 0U);
  server.ask(anna, request::SetRoomTicker{"lounge", ""});
  EXPECT_EQ(server.count<reply::RoomTickerRemoved>(bert), 1U);
}

TEST(ServerRooms, KeepsStrangersOutOfPrivateRooms) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::JoinRoom{"den", 1});
  const auto joined = server.got<reply::JoinRoom>(anna);
  ASSERT_TRUE(joined.private_room.has_value());
  EXPECT_EQ(joined.private_room->owner, "anna");
  server.ask(bert, request::JoinRoom{"den", 0});
  EXPECT_EQ(server.got<reply::CantCreateRoom>(bert).room, "den");
  EXPECT_EQ(server.got<reply::MessageUser>(bert).text, "The room you are trying to enter (den) is registered as private.");
  server.forget();
  server.ask(bert, request::RoomList{});
  EXPECT_TRUE(server.got<reply::RoomList>(bert).rooms.empty());
}

TEST(ServerRooms, AdmitsInvitedMembersAndForgetsRemovedOnes) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  server.ask(anna, request::JoinRoom{"den", 1});
  server.ask(anna, request::AddRoomMember{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomMembershipGranted>(bert), 0U);  // does not take invitations yet
  server.ask(bert, request::EnableRoomInvitations{true});
  EXPECT_TRUE(server.got<reply::EnableRoomInvitations>(bert).enabled);
  server.ask(bert, request::AddRoomMember{"den", "bert"});  // nobody adds himself
  server.ask(anna, request::AddRoomMember{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomMembershipGranted>(bert), 1U);
  EXPECT_EQ(server.got<reply::AddRoomMember>(anna).user, "bert");
  server.ask(bert, request::JoinRoom{"den", 0});
  EXPECT_EQ(server.count<reply::JoinRoom>(bert), 1U);
  server.forget();
  server.ask(anna, request::RemoveRoomMember{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomMembershipRevoked>(bert), 1U);
  EXPECT_EQ(server.count<reply::LeaveRoom>(bert), 1U);
  EXPECT_EQ(server.count<reply::UserLeftRoom>(anna), 1U);
  server.ask(bert, request::JoinRoom{"den", 0});
  EXPECT_EQ(server.count<reply::CantCreateRoom>(bert), 1U);
}

TEST(ServerRooms, LetsOperatorsManagePlainMembersOnly) {
  ServerHarness server;
  const auto anna = server.user("anna");
  const auto bert = server.user("bert");
  const auto carl = server.user("carl");
  for (const auto id : {bert, carl}) server.ask(id, request::EnableRoomInvitations{true});
  server.ask(anna, request::JoinRoom{"den", 1});
  server.ask(anna, request::AddRoomOperator{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomOperatorshipGranted>(bert), 0U);  // must be a member first
  server.ask(anna, request::AddRoomMember{"den", "bert"});
  server.ask(anna, request::AddRoomOperator{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomOperatorshipGranted>(bert), 1U);
  server.ask(bert, request::AddRoomMember{"den", "carl"});
  EXPECT_EQ(server.count<reply::RoomMembershipGranted>(carl), 1U);
  server.ask(carl, request::RemoveRoomMember{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomMembershipRevoked>(bert), 0U);
  server.ask(anna, request::RemoveRoomOperator{"den", "bert"});
  EXPECT_EQ(server.count<reply::RoomOperatorshipRevoked>(bert), 1U);
  server.ask(bert, request::RemoveRoomMember{"den", "carl"});
  EXPECT_EQ(server.count<reply::RoomMembershipRevoked>(carl), 0U);
  server.ask(carl, request::CancelRoomMembership{"den"});
  EXPECT_EQ(server.count<reply::RoomMembershipRevoked>(carl), 1U);
}

TEST(ServerRooms, RemembersPrivateRoomsAcrossARestartUntilTheOwnerGivesThemUp) {
  ServerHarness before;
  const auto anna = before.user("anna");
  const auto bert = before.user("bert");
  before.ask(bert, request::EnableRoomInvitations{true});
  before.ask(anna, request::JoinRoom{"den", 1});
  before.ask(anna, request::AddRoomMember{"den", "bert"});
  before.ask(anna, request::AddRoomOperator{"den", "bert"});

  ServerHarness after({}, before.memory());
  const auto back = after.connect();
  after.ask(back, request::Login{"bert", "secret", 177, {}, 1});
  const auto list = after.got<reply::RoomList>(back);
  ASSERT_EQ(list.other_private.size(), 1U);
  EXPECT_EQ(list.other_private[0].room, "den");
  EXPECT_EQ(list.operated_private, std::vector<std::string>{"den"});
  EXPECT_EQ(after.got<reply::RoomMembers>(back).users, std::vector<std::string>{"bert"});
  const auto owner = after.user("anna");
  after.ask(owner, request::CancelRoomOwnership{"den"});
  EXPECT_EQ(after.count<reply::RoomMembershipRevoked>(back), 1U);
  EXPECT_TRUE(after.saved_rooms.empty());
}

TEST(ServerRooms, ForgetsPublicRoomsThatNobodyIsIn) {
  ServerHarness server;
  const auto anna = server.user("anna");
  server.ask(anna, request::JoinRoom{"lounge", {}});
  server.ask(anna, request::RoomList{});
  EXPECT_EQ(server.got<reply::RoomList>(anna).rooms.size(), 1U);
  server.ask(anna, request::LeaveRoom{"lounge"});
  server.forget();
  server.ask(anna, request::RoomList{});
  EXPECT_TRUE(server.got<reply::RoomList>(anna).rooms.empty());
}

}  // namespace
}  // namespace soulfabric::soulseek
