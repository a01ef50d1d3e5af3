// SPDX-License-Identifier: GPL-3.0-or-later
// What peers send to each other: init, peer (P), file (F) and distributed (D) messages (protocol note, sections 5, 7, 9, 12).
#pragma once
#include <variant>

#include "wire/types.hpp"

namespace soulfabric::soulseek::wire::init {

/// Answers an indirect request: the token is the one of the ConnectToPeer.
struct PierceFireWall {
  static constexpr std::uint32_t kCode = 0;
  std::uint32_t token = 0;
};
/// Opens a direct connection. The name is a claim that nobody proved.
struct PeerInit {
  static constexpr std::uint32_t kCode = 1;
  std::string user{};
  std::string type{};         // kPeerType, kFileType or kDistributedType
  std::uint32_t token = 0;  // ignored; 0 where the peer left it out
};

}  // namespace soulfabric::soulseek::wire::init

namespace soulfabric::soulseek::wire::peer {

struct SharedFileListRequest {
  static constexpr std::uint32_t kCode = 4;
  std::optional<std::uint32_t> token{};
};
/// Decoded whole only where it is small; BrowseParser reads the large ones as they arrive.
struct SharedFileListResponse {
  static constexpr std::uint32_t kCode = 5;
  std::vector<Folder> folders{};
  std::optional<std::uint32_t> unknown{};
  std::optional<std::vector<Folder>> private_folders{};
};
struct FileSearchRequest {  // obsolete, harmless to answer
  static constexpr std::uint32_t kCode = 8;
  std::uint32_t token = 0;
  std::string query{};
};
/// Trust the connection's user name, not `user`.
struct FileSearchResponse {
  static constexpr std::uint32_t kCode = 9;
  std::string user{};
  std::uint32_t token = 0;
  std::vector<FileEntry> files{};
  bool free_slot = false;
  std::uint32_t avg_speed = 0;  // bytes per second
  std::uint32_t queue_length = 0;
  std::optional<std::uint32_t> unknown{};
  std::optional<std::vector<FileEntry>> private_files{};  // needs `unknown` to be set
};
struct UserInfoRequest {
  static constexpr std::uint32_t kCode = 15;
};
struct UserInfoResponse {
  static constexpr std::uint32_t kCode = 16;
  std::string description{};
  std::optional<std::string> picture{};
  std::uint32_t upload_slots = 0;
  std::uint32_t queue_size = 0;
  bool slot_free = false;
  std::optional<std::uint32_t> upload_permission{};  // 0 nobody, 1 everyone, 2 users in list, 3 permitted users
};
struct FolderContentsRequest {
  static constexpr std::uint32_t kCode = 36;
  std::uint32_t token = 0;
  std::string folder{};
};
struct FolderContentsResponse {
  static constexpr std::uint32_t kCode = 37;
  std::uint32_t token = 0;
  std::string folder{};
  std::vector<Folder> folders{};  // empty: no such folder; more than one from clients that send the tree
};
enum class TransferDirection : std::uint32_t { Download = 0, Upload = 1 };
/// Download: "I want this file from you" (legacy). Upload: "I am ready to send it", with its size.
struct TransferRequest {
  static constexpr std::uint32_t kCode = 40;
  TransferDirection direction = TransferDirection::Upload;
  std::uint32_t token = 0;
  std::string path{};
  std::uint64_t size = 0;  // only with Upload
};
struct TransferResponse {
  static constexpr std::uint32_t kCode = 41;
  std::uint32_t token = 0;
  bool allowed = false;
  std::optional<std::uint64_t> size{};  // only where allowed
  std::string reason{};                 // only where not
};
struct UploadPlacehold {  // obsolete
  static constexpr std::uint32_t kCode = 42;
  std::string path{};
};
struct QueueUpload {
  static constexpr std::uint32_t kCode = 43;
  std::string path{};
};
struct PlaceInQueueResponse {
  static constexpr std::uint32_t kCode = 44;
  std::string path{};
  std::uint32_t place = 0;  // from 1
};
struct UploadFailed {
  static constexpr std::uint32_t kCode = 46;
  std::string path{};
};
struct UploadDenied {
  static constexpr std::uint32_t kCode = 50;
  std::string path{};
  std::string reason{};
};
struct PlaceInQueueRequest {
  static constexpr std::uint32_t kCode = 51;
  std::string path{};
};
struct UploadQueueNotification {  // obsolete
  static constexpr std::uint32_t kCode = 52;
};
/// One of the codes of kObsoletePeerCodes: known, never sent, skipped; their bodies were never agreed on.
struct Obsolete {
  std::uint32_t code = 0;
};
/// private message, room invitation, cancelled, connect token, move to top, exact search, queued, indirect search
inline constexpr std::uint32_t kObsoletePeerCodes[] = {1, 10, 14, 33, 34, 47, 48, 49};

}  // namespace soulfabric::soulseek::wire::peer

namespace soulfabric::soulseek::wire::distributed {

struct Ping {
  static constexpr std::uint32_t kCode = 0;
};
/// Forward the frame as it came, never a re-encoding of it.
struct Search {
  static constexpr std::uint32_t kCode = 3;
  std::uint32_t identifier = kIdentifier;
  std::string user{};
  std::uint32_t token = 0;
  std::string query{};
  static constexpr std::uint32_t kIdentifier = 0x31;  // anything else is to be dropped
};
struct BranchLevel {
  static constexpr std::uint32_t kCode = 4;
  std::int32_t level = 0;
};
struct BranchRoot {
  static constexpr std::uint32_t kCode = 5;
  std::string root{};
};
struct ChildDepth {  // obsolete
  static constexpr std::uint32_t kCode = 7;
  std::uint32_t depth = 0;
};
/// Sent by old clients in error: unwrap it and forward the inner message.
struct EmbeddedMessage {
  static constexpr std::uint32_t kCode = 93;
  std::uint8_t distrib_code = 0;
  Bytes body{};
};

}  // namespace soulfabric::soulseek::wire::distributed

namespace soulfabric::soulseek::wire::file {

/// The first bytes on an F connection after its init message, from the uploader.
struct TransferToken {
  static constexpr std::size_t kSize = 4;
  std::uint32_t token = 0;
};
/// The downloader's answer: how many bytes it has already.
struct TransferOffset {
  static constexpr std::size_t kSize = 8;
  std::uint64_t offset = 0;
};

}  // namespace soulfabric::soulseek::wire::file

namespace soulfabric::soulseek::wire {

using InitMessage = std::variant<init::PierceFireWall, init::PeerInit, Unknown>;
using PeerMessage =
    std::variant<peer::SharedFileListRequest, peer::SharedFileListResponse, peer::FileSearchRequest, peer::FileSearchResponse,
                 peer::UserInfoRequest, peer::UserInfoResponse, peer::FolderContentsRequest, peer::FolderContentsResponse,
                 peer::TransferRequest, peer::TransferResponse, peer::UploadPlacehold, peer::QueueUpload, peer::PlaceInQueueResponse,
                 peer::UploadFailed, peer::UploadDenied, peer::PlaceInQueueRequest, peer::UploadQueueNotification, peer::Obsolete, Unknown>;
using DistributedMessage = std::variant<distributed::Ping, distributed::Search, distributed::BranchLevel, distributed::BranchRoot,
                                        distributed::ChildDepth, distributed::EmbeddedMessage, Unknown>;

}  // namespace soulfabric::soulseek::wire
