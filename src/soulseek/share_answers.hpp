// SPDX-License-Identifier: GPL-3.0-or-later
// What peers may ask of us: our share list, one folder, who we are. Network thread only.
#pragma once
#include <functional>

#include "address_rates.hpp"
#include "peer_hub.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::soulseek {

struct Profile {
  std::string description;
  std::optional<std::string> picture;  // image bytes
};

class ShareAnswers {
 public:
  using LoadSource = std::function<UploadLoad()>;
  ShareAnswers(IoContext& context, IoClock& clock, PeerHub& hub, library::Shares& shares, WorkerPool& workers, LoadSource load, Profile profile);
  [[nodiscard]] Task<void> stop();
  void set_profile(Profile profile) { profile_ = std::move(profile); }
  /// True where the message was one of the three questions.
  bool on_message(const PeerMessageIn& message);

 private:
  [[nodiscard]] Task<void> send_list(std::string username);
  [[nodiscard]] Task<void> send_frame(std::string username, Bytes frame);
  [[nodiscard]] Task<void> send_folder(std::string username, wire::peer::FolderContentsRequest request);
  [[nodiscard]] Bytes info_answer() const;

  IoClock& clock_;
  PeerHub& hub_;
  library::Shares& shares_;
  WorkerPool& workers_;
  LoadSource load_;
  Profile profile_;
  AddressRates browses_;
  AddressRates infos_;
  AddressRates folders_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
