// SPDX-License-Identifier: GPL-3.0-or-later
// What a client sends to the server (protocol note, section 4). Naming and use are described in wire.hpp.
#pragma once
#include <variant>

#include "wire/types.hpp"

namespace soulfabric::soulseek::wire::request {

struct Login {
  static constexpr std::uint32_t kCode = 1;
  std::string username{};
  std::string password{};
  std::uint32_t major = 0;
  std::string hash{};  // lower-case hex MD5 of username followed by password
  std::uint32_t minor = 0;
};
struct SetWaitPort {
  static constexpr std::uint32_t kCode = 2;
  std::uint32_t port = 0;
  std::optional<std::uint32_t> obfuscation_type{};  // 0 none, 1 rotated
  std::optional<std::uint32_t> obfuscated_port{};
};
struct GetPeerAddress {
  static constexpr std::uint32_t kCode = 3;
  std::string user{};
};
struct WatchUser {
  static constexpr std::uint32_t kCode = 5;
  std::string user{};
};
struct UnwatchUser {
  static constexpr std::uint32_t kCode = 6;
  std::string user{};
};
struct GetUserStatus {
  static constexpr std::uint32_t kCode = 7;
  std::string user{};
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
  std::string text{};
};
struct JoinRoom {
  static constexpr std::uint32_t kCode = 14;
  std::string room{};
  std::optional<std::uint32_t> is_private{};  // non-zero: create as private where it does not exist
};
struct LeaveRoom {
  static constexpr std::uint32_t kCode = 15;
  std::string room{};
};
struct ConnectToPeer {
  static constexpr std::uint32_t kCode = 18;
  std::uint32_t token = 0;
  std::string user{};
  std::string type{};  // kPeerType, kFileType or kDistributedType
};
struct MessageUser {
  static constexpr std::uint32_t kCode = 22;
  std::string user{};
  std::string text{};
};
struct MessageAcked {
  static constexpr std::uint32_t kCode = 23;
  std::uint32_t id = 0;
};
struct FileSearchRoom {  // obsolete
  static constexpr std::uint32_t kCode = 25;
  std::uint32_t token = 0;
  std::uint32_t room_id = 0;
  std::string query{};
};
struct FileSearch {
  static constexpr std::uint32_t kCode = 26;
  std::uint32_t token = 0;
  std::string query{};
};
struct SetStatus {
  static constexpr std::uint32_t kCode = 28;
  std::int32_t status = 2;  // 1 away, 2 online
};
struct Ping {
  static constexpr std::uint32_t kCode = 32;
};
struct SendConnectToken {  // obsolete
  static constexpr std::uint32_t kCode = 33;
  std::string user{};
  std::uint32_t token = 0;
};
struct SendDownloadSpeed {  // obsolete
  static constexpr std::uint32_t kCode = 34;
  std::string user{};
  std::uint32_t speed = 0;
};
struct SharedFoldersFiles {
  static constexpr std::uint32_t kCode = 35;
  std::uint32_t folders = 0;
  std::uint32_t files = 0;
};
struct GetUserStats {
  static constexpr std::uint32_t kCode = 36;
  std::string user{};
};
struct UploadSlotsFull {  // obsolete
  static constexpr std::uint32_t kCode = 40;
  std::uint32_t flag = 0;
};
struct UserSearch {
  static constexpr std::uint32_t kCode = 42;
  std::string user{};
  std::uint32_t token = 0;
  std::string query{};
};
struct SimilarRecommendations {  // obsolete
  static constexpr std::uint32_t kCode = 50;
  std::string item{};
};
struct AddLikedInterest {
  static constexpr std::uint32_t kCode = 51;
  std::string item{};
};
struct RemoveLikedInterest {
  static constexpr std::uint32_t kCode = 52;
  std::string item{};
};
struct Recommendations {
  static constexpr std::uint32_t kCode = 54;
};
struct MyRecommendations {  // obsolete
  static constexpr std::uint32_t kCode = 55;
};
struct GlobalRecommendations {
  static constexpr std::uint32_t kCode = 56;
};
struct UserInterests {
  static constexpr std::uint32_t kCode = 57;
  std::string user{};
};
struct AdminCommand {  // obsolete
  static constexpr std::uint32_t kCode = 58;
  std::string command{};
  std::vector<std::string> arguments{};
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
struct RoomList {
  static constexpr std::uint32_t kCode = 64;
};
struct ExactFileSearch {  // obsolete
  static constexpr std::uint32_t kCode = 65;
  std::uint32_t token = 0;
  std::string name{};
  std::string path{};
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;
  std::uint8_t unknown = 0;
};
struct GlobalUserList {  // obsolete; the public server disconnects who sends it
  static constexpr std::uint32_t kCode = 67;
};
struct TunneledMessage {  // obsolete
  static constexpr std::uint32_t kCode = 68;
  std::string user{};
  std::uint32_t token = 0;
  std::uint32_t tunneled_code = 0;
  std::string message{};
};
struct HaveNoParent {
  static constexpr std::uint32_t kCode = 71;
  bool no_parent = false;
};
struct ParentIp {  // sent by one old client only
  static constexpr std::uint32_t kCode = 73;
  IpAddress ip{};
};
struct CheckPrivileges {
  static constexpr std::uint32_t kCode = 92;
};
struct AcceptChildren {
  static constexpr std::uint32_t kCode = 100;
  bool accept = false;
};
struct WishlistSearch {
  static constexpr std::uint32_t kCode = 103;
  std::uint32_t token = 0;
  std::string query{};
};
struct SimilarUsers {
  static constexpr std::uint32_t kCode = 110;
};
struct ItemRecommendations {
  static constexpr std::uint32_t kCode = 111;
  std::string item{};
};
struct ItemSimilarUsers {
  static constexpr std::uint32_t kCode = 112;
  std::string item{};
};
struct SetRoomTicker {
  static constexpr std::uint32_t kCode = 116;
  std::string room{};
  std::string text{};  // empty removes; at most 1024 bytes
};
struct AddHatedInterest {
  static constexpr std::uint32_t kCode = 117;
  std::string item{};
};
struct RemoveHatedInterest {
  static constexpr std::uint32_t kCode = 118;
  std::string item{};
};
struct RoomSearch {
  static constexpr std::uint32_t kCode = 120;
  std::string room{};
  std::uint32_t token = 0;
  std::string query{};
};
struct SendUploadSpeed {
  static constexpr std::uint32_t kCode = 121;
  std::uint32_t speed = 0;  // bytes per second
};
struct UserPrivileged {  // deprecated
  static constexpr std::uint32_t kCode = 122;
  std::string user{};
};
struct GivePrivileges {
  static constexpr std::uint32_t kCode = 123;
  std::string user{};
  std::uint32_t days = 0;
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
struct BranchLevel {
  static constexpr std::uint32_t kCode = 126;
  std::uint32_t level = 0;
};
struct BranchRoot {
  static constexpr std::uint32_t kCode = 127;
  std::string root{};
};
struct ChildDepth {  // obsolete
  static constexpr std::uint32_t kCode = 129;
  std::uint32_t depth = 0;
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
struct CancelRoomMembership {
  static constexpr std::uint32_t kCode = 136;
  std::string room{};
};
struct CancelRoomOwnership {
  static constexpr std::uint32_t kCode = 137;
  std::string room{};
};
struct RoomSomething {  // obsolete
  static constexpr std::uint32_t kCode = 138;
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
struct MessageUsers {
  static constexpr std::uint32_t kCode = 149;
  std::vector<std::string> users{};
  std::string text{};
};
struct JoinGlobalRoom {
  static constexpr std::uint32_t kCode = 150;
};
struct LeaveGlobalRoom {
  static constexpr std::uint32_t kCode = 151;
};
struct RelatedSearch {  // obsolete
  static constexpr std::uint32_t kCode = 153;
  std::string query{};
};
struct CantConnectToPeer {
  static constexpr std::uint32_t kCode = 1001;
  std::uint32_t token = 0;
  std::string user{};
};

}  // namespace soulfabric::soulseek::wire::request

namespace soulfabric::soulseek::wire {

using ServerRequest = std::variant<
    request::Login, request::SetWaitPort, request::GetPeerAddress, request::WatchUser, request::UnwatchUser, request::GetUserStatus,
    request::IgnoreUser, request::UnignoreUser, request::SayChatroom, request::JoinRoom, request::LeaveRoom, request::ConnectToPeer,
    request::MessageUser, request::MessageAcked, request::FileSearchRoom, request::FileSearch, request::SetStatus, request::Ping,
    request::SendConnectToken, request::SendDownloadSpeed, request::SharedFoldersFiles, request::GetUserStats, request::UploadSlotsFull,
    request::UserSearch, request::SimilarRecommendations, request::AddLikedInterest, request::RemoveLikedInterest, request::Recommendations,
    request::MyRecommendations, request::GlobalRecommendations, request::UserInterests, request::AdminCommand, request::PlaceInLineRequest,
    request::PlaceInLineResponse, request::RoomList, request::ExactFileSearch, request::GlobalUserList, request::TunneledMessage,
    request::HaveNoParent, request::ParentIp, request::CheckPrivileges, request::AcceptChildren, request::WishlistSearch,
    request::SimilarUsers, request::ItemRecommendations, request::ItemSimilarUsers, request::SetRoomTicker, request::AddHatedInterest,
    request::RemoveHatedInterest, request::RoomSearch, request::SendUploadSpeed, request::UserPrivileged, request::GivePrivileges,
    request::NotifyPrivileges, request::AckNotifyPrivileges, request::BranchLevel, request::BranchRoot, request::ChildDepth,
    request::AddRoomMember, request::RemoveRoomMember, request::CancelRoomMembership, request::CancelRoomOwnership, request::RoomSomething,
    request::EnableRoomInvitations, request::ChangePassword, request::AddRoomOperator, request::RemoveRoomOperator, request::MessageUsers,
    request::JoinGlobalRoom, request::LeaveGlobalRoom, request::RelatedSearch, request::CantConnectToPeer, Unknown>;

}  // namespace soulfabric::soulseek::wire
