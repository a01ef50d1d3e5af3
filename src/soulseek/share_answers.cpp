// SPDX-License-Identifier: GPL-3.0-or-later
// Answers to browse, folder and user info requests.
#include "share_answers.hpp"

#include "convert.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr Duration kAnswerWithin = std::chrono::seconds(60);
constexpr Duration kBrowseGap = std::chrono::milliseconds(400);  // one browse of a user per gap (protocol note, section 16)
constexpr std::size_t kMaxRemembered = 4096;

}  // namespace

ShareAnswers::ShareAnswers(IoContext& context, IoClock& clock, PeerHub& hub, library::Shares& shares, LoadSource load, Profile profile)
    : clock_(clock), hub_(hub), shares_(shares), load_(std::move(load)), profile_(std::move(profile)), scope_(context, "share answers", 256) {}

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
  const auto snapshot = shares_.snapshot();
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
  auto list = co_await shares_.shared_list(library::kSoulseekNetwork);
  if (list) co_await hub_.send_list(std::move(username), std::move(*list), clock_.now() + kAnswerWithin);
}

}  // namespace soulfabric::soulseek
