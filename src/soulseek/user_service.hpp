// SPDX-License-Identifier: GPL-3.0-or-later
// Questions about other users: info, presence, address, one folder, the whole share list. Network thread only.
#pragma once
#include <filesystem>
#include <map>

#include "browse_store.hpp"
#include "observers.hpp"
#include "peer_hub.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/acquire.hpp"

namespace soulfabric::soulseek {

class UserService final : public Users {
 public:
  /// `folder`: where fetched lists are kept; emptied at start.
  UserService(IoContext& context, IoClock& clock, Random& random, ServerSession& server, PeerHub& hub, guard::CourtesyDesk& desk,
              WorkerPool& workers, Observers& observers, std::filesystem::path folder);
  [[nodiscard]] Task<void> stop();

  [[nodiscard]] Task<Result<UserInfo>> info(std::string username, MonoTime deadline) override;
  [[nodiscard]] Task<Result<UserStatus>> status(std::string username, MonoTime deadline) override;
  [[nodiscard]] Task<Result<Endpoint>> endpoint(std::string username, MonoTime deadline) override;
  [[nodiscard]] Task<Result<std::vector<RemoteFolder>>> folder(std::string username, std::string folder, MonoTime deadline) override;
  [[nodiscard]] Task<Status> browse(std::string username, guard::Origin origin, MonoTime deadline) override;
  void start_browse(const std::string& username, guard::Origin origin) override;
  [[nodiscard]] std::optional<BrowseStatus> browse_status(const std::string& username) const override;
  [[nodiscard]] Task<Result<Page<BrowseFolderEntry>>> browsed_folders(std::string username, std::string parent, std::uint64_t offset, std::uint32_t limit) override;
  [[nodiscard]] Task<Result<Page<RemoteFile>>> browsed_files(std::string username, std::string folder, std::uint64_t offset, std::uint32_t limit) override;
  [[nodiscard]] Task<Result<Page<RemoteFolder>>> browsed_list(std::string username, bool locked, std::uint64_t offset, std::uint32_t limit) override;

  /// True where the message was an answer to one of our questions.
  bool on_message(const PeerMessageIn& message);
  /// The user's last connection ended: what is asked there will not be answered.
  void on_link_closed(const std::string& username);

 private:
  struct Fetch;
  struct InfoQuestion;
  struct FolderQuestion;
  struct InfoAsker;
  struct FolderAsker;
  [[nodiscard]] Task<void> fetch(std::shared_ptr<Fetch> browse, guard::Origin origin);
  [[nodiscard]] Task<Status> receive(std::shared_ptr<Fetch> browse);
  [[nodiscard]] Result<std::shared_ptr<BrowseStore>> store_of(const std::string& username) const;
  std::shared_ptr<Fetch> begin(const std::string& username, guard::Origin origin);
  void forget_old();

  IoClock& clock_;
  Random& random_;
  ServerSession& server_;
  PeerHub& hub_;
  guard::CourtesyDesk& desk_;
  WorkerPool& workers_;
  Observers& observers_;
  std::filesystem::path folder_;
  std::map<std::string, std::shared_ptr<Fetch>> fetches_;
  std::map<std::string, std::shared_ptr<InfoQuestion>> infos_;
  std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<FolderQuestion>> folders_;
  std::uint32_t next_token_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
