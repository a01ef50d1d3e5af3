// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP client, verified copies and catalogue of this program, and the way to the relays that come and go with the mesh.
// Network thread only.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mesh_relays.hpp"
#include "soulfabric/gateway/gateway.hpp"

namespace soulfabric::daemon {

/// All outlive the house.
struct RelayHouseDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  FileLayer& files;
  guard::Guard& guard;
  net::Dialer& dialer;
  library::Shares& shares;
  std::filesystem::path app_dir;
  std::string stand_in;  // a demo's own catalogue; empty: none
};

class RelayHouse final : public gateway::RelayControl, private relay::GatewayDoor {
 public:
  /// Blocking for a moment: identity and secret are read or made.
  [[nodiscard]] static Result<std::unique_ptr<RelayHouse>> make(RelayHouseDependencies dependencies, const Options& options);
  /// After the shares have started.
  [[nodiscard]] Task<Status> start();
  [[nodiscard]] Task<void> stop();
  void configure(const Options& options);

  [[nodiscard]] RelayBase& base() { return *base_; }
  /// Who knows the relays of the mesh that runs now; nothing while there is none.
  void follow_mesh(std::function<MeshRelays*()> present) { present_ = std::move(present); }
  void lead_to(gateway::Gateway& gateway) { gateway_ = &gateway; }
  void changed();

  [[nodiscard]] Parts parts() override;
  void on_change(std::function<void()> callback) override { listeners_.push_back(std::move(callback)); }

 private:
  explicit RelayHouse(RelayHouseDependencies dependencies) : deps_(std::move(dependencies)) {}
  [[nodiscard]] Status join(int descriptor) override;
  [[nodiscard]] std::vector<std::uint16_t> web_ports() const;

  RelayHouseDependencies deps_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<library::VerifiedCopies> copies_;
  std::unique_ptr<relay::Catalogue> catalogue_;
  std::unique_ptr<RelayBase> base_;
  std::function<MeshRelays*()> present_;
  gateway::Gateway* gateway_ = nullptr;
  std::vector<std::function<void()>> listeners_;
  bool started_ = false;
  bool copies_started_ = false;
};

}  // namespace soulfabric::daemon
