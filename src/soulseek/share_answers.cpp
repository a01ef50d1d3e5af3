// SPDX-License-Identifier: GPL-3.0-or-later
// Answers to browse, folder and user info requests.
#include "share_answers.hpp"

#include "convert.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr Duration kAnswerWithin = std::chrono::seconds(60);
// Per address. Browse: protocol note, section 16. Folders: clients ask for every folder of a tree at once.
constexpr std::uint64_t kBrowseBurst = 5;
constexpr Duration kBrowseGap = std::chrono::milliseconds(400);
constexpr std::uint64_t kInfoBurst = 10;
constexpr Duration kInfoGap = std::chrono::seconds(1);
constexpr std::uint64_t kFolderBurst = 300;
constexpr Duration kFolderGap = std::chrono::milliseconds(100);
constexpr std::size_t kMaxPending = 256;  // answers that are made or wait for a connection

Bytes folder_answer(const library::Snapshot& snapshot, const wire::peer::FolderContentsRequest& request) {
  wire::peer::FolderContentsResponse answer;
  answer.token = request.token;
  answer.folder = request.folder;
  if (const auto id = snapshot.find_folder(request.folder)) {
    wire::Folder folder;
    folder.folder = std::string(snapshot.folder(*id).path);
    snapshot.for_each_file(*id, library::kSoulseekNetwork,
                           [&](const library::FileEntry& entry) { folder.files.push_back(to_wire(entry, std::string(entry.leaf))); });
    answer.folders.push_back(std::move(folder));
  }
  return wire::encode(answer);
}

}  // namespace

ShareAnswers::ShareAnswers(IoContext& context, IoClock& clock, PeerHub& hub, library::Shares& shares, WorkerPool& workers, LoadSource load, Profile profile)
    : clock_(clock),
      hub_(hub),
      shares_(shares),
      workers_(workers),
      load_(std::move(load)),
      profile_(std::move(profile)),
      browses_(kBrowseBurst, 1, kBrowseGap),
      infos_(kInfoBurst, 1, kInfoGap),
      folders_(kFolderBurst, 1, kFolderGap),
      scope_(context, "share answers", kMaxPending) {}

Task<void> ShareAnswers::stop() { co_await scope_.close(); }

bool ShareAnswers::on_message(const PeerMessageIn& message) {
  const auto now = clock_.now();
  switch (message.code) {
    case wire::peer::SharedFileListRequest::kCode:
      if (browses_.take(message.remote.address, now)) scope_.spawn("list", send_list(message.username));
      return true;
    case wire::peer::UserInfoRequest::kCode:
      if (infos_.take(message.remote.address, now)) scope_.spawn("info", send_frame(message.username, info_answer()));
      return true;
    case wire::peer::FolderContentsRequest::kCode: {
      if (!folders_.take(message.remote.address, now)) return true;
      auto decoded = wire::decode_peer(message.code, message.body);
      auto* request = decoded ? std::get_if<wire::peer::FolderContentsRequest>(&*decoded) : nullptr;
      if (request != nullptr) scope_.spawn("folder", send_folder(message.username, std::move(*request)));
      return true;
    }
    default: return false;
  }
}

Bytes ShareAnswers::info_answer() const {
  const UploadLoad load = load_();
  wire::peer::UserInfoResponse info;
  info.description = profile_.description;
  info.picture = profile_.picture;
  info.upload_slots = load.slots;
  info.queue_size = load.queued;
  info.slot_free = load.used < load.slots;
  constexpr std::uint32_t kEveryone = 1;
  info.upload_permission = kEveryone;
  return wire::encode(info);
}

Task<void> ShareAnswers::send_folder(std::string username, wire::peer::FolderContentsRequest request) {
  auto snapshot = shares_.snapshot();
  auto frame = co_await workers_.run([snapshot, request] { return folder_answer(*snapshot, request); });
  co_await send_frame(std::move(username), std::move(frame));
}

Task<void> ShareAnswers::send_frame(std::string username, Bytes frame) {
  co_await hub_.send(std::move(username), std::move(frame), clock_.now() + kAnswerWithin);
}

Task<void> ShareAnswers::send_list(std::string username) {
  auto list = co_await shares_.shared_list(library::kSoulseekNetwork);
  if (list) co_await hub_.send_list(std::move(username), std::move(*list), clock_.now() + kAnswerWithin);
}

}  // namespace soulfabric::soulseek
