// SPDX-License-Identifier: GPL-3.0-or-later
// Answers to browse, folder and user info requests.
#include "share_answers.hpp"

#include "convert.hpp"
#include "wire/browse_stream.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr Duration kAnswerWithin = std::chrono::seconds(60);
constexpr Duration kBrowseGap = std::chrono::milliseconds(400);  // one browse of a user per gap (protocol note, section 16)
constexpr Duration kKeepList = std::chrono::minutes(2);
constexpr std::size_t kMaxRemembered = 4096;

}  // namespace

Result<Bytes> make_share_list(const library::Snapshot& snapshot) {
  wire::BrowseWriter writer(snapshot.visible_folder_count(library::kSoulseekNetwork));
  for (std::uint32_t i = 0; i < snapshot.folder_count(); ++i) {
    const auto folder = snapshot.folder(library::FolderId{i});
    std::uint32_t files = 0;
    snapshot.for_each_file(folder.id, library::kSoulseekNetwork, [&](const library::FileEntry&) { ++files; });
    if (files == 0) continue;
    writer.folder(folder.path, files);
    snapshot.for_each_file(folder.id, library::kSoulseekNetwork, [&](const library::FileEntry& entry) {
      const auto file = to_wire(entry, {});
      writer.file({entry.leaf, entry.size, {}, file.attributes});
    });
  }
  return writer.finish();
}

ShareAnswers::ShareAnswers(IoContext& context, IoClock& clock, WorkerPool& workers, PeerHub& hub, SnapshotSource snapshot, LoadSource load, Profile profile)
    : clock_(clock), workers_(workers), hub_(hub), snapshot_(std::move(snapshot)), load_(std::move(load)), profile_(std::move(profile)), scope_(context, "share answers", 256) {}

Task<void> ShareAnswers::stop() { co_await scope_.close(); }

bool ShareAnswers::on_message(const PeerMessageIn& message) {
  switch (message.code) {
    case wire::peer::SharedFileListRequest::kCode: {
      if (last_browse_.size() > kMaxRemembered) last_browse_.clear();
      auto [last, fresh] = last_browse_.try_emplace(message.username, clock_.now());
      if (!fresh && clock_.now() - last->second < kBrowseGap) return true;
      last->second = clock_.now();
      scope_.spawn("list", send_list(message.username));
      return true;
    }
    case wire::peer::UserInfoRequest::kCode: {
      const UploadLoad load = load_();
      wire::peer::UserInfoResponse info;
      info.description = profile_.description;
      info.picture = profile_.picture;
      info.upload_slots = load.slots;
      info.queue_size = load.queued;
      info.slot_free = load.used < load.slots;
      constexpr std::uint32_t kEveryone = 1;
      info.upload_permission = kEveryone;
      scope_.spawn("info", send_frame(message.username, wire::encode(info)));
      return true;
    }
    case wire::peer::FolderContentsRequest::kCode: {
      const auto decoded = wire::decode_peer(message.code, message.body);
      if (!decoded) return true;
      if (const auto* request = std::get_if<wire::peer::FolderContentsRequest>(&*decoded)) {
        scope_.spawn("folder", send_frame(message.username, folder_answer(*request)));
      }
      return true;
    }
    default: return false;
  }
}

Bytes ShareAnswers::folder_answer(const wire::peer::FolderContentsRequest& request) const {
  wire::peer::FolderContentsResponse answer;
  answer.token = request.token;
  answer.folder = request.folder;
  const auto snapshot = snapshot_();
  if (const auto id = snapshot->find_folder(request.folder)) {
    wire::Folder folder;
    folder.folder = std::string(snapshot->folder(*id).path);
    snapshot->for_each_file(*id, library::kSoulseekNetwork, [&](const library::FileEntry& entry) { folder.files.push_back(to_wire(entry, std::string(entry.leaf))); });
    answer.folders.push_back(std::move(folder));
  }
  return wire::encode(answer);
}

Task<void> ShareAnswers::send_frame(std::string username, Bytes frame) {
  co_await hub_.send(std::move(username), std::move(frame), clock_.now() + kAnswerWithin);
}

Task<void> ShareAnswers::send_list(std::string username) {
  const auto frame = co_await list();
  if (frame) co_await hub_.send_shared(std::move(username), frame, clock_.now() + kAnswerWithin);
}

Task<std::shared_ptr<const Bytes>> ShareAnswers::list() {
  const auto wanted = snapshot_();
  while (building_) co_await built_.wait(clock_, kNever);
  if (listed_ != wanted || !list_) {
    building_ = true;
    auto made = co_await workers_.run([wanted] { return make_share_list(*wanted); });
    building_ = false;
    list_ = made ? std::make_shared<const Bytes>(std::move(*made)) : nullptr;
    listed_ = wanted;
    built_.notify_all();
  }
  list_used_ = clock_.now();
  if (!forgetting_) forgetting_ = scope_.spawn("forget", forget_list());
  co_return list_;
}

Task<void> ShareAnswers::forget_list() {
  while (clock_.now() - list_used_ < kKeepList) co_await clock_.sleep_until(list_used_ + kKeepList);
  list_.reset();
  listed_.reset();
  forgetting_ = false;
}

}  // namespace soulfabric::soulseek
