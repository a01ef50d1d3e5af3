// SPDX-License-Identifier: GPL-3.0-or-later
// The field lists of what peers send to each other; of compressed messages, the fields after inflation.
#pragma once
#include "wire/peer_messages.hpp"
#include "wire/primitives.hpp"

namespace soulfabric::soulseek::wire {

template <class Io, Like<FileAttribute> M>
void fields(Io& io, M& m) {
  io("type", m.type);
  io("value", m.value);
}
template <class Io, Like<FileEntry> M>
void fields(Io& io, M& m) {
  io("code", m.code);
  io("name", m.name);
  io.size("size", m.size);
  io("extension", m.extension);
  io("attributes", m.attributes);
}
template <class Io, Like<Folder> M>
void fields(Io& io, M& m) {
  io("folder", m.folder);
  io("files", m.files);
}

template <class Io, Like<init::PierceFireWall> M>
void fields(Io& io, M& m) {
  io("token", m.token);
}
template <class Io, Like<init::PeerInit> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("type", m.type);
  io.trailing("token", m.token);
}

template <class Io, OneOf<peer::UserInfoRequest, peer::UploadQueueNotification> M>
void fields(Io& /*io*/, M& /*m*/) {}
template <class Io, Like<peer::SharedFileListRequest> M>
void fields(Io& io, M& m) {
  io("token", m.token);
}
template <class Io, Like<peer::SharedFileListResponse> M>
void fields(Io& io, M& m) {
  io("folders", m.folders);
  io("unknown", m.unknown);
  io("private_folders", m.private_folders);
}
template <class Io, Like<peer::FileSearchRequest> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("query", m.query);
}
template <class Io, Like<peer::FileSearchResponse> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("files", m.files);
  io("free_slot", m.free_slot);
  io("avg_speed", m.avg_speed);
  io("queue_length", m.queue_length);
  io("unknown", m.unknown);
  io("private_files", m.private_files);
}
template <class Io, Like<peer::UserInfoResponse> M>
void fields(Io& io, M& m) {
  io("description", m.description);
  bool has_picture = m.picture.has_value();
  io("has_picture", has_picture);
  if constexpr (Io::kReading) {
    if (has_picture) io.blob("picture_hex", m.picture.emplace());
  } else if (has_picture) {
    io.blob("picture_hex", *m.picture);
  }
  io("upload_slots", m.upload_slots);
  io("queue_size", m.queue_size);
  io("slot_free", m.slot_free);
  io("upload_permission", m.upload_permission);
}
template <class Io, Like<peer::FolderContentsRequest> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("folder", m.folder);
}
template <class Io, Like<peer::FolderContentsResponse> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("folder", m.folder);
  io("folders", m.folders);
}
template <class Io, Like<peer::TransferRequest> M>
void fields(Io& io, M& m) {
  io("direction", m.direction);
  io("token", m.token);
  io("path", m.path);
  if (m.direction == peer::TransferDirection::Upload) io.size("size", m.size);
}
template <class Io, Like<peer::TransferResponse> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("allowed", m.allowed);
  if (m.allowed) {
    io("size", m.size);
  } else {
    io("reason", m.reason);
  }
}
template <class Io, OneOf<peer::UploadPlacehold, peer::QueueUpload, peer::UploadFailed, peer::PlaceInQueueRequest> M>
void fields(Io& io, M& m) {
  io("path", m.path);
}
template <class Io, Like<peer::PlaceInQueueResponse> M>
void fields(Io& io, M& m) {
  io("path", m.path);
  io("place", m.place);
}
template <class Io, Like<peer::UploadDenied> M>
void fields(Io& io, M& m) {
  io("path", m.path);
  io("reason", m.reason);
}

template <class Io, Like<distributed::Ping> M>
void fields(Io& /*io*/, M& /*m*/) {}
template <class Io, Like<distributed::Search> M>
void fields(Io& io, M& m) {
  io("identifier", m.identifier);
  io("user", m.user);
  io("token", m.token);
  io("query", m.query);
}
template <class Io, Like<distributed::BranchLevel> M>
void fields(Io& io, M& m) {
  io("level", m.level);
}
template <class Io, Like<distributed::BranchRoot> M>
void fields(Io& io, M& m) {
  io("root", m.root);
}
template <class Io, Like<distributed::ChildDepth> M>
void fields(Io& io, M& m) {
  io("depth", m.depth);
}
template <class Io, Like<distributed::EmbeddedMessage> M>
void fields(Io& io, M& m) {
  io("distrib_code", m.distrib_code);
  io.rest("body_hex", m.body);
}

}  // namespace soulfabric::soulseek::wire
