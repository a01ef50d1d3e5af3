// SPDX-License-Identifier: GPL-3.0-or-later
// Pods at work: the book of core with a database, a fabric and a clock around it. Network thread only.
#pragma once
#include "core/pod_agenda.hpp"
#include "pod_service.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/services/pods.hpp"

namespace soulfabric::services {

class PodsAtWork final : public Pods {
 public:
  PodsAtWork(PodDependencies dependencies, const PodSettings& settings);

  [[nodiscard]] fabric::MeshService& service() override { return service_; }
  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  [[nodiscard]] Task<Result<Pod>> create(std::string name, PodVisibility visibility, bool approval, bool keep) override;
  [[nodiscard]] std::vector<Pod> list() const override;
  [[nodiscard]] Task<Result<std::vector<Pod>>> list_of(PeerId peer, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] Task<Result<Pod>> join(std::string pod, PeerId host, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] Task<Status> leave(std::string pod, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] Task<Status> set_member(std::string pod, PeerId member, PodRole role, MemberState state) override;
  [[nodiscard]] Task<Result<PodMessage>> post(std::string pod, std::string body, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] Task<Status> remove_message(std::string pod, std::string message) override;
  [[nodiscard]] Task<Result<std::vector<PodMessage>>> messages(std::string pod, std::optional<WallTime> before, std::size_t limit) override;
  void mark_read(const std::string& pod) override;
  void on_change(std::function<void(const std::string& pod)> callback) override { callbacks_.push_back(std::move(callback)); }
  void configure(const PodSettings& settings) override;

 private:
  // what our user asks
  [[nodiscard]] Status usable() const;
  [[nodiscard]] Pod shown(const PodRecord& record) const;
  [[nodiscard]] Task<Status> perform(std::string pod, PodAct act);
  /// False: it waits for the host.
  [[nodiscard]] Task<Result<bool>> deliver_or_queue(std::string pod, PeerId host, std::variant<SignedMessage, PodAct> what,
                                                    guard::Origin origin, MonoTime deadline);
  // errands
  [[nodiscard]] Task<void> work();
  [[nodiscard]] Task<void> run(ErrandKey key);
  [[nodiscard]] Task<std::optional<MonoTime>> sync(ErrandKey key);
  [[nodiscard]] Task<std::optional<MonoTime>> push(ErrandKey key);
  [[nodiscard]] Task<Status> fetch(std::string pod, PeerId from);
  /// What the host says we are, where it does not let us read.
  [[nodiscard]] Task<Status> ask_state(std::string pod, PeerId host);
  [[nodiscard]] Task<Status> deliver_waiting(std::string pod, PeerId host);
  [[nodiscard]] Task<Status> deliver(std::uint64_t number, guard::Origin origin, MonoTime deadline);
  [[nodiscard]] Task<Result<Bytes>> ask(PeerId to, std::string method, Bytes payload, guard::Origin origin, MonoTime deadline);
  [[nodiscard]] MonoTime retry_at(const ErrandKey& key, const Status& outcome);
  void ask_members(const PodRecord& record);
  void linked(const PeerId& peer, bool up);
  void add(Errand kind, const std::string& pod, const PeerId& peer, Duration wait = {});
  /// Stores, shows and plans what the book says.
  void settle();

  PodDependencies with_;
  PodBook book_;
  PodService service_;
  PodAgenda agenda_;
  TaskScope scope_;
  Notifier wake_;
  std::vector<std::function<void(const std::string&)>> callbacks_;
  struct Pushed {
    std::uint64_t seq = 0;
    std::uint64_t roster = 0;
  };
  std::map<std::pair<std::string, PeerId>, Pushed> pushed_;  // while linked
  std::map<ErrandKey, unsigned> failures_;
  MonoTime next_prune_{};
  std::shared_ptr<const int> alive_ = std::make_shared<const int>(0);  // the links may outlive us
};

}  // namespace soulfabric::services
