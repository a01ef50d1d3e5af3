// SPDX-License-Identifier: GPL-3.0-or-later
// What the server sends to a client (protocol note, section 4). Naming and use are described in wire.hpp.
#pragma once
#include <variant>

#include "wire/types.hpp"

namespace soulfabric::soulseek::wire::reply {

/// A room and how many are in it.
struct RoomCount {
  std::string room{};
  std::uint32_t users = 0;
};
/// One member of a room as the parallel lists of JoinRoom describe it; what a short list lacks stays zero.
struct RoomUser {
  std::string user{};
  UserStatus status = UserStatus::Offline;
  UserStats stats{};
  std::uint32_t slots_full = 0;
  std::string country{};
};
struct PrivateRoom {
  std::string owner{};
  std::vector<std::string> operators{};
};
struct Recommendation {
  std::string item{};
  std::int32_t score = 0;
};
struct RatedUser {
  std::string user{};
  std::uint32_t rating = 0;
};
struct Ticker {
  std::string user{};
  std::string text{};
};
struct Parent {
  std::string user{};
  IpAddress ip{};
  std::uint32_t port = 0;
};
struct RelatedItem {
  std::string item{};
  std::uint32_t score = 0;
};

/// `greeting` to `supporter` belong to a login that succeeded, `reason` and `detail` to one that did not.
struct Login {
  static constexpr std::uint32_t kCode = 1;
  bool ok = false;
  std::string greeting{};
  IpAddress own_ip{};
  std::string password_md5{};
  std::optional<bool> supporter{};
  std::string reason{};  // INVALIDUSERNAME, EMPTYPASSWORD, INVALIDPASS, INVALIDVERSION, SVRFULL, SVRPRIVATE
  std::optional<std::string> detail{};
};
struct GetPeerAddress {
  static constexpr std::uint32_t kCode = 3;
  std::string user{};
  IpAddress ip{};            // 0.0.0.0: offline
  std::uint32_t port = 0;  // 0: not yet known, ask again
  std::optional<std::uint32_t> obfuscation_type{};
  std::optional<std::uint16_t> obfuscated_port{};
};
/// Everything after `exists` is sent only where it is true.
struct WatchUser {
  static constexpr std::uint32_t kCode = 5;
  std::string user{};
  bool exists = false;
  UserStatus status = UserStatus::Offline;
  UserStats stats{};
  std::optional<std::string> country{};  // absent for users who are offline
};
struct GetUserStatus {
  static constexpr std::uint32_t kCode = 7;
  std::string user{};
  UserStatus status = UserStatus::Offline;
  std::optional<bool> privileged{};
};
struct IgnoreUser {  // obsolete
  static constexpr std::uint32_t kCode = 11;
  std::string user{};
};
struct UnignoreUser {  // obsolete
  static constexpr std::uint32_t kCode = 12;
  std::string user{};
};
struct SayChatroom {
  static constexpr std::uint32_t kCode = 13;
  std::string room{};
  std::string user{};
  std::string text{};
};
struct JoinRoom {
  static constexpr std::uint32_t kCode = 14;
  std::string room{};
  std::vector<RoomUser> users{};
  std::optional<PrivateRoom> private_room{};
};
struct LeaveRoom {
  static constexpr std::uint32_t kCode = 15;
  std::string room{};
};
struct UserJoinedRoom {
  static constexpr std::uint32_t kCode = 16;
  std::string room{};
  RoomUser member{};
};
struct UserLeftRoom {
  static constexpr std::uint32_t kCode = 17;
  std::string room{};
  std::string user{};
};
struct ConnectToPeer {
  static constexpr std::uint32_t kCode = 18;
  std::string user{};
  std::string type{};
  IpAddress ip{};
  std::uint32_t port = 0;
  std::uint32_t token = 0;
  bool privileged = false;
  std::optional<std::uint32_t> obfuscation_type{};
  std::optional<std::uint32_t> obfuscated_port{};
};
struct MessageUser {
  static constexpr std::uint32_t kCode = 22;
  std::uint32_t id = 0;
  std::uint32_t time = 0;  // seconds since 1970
  std::string user{};
  std::string text{};
  std::optional<bool> is_new{};  // false: replayed because it was not acknowledged
};
/// A search of another user aimed at us: user, room, buddy and wish searches arrive this way.
struct FileSearch {
  static constexpr std::uint32_t kCode = 26;
  std::string user{};
  std::uint32_t token = 0;
  std::string query{};
};
struct Ping {
  static constexpr std::uint32_t kCode = 32;
};
struct SendConnectToken {  // obsolete
  static constexpr std::uint32_t kCode = 33;
  std::string user{};
  std::uint32_t token = 0;
};
struct GetUserStats {
  static constexpr std::uint32_t kCode = 36;
  std::string user{};
  UserStats stats{};
};
struct UploadSlotsFull {  // obsolete
  static constexpr std::uint32_t kCode = 40;
  std::string user{};
  std::uint32_t flag = 0;
};
struct Relogged {
  static constexpr std::uint32_t kCode = 41;
};
struct SimilarRecommendations {  // obsolete
  static constexpr std::uint32_t kCode = 50;
  std::string item{};
  std::vector<std::string> items{};
};
struct Recommendations {
  static constexpr std::uint32_t kCode = 54;
  std::vector<Recommendation> liked{};
  std::vector<Recommendation> disliked{};
};
struct MyRecommendations {  // obsolete
  static constexpr std::uint32_t kCode = 55;
  std::vector<std::string> items{};
};
struct GlobalRecommendations {
  static constexpr std::uint32_t kCode = 56;
  std::vector<Recommendation> liked{};
  std::vector<Recommendation> disliked{};
};
struct UserInterests {
  static constexpr std::uint32_t kCode = 57;
  std::string user{};
  std::vector<std::string> liked{};
  std::vector<std::string> hated{};
};
struct PlaceInLineRequest {  // obsolete
  static constexpr std::uint32_t kCode = 59;
  std::string user{};
  std::uint32_t token = 0;
};
struct PlaceInLineResponse {  // obsolete
  static constexpr std::uint32_t kCode = 60;
  std::string user{};
  std::uint32_t token = 0;
  std::uint32_t place = 0;
};
struct RoomAdded {  // obsolete
  static constexpr std::uint32_t kCode = 62;
  std::string room{};
};
struct RoomRemoved {  // obsolete
  static constexpr std::uint32_t kCode = 63;
  std::string room{};
};
struct RoomList {
  static constexpr std::uint32_t kCode = 64;
  std::vector<RoomCount> rooms{};
  std::vector<RoomCount> owned_private{};
  std::vector<RoomCount> other_private{};
  std::vector<std::string> operated_private{};
};
struct ExactFileSearch {  // obsolete
  static constexpr std::uint32_t kCode = 65;
  std::string user{};
  std::uint32_t token = 0;
  std::string name{};
  std::string path{};
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;
};
struct AdminMessage {
  static constexpr std::uint32_t kCode = 66;
  std::string text{};
};
struct GlobalUserList {  // obsolete
  static constexpr std::uint32_t kCode = 67;
  std::vector<RoomUser> users{};
};
struct TunneledMessage {  // obsolete
  static constexpr std::uint32_t kCode = 68;
  std::string user{};
  std::uint32_t tunneled_code = 0;
  std::uint32_t token = 0;
  IpAddress ip{};
  std::uint32_t port = 0;
  std::string message{};
};
struct PrivilegedUsers {
  static constexpr std::uint32_t kCode = 69;
  std::vector<std::string> users{};
};
struct ParentMinSpeed {
  static constexpr std::uint32_t kCode = 83;
  std::uint32_t speed = 0;
};
struct ParentSpeedRatio {
  static constexpr std::uint32_t kCode = 84;
  std::uint32_t ratio = 0;
};
struct ParentInactivityTimeout {  // obsolete
  static constexpr std::uint32_t kCode = 86;
  std::uint32_t seconds = 0;
};
struct SearchInactivityTimeout {  // obsolete
  static constexpr std::uint32_t kCode = 87;
  std::uint32_t seconds = 0;
};
struct MinParentsInCache {  // obsolete
  static constexpr std::uint32_t kCode = 88;
  std::uint32_t count = 0;
};
struct DistributedPingInterval {  // obsolete
  static constexpr std::uint32_t kCode = 90;
  std::uint32_t seconds = 0;
};
struct AddPrivilegedUser {  // obsolete
  static constexpr std::uint32_t kCode = 91;
  std::string user{};
};
struct CheckPrivileges {
  static constexpr std::uint32_t kCode = 92;
  std::uint32_t seconds = 0;
};
/// A distributed message handed to a branch root; distributed_frame() turns it into the frame for the children.
struct EmbeddedMessage {
  static constexpr std::uint32_t kCode = 93;
  std::uint8_t distrib_code = 0;
  Bytes body{};
};
struct PossibleParents {
  static constexpr std::uint32_t kCode = 102;
  std::vector<Parent> parents{};
};
struct WishlistInterval {
  static constexpr std::uint32_t kCode = 104;
  std::uint32_t seconds = 0;
};
struct SimilarUsers {
  static constexpr std::uint32_t kCode = 110;
  std::vector<RatedUser> users{};
};
struct ItemRecommendations {
  static constexpr std::uint32_t kCode = 111;
  std::string item{};
  std::vector<Recommendation> items{};
};
struct ItemSimilarUsers {
  static constexpr std::uint32_t kCode = 112;
  std::string item{};
  std::vector<std::string> users{};
};
struct RoomTickers {
  static constexpr std::uint32_t kCode = 113;
  std::string room{};
  std::vector<Ticker> tickers{};
};
struct RoomTickerAdded {
  static constexpr std::uint32_t kCode = 114;
  std::string room{};
  std::string user{};
  std::string text{};
};
struct RoomTickerRemoved {
  static constexpr std::uint32_t kCode = 115;
  std::string room{};
  std::string user{};
};
struct UserPrivileged {  // deprecated
  static constexpr std::uint32_t kCode = 122;
  std::string user{};
  bool privileged = false;
};
struct NotifyPrivileges {  // deprecated
  static constexpr std::uint32_t kCode = 124;
  std::uint32_t token = 0;
  std::string user{};
};
struct AckNotifyPrivileges {  // deprecated
  static constexpr std::uint32_t kCode = 125;
  std::uint32_t token = 0;
};
struct ChildDepth {  // obsolete
  static constexpr std::uint32_t kCode = 129;
  std::uint32_t depth = 0;
};
struct ResetDistributed {
  static constexpr std::uint32_t kCode = 130;
};
struct RoomMembers {
  static constexpr std::uint32_t kCode = 133;
  std::string room{};
  std::vector<std::string> users{};
};
struct AddRoomMember {
  static constexpr std::uint32_t kCode = 134;
  std::string room{};
  std::string user{};
};
struct RemoveRoomMember {
  static constexpr std::uint32_t kCode = 135;
  std::string room{};
  std::string user{};
};
struct RoomSomething {  // obsolete
  static constexpr std::uint32_t kCode = 138;
  std::string room{};
};
struct RoomMembershipGranted {
  static constexpr std::uint32_t kCode = 139;
  std::string room{};
};
struct RoomMembershipRevoked {
  static constexpr std::uint32_t kCode = 140;
  std::string room{};
};
struct EnableRoomInvitations {
  static constexpr std::uint32_t kCode = 141;
  bool enabled = false;
};
struct ChangePassword {
  static constexpr std::uint32_t kCode = 142;
  std::string password{};
};
struct AddRoomOperator {
  static constexpr std::uint32_t kCode = 143;
  std::string room{};
  std::string user{};
};
struct RemoveRoomOperator {
  static constexpr std::uint32_t kCode = 144;
  std::string room{};
  std::string user{};
};
struct RoomOperatorshipGranted {
  static constexpr std::uint32_t kCode = 145;
  std::string room{};
};
struct RoomOperatorshipRevoked {
  static constexpr std::uint32_t kCode = 146;
  std::string room{};
};
struct RoomOperators {
  static constexpr std::uint32_t kCode = 148;
  std::string room{};
  std::vector<std::string> users{};
};
struct GlobalRoomMessage {
  static constexpr std::uint32_t kCode = 152;
  std::string room{};
  std::string user{};
  std::string text{};
};
struct RelatedSearch {  // obsolete
  static constexpr std::uint32_t kCode = 153;
  std::string query{};
  std::vector<RelatedItem> items{};
};
struct ExcludedSearchPhrases {
  static constexpr std::uint32_t kCode = 160;
  std::vector<std::string> phrases{};
};
struct CantConnectToPeer {
  static constexpr std::uint32_t kCode = 1001;
  std::uint32_t token = 0;
};
struct CantCreateRoom {
  static constexpr std::uint32_t kCode = 1003;
  std::string room{};
};

}  // namespace soulfabric::soulseek::wire::reply

namespace soulfabric::soulseek::wire {

using ServerReply = std::variant<
    reply::Login, reply::GetPeerAddress, reply::WatchUser, reply::GetUserStatus, reply::IgnoreUser, reply::UnignoreUser, reply::SayChatroom,
    reply::JoinRoom, reply::LeaveRoom, reply::UserJoinedRoom, reply::UserLeftRoom, reply::ConnectToPeer, reply::MessageUser,
    reply::FileSearch, reply::Ping, reply::SendConnectToken, reply::GetUserStats, reply::UploadSlotsFull, reply::Relogged,
    reply::SimilarRecommendations, reply::Recommendations, reply::MyRecommendations, reply::GlobalRecommendations, reply::UserInterests,
    reply::PlaceInLineRequest, reply::PlaceInLineResponse, reply::RoomAdded, reply::RoomRemoved, reply::RoomList, reply::ExactFileSearch,
    reply::AdminMessage, reply::GlobalUserList, reply::TunneledMessage, reply::PrivilegedUsers, reply::ParentMinSpeed,
    reply::ParentSpeedRatio, reply::ParentInactivityTimeout, reply::SearchInactivityTimeout, reply::MinParentsInCache,
    reply::DistributedPingInterval, reply::AddPrivilegedUser, reply::CheckPrivileges, reply::EmbeddedMessage, reply::PossibleParents,
    reply::WishlistInterval, reply::SimilarUsers, reply::ItemRecommendations, reply::ItemSimilarUsers, reply::RoomTickers,
    reply::RoomTickerAdded, reply::RoomTickerRemoved, reply::UserPrivileged, reply::NotifyPrivileges, reply::AckNotifyPrivileges,
    reply::ChildDepth, reply::ResetDistributed, reply::RoomMembers, reply::AddRoomMember, reply::RemoveRoomMember, reply::RoomSomething,
    reply::RoomMembershipGranted, reply::RoomMembershipRevoked, reply::EnableRoomInvitations, reply::ChangePassword, reply::AddRoomOperator,
    reply::RemoveRoomOperator, reply::RoomOperatorshipGranted, reply::RoomOperatorshipRevoked, reply::RoomOperators,
    reply::GlobalRoomMessage, reply::RelatedSearch, reply::ExcludedSearchPhrases, reply::CantConnectToPeer, reply::CantCreateRoom, Unknown>;

}  // namespace soulfabric::soulseek::wire
