// SPDX-License-Identifier: GPL-3.0-or-later
// What peers may ask of us: our share list, one folder, who we are. The list is built once per snapshot on a worker and
// kept for a while only. Network thread only.
#pragma once
#include <functional>
#include <map>

#include "peer_hub.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::soulseek {

struct Profile {
  std::string description;
  std::optional<std::string> picture;  // image bytes
};

class ShareAnswers {
 public:
  using SnapshotSource = std::function<std::shared_ptr<const library::Snapshot>()>;
  using LoadSource = std::function<UploadLoad()>;
  ShareAnswers(IoContext& context, IoClock& clock, WorkerPool& workers, PeerHub& hub, SnapshotSource snapshot, LoadSource load, Profile profile);
  [[nodiscard]] Task<void> stop();
  void set_profile(Profile profile) { profile_ = std::move(profile); }
  /// True where the message was one of the three questions.
  bool on_message(const PeerMessageIn& message);

 private:
  [[nodiscard]] Task<void> send_list(std::string username);
  [[nodiscard]] Task<void> send_frame(std::string username, Bytes frame);
  [[nodiscard]] Task<void> forget_list();
  [[nodiscard]] Task<std::shared_ptr<const Bytes>> list();
  [[nodiscard]] Bytes folder_answer(const wire::peer::FolderContentsRequest& request) const;

  IoClock& clock_;
  WorkerPool& workers_;
  PeerHub& hub_;
  SnapshotSource snapshot_;
  LoadSource load_;
  Profile profile_;
  std::shared_ptr<const library::Snapshot> listed_;  // what list_ shows
  std::shared_ptr<const Bytes> list_;
  MonoTime list_used_{};
  bool building_ = false;
  bool forgetting_ = false;
  Notifier built_;
  std::map<std::string, MonoTime> last_browse_;
  TaskScope scope_;
};

/// The whole frame of a share list for the Soulseek network. Pure; seconds for a million files: call it on a worker.
[[nodiscard]] Result<Bytes> make_share_list(const library::Snapshot& snapshot);

}  // namespace soulfabric::soulseek
