// SPDX-License-Identifier: GPL-3.0-or-later
// Info, presence, address and single folders of other users.
#include "user_service.hpp"

#include <algorithm>

#include "convert.hpp"
#include "user_fetch.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kInlineDecode = 1024 * 1024;
constexpr Duration kRepeat = std::chrono::seconds(5);

}  // namespace

struct UserService::InfoQuestion {
  Notifier changed;
  std::optional<UserInfo> answer;
};

/// One who waits for an info; however it ends, no answer is expected for it any more.
struct UserService::InfoAsker {
  UserService& owner;
  std::string user;
  std::shared_ptr<InfoQuestion> question;
  ~InfoAsker() {
    owner.hub_.expect_info(user, false);
    const auto found = owner.infos_.find(user);
    constexpr long kMapAndSelf = 2;
    if (found != owner.infos_.end() && found->second == question && (question->answer || question.use_count() <= kMapAndSelf)) owner.infos_.erase(found);
  }
};

struct UserService::FolderAsker {
  UserService& owner;
  std::pair<std::string, std::uint32_t> key;
  ~FolderAsker() { owner.folders_.erase(key); }
};

struct UserService::FolderQuestion {
  Notifier changed;
  std::optional<std::vector<RemoteFolder>> answer;
};

UserService::UserService(IoContext& context, IoClock& clock, Random& random, ServerSession& server, PeerHub& hub, guard::CourtesyDesk& desk,
                         WorkerPool& workers, Observers& observers, std::filesystem::path folder)
    : clock_(clock),
      random_(random),
      server_(server),
      hub_(hub),
      desk_(desk),
      workers_(workers),
      observers_(observers),
      folder_(std::move(folder)),
      next_token_(static_cast<std::uint32_t>(random.below(UINT32_MAX / 1000))),
      scope_(context, "users") {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  std::filesystem::create_directories(folder_, ignored);
}

Task<Result<UserInfo>> UserService::info(std::string username, MonoTime deadline) {
  guard::ActRequest act;
  auto permit = desk_.guard().try_permit<guard::SoulseekUserInfo>(act);
  if (!permit) co_return std::unexpected(permit.error());
  permit->spend();
  auto& entry = infos_[username];
  if (!entry) entry = std::make_shared<InfoQuestion>();
  hub_.expect_info(username, true);
  const InfoAsker asker{*this, username, entry};
  InfoQuestion* const question = asker.question.get();
  const auto sent = co_await hub_.send(username, wire::encode(wire::peer::UserInfoRequest{}), deadline);
  while (sent && !question->answer && clock_.now() < deadline) co_await question->changed.wait(clock_, deadline);
  if (question->answer) co_return *question->answer;
  if (!sent) co_return std::unexpected(sent.error());
  co_return fail(Errc::TimedOut, "the user did not answer in time");
}

Task<Result<UserStatus>> UserService::status(std::string username, MonoTime deadline) {
  auto answer = co_await server_.ask_status(std::move(username), deadline);
  co_return answer;
}

Task<Result<Endpoint>> UserService::endpoint(std::string username, MonoTime deadline) {
  auto answer = co_await server_.address_of(std::move(username), deadline);
  co_return answer;
}

Task<Result<std::vector<RemoteFolder>>> UserService::folder(std::string username, std::string folder, MonoTime deadline) {
  guard::ActRequest act;
  auto permit = desk_.guard().try_permit<guard::SoulseekFolder>(act);
  if (!permit) co_return std::unexpected(permit.error());
  permit->spend();
  const auto question = std::make_shared<FolderQuestion>();
  const std::pair key(username, ++next_token_);
  folders_[key] = question;
  const FolderAsker asker{*this, key};
  const Bytes request = wire::encode(wire::peer::FolderContentsRequest{key.second, folder});
  Status sent;
  // Answers get lost when two connections cross: asked once more after a while (baseline note, section 7).
  for (int tries = 0; tries < 2 && sent && !question->answer && clock_.now() < deadline; ++tries) {
    sent = co_await hub_.send(username, request, deadline);
    const auto until = tries == 0 ? std::min(deadline, clock_.now() + kRepeat) : deadline;
    while (sent && !question->answer && clock_.now() < until) co_await question->changed.wait(clock_, until);
  }
  if (question->answer) co_return std::move(*question->answer);
  if (!sent) co_return std::unexpected(sent.error());
  co_return fail(Errc::TimedOut, "the user did not answer in time");
}

bool UserService::on_message(const PeerMessageIn& message) {
  if (message.code == wire::peer::UserInfoResponse::kCode) {
    const auto found = infos_.find(message.username);
    const auto decoded = wire::decode_peer(message.code, message.body);
    const auto* answer = decoded ? std::get_if<wire::peer::UserInfoResponse>(&*decoded) : nullptr;
    if (found == infos_.end() || answer == nullptr) return true;
    UserInfo info;
    info.description = answer->description;
    if (answer->picture) info.picture.emplace(answer->picture->begin(), answer->picture->end());
    info.upload_slots = answer->upload_slots;
    info.queue_length = answer->queue_size;
    info.has_free_upload_slot = answer->slot_free;
    found->second->answer = std::move(info);
    found->second->changed.notify_all();
    return true;
  }
  if (message.code == wire::peer::FolderContentsResponse::kCode) {
    const bool asked = std::any_of(folders_.begin(), folders_.end(), [&](const auto& entry) { return entry.first.first == message.username; });
    if (!asked || message.body.size() > kInlineDecode) return true;
    const auto decoded = wire::decode_peer(message.code, message.body);
    const auto* answer = decoded ? std::get_if<wire::peer::FolderContentsResponse>(&*decoded) : nullptr;
    if (answer == nullptr) return true;
    const auto found = folders_.find({message.username, answer->token});
    if (found == folders_.end()) return true;
    std::vector<RemoteFolder> folders;
    for (const auto& folder : answer->folders) {
      RemoteFolder& out = folders.emplace_back();
      out.path = folder.folder;
      for (const auto& file : folder.files) out.files.push_back(to_remote(file));
    }
    found->second->answer = std::move(folders);
    found->second->changed.notify_all();
    return true;
  }
  return false;
}

}  // namespace soulfabric::soulseek
