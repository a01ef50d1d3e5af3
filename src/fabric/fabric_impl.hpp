// SPDX-License-Identifier: GPL-3.0-or-later
// Router, client and directory as one. Network thread only.
#pragma once
#include <functional>
#include <memory>

#include "client.hpp"
#include "directory_service.hpp"
#include "router.hpp"

namespace soulfabric::fabric {

/// Makes the directory once the source that it asks exists.
using DirectoryFactory = std::function<std::unique_ptr<Directory>(DescriptorSource&)>;

class FabricImpl final : public Fabric {
 public:
  FabricImpl(FabricDependencies dependencies, RouterSettings settings, const DirectoryFactory& make);
  FabricImpl(const FabricImpl&) = delete;
  FabricImpl& operator=(const FabricImpl&) = delete;
  ~FabricImpl() override;

  [[nodiscard]] Status add(MeshService& service) override;
  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const RouterSettings& settings) override;
  [[nodiscard]] Task<Result<CallOutcome>> call(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                               CallOptions options) override;
  [[nodiscard]] Task<Result<mesh::StreamPtr>> open(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                                   CallOptions options) override;
  [[nodiscard]] Task<Result<Metadata>> metadata(guard::Permit<guard::MeshCall> permit, Provider provider, MonoTime deadline) override;
  [[nodiscard]] Task<Result<std::vector<Provider>>> find(guard::Origin origin, std::string service, MonoTime deadline) override;
  [[nodiscard]] std::vector<Local> services() const override;
  [[nodiscard]] Directory& directory() override { return *directory_; }

 private:
  [[nodiscard]] Task<Result<std::vector<PeerId>>> targets(guard::Origin origin, std::string service, std::optional<PeerId> to,
                                                          MonoTime deadline);
  [[nodiscard]] Task<Result<CallOutcome>> try_each(guard::Permit<guard::MeshCall> permit, std::vector<PeerId> targets,
                                                   const Question& question, bool idempotent, MonoTime deadline);
  struct Race {
    std::optional<PeerId> winner;
    Notifier changed;
  };
  [[nodiscard]] Task<std::vector<PeerId>> first_reached(guard::Origin origin, std::vector<PeerId> peers, MonoTime deadline);
  [[nodiscard]] Task<void> reach(Race& race, PeerId peer, guard::Origin origin, MonoTime deadline);
  [[nodiscard]] Task<void> race_won(Race& race, MonoTime deadline);
  [[nodiscard]] Result<guard::Permit<guard::MeshCall>> permit_like(guard::Origin origin, const guard::Subject& subject);
  void offer();

  FabricDependencies deps_;
  Router router_;
  CallClient client_;
  CallSource source_;
  DirectoryService directory_service_;
  std::unique_ptr<Directory> directory_;
  std::set<std::string> unannounced_;
  bool started_ = false;
};

}  // namespace soulfabric::fabric
