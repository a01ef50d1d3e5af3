// SPDX-License-Identifier: GPL-3.0-or-later
// A fabric that routes calls in memory between nodes of one process, and links that the test makes and breaks.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "soulfabric/fabric/fabric.hpp"

namespace soulfabric::testing {

class FakeFabric;

/// Who can reach whom. Everybody can, unless away.
struct FakeMesh {
  IoClock& clock;
  std::map<PeerId, FakeFabric*> nodes{};
  std::set<PeerId> away{};
  std::set<std::pair<PeerId, PeerId>> links{};  // both ways
  struct Call {
    PeerId from;
    PeerId to;
    std::string method;
    guard::Origin origin;
  };
  std::vector<Call> calls{};
  [[nodiscard]] bool reach(const PeerId& a, const PeerId& b) const { return nodes.contains(b) && !away.contains(a) && !away.contains(b); }
  void link(const PeerId& a, const PeerId& b);
  void unlink(const PeerId& a, const PeerId& b);
  /// Gone from the mesh with all its links; back without any.
  void leave(const PeerId& node);
  void come_back(const PeerId& node) { away.erase(node); }
};

class FakeMeshLinks final : public mesh::Links {
 public:
  FakeMeshLinks(FakeMesh& mesh, PeerId self) : mesh_(mesh), self_(self) {}
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  PeerId self() const override { return self_; }
  std::optional<Endpoint> listening() const override { return std::nullopt; }
  Task<Result<mesh::StreamPtr>> open(PeerId, mesh::Protocol, guard::Origin, MonoTime) override {
    co_return fail(Errc::Unsupported, "these links carry calls only");
  }
  Task<Status> connect(PeerId peer, guard::Origin, MonoTime) override {
    if (!mesh_.reach(self_, peer)) co_return fail(Errc::Offline, "the peer is away");
    mesh_.link(self_, peer);
    co_return Status{};
  }
  Task<Status> dial(PeerId, Endpoint, MonoTime) override { co_return fail(Errc::Unsupported, "there are no endpoints here"); }
  void drop(const PeerId& peer) override { mesh_.unlink(self_, peer); }
  void on_stream(mesh::Protocol, StreamHandler) override {}
  void on_link(std::function<void(const PeerId&, bool)> callback) override { listeners_.push_back(std::move(callback)); }
  bool is_linked(const PeerId& peer) const override { return mesh_.links.contains({self_, peer}); }
  std::optional<mesh::LinkInfo> link(const PeerId& peer) const override {
    if (!is_linked(peer)) return std::nullopt;
    mesh::LinkInfo info;
    info.peer = peer;
    return info;
  }
  std::vector<mesh::LinkInfo> links() const override {
    std::vector<mesh::LinkInfo> out;
    for (const auto& [a, b] : mesh_.links) {
      if (a == self_) out.push_back(*link(b));
    }
    return out;
  }
  mesh::LinkMetrics metrics() const override { return {}; }
  void configure(const mesh::LinkSettings&) override {}
  void tell(const PeerId& peer, bool up) {
    for (const auto& listener : listeners_) listener(peer, up);
  }
  void forget_listeners() { listeners_.clear(); }

 private:
  FakeMesh& mesh_;
  PeerId self_;
  std::vector<std::function<void(const PeerId&, bool)>> listeners_;
};

/// One node's fabric. A call to an unlinked peer that can be reached makes a link, as the real one does.
class FakeFabric final : public fabric::Fabric {
 public:
  FakeFabric(FakeMesh& mesh, PeerId self, guard::Guard& guard) : links(mesh, self), mesh_(mesh), self_(self), guard_(guard) { mesh_.nodes[self] = this; }
  ~FakeFabric() override { mesh_.nodes.erase(self_); }
  FakeFabric(const FakeFabric&) = delete;
  FakeFabric& operator=(const FakeFabric&) = delete;

  Status add(fabric::MeshService& service) override {
    if (!services_.emplace(service.info().name, &service).second) return fail(Errc::Conflict, "the name is taken");
    return {};
  }
  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void configure(const fabric::RouterSettings& settings) override { settings_ = settings; }
  Task<Result<fabric::CallOutcome>> call(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                         fabric::CallOptions options) override {
    const auto to = options.to;
    if (!to || !mesh_.reach(self_, *to)) co_return fail(Errc::Offline, "the peer is away");
    permit.spend();
    mesh_.calls.push_back({self_, *to, method, permit.origin()});
    mesh_.link(self_, *to);
    auto outcome = co_await mesh_.nodes.at(*to)->answer(self_, std::move(service), std::move(method), std::move(payload));
    co_return outcome;
  }
  Task<Result<mesh::StreamPtr>> open(guard::Permit<guard::MeshCall>, std::string, std::string, Bytes, fabric::CallOptions) override {
    co_return fail(Errc::Unsupported, "there are no streams here");
  }
  Task<Result<Metadata>> metadata(guard::Permit<guard::MeshCall>, fabric::Provider, MonoTime) override {
    co_return fail(Errc::Unsupported, "there is no metadata here");
  }
  Task<Result<std::vector<fabric::Provider>>> find(guard::Origin, std::string, MonoTime) override { co_return std::vector<fabric::Provider>{}; }
  std::vector<Local> services() const override {
    std::vector<Local> out;
    for (const auto& [name, service] : services_) out.push_back({service->info(), settings_.exposed.contains(name), {}});
    return out;
  }
  fabric::Directory& directory() override { std::abort(); }

  /// A call as it comes in from outside; the test may be the caller.
  Task<Result<fabric::CallOutcome>> answer(PeerId caller, std::string service, std::string method, Bytes payload) {
    const auto at = services_.find(service);
    fabric::CallOutcome outcome;
    outcome.provider = self_;
    outcome.status = fabric::CallStatus::ServiceNotFound;
    if (at == services_.end()) co_return outcome;
    const auto& methods = at->second->info().methods;
    const auto known = std::ranges::find(methods, method, &fabric::MethodInfo::name);
    outcome.status = known == methods.end() ? fabric::CallStatus::MethodNotFound : fabric::CallStatus::PayloadTooLarge;
    if (known == methods.end() || payload.size() > known->request_cap) co_return outcome;
    auto budget = guard_.begin_call(guard::Subject::peer(caller.text()), IpAddress{}, 10);
    if (!budget) co_return std::unexpected(budget.error());
    fabric::CallContext context{caller, *budget, mesh_.clock.now() + std::chrono::seconds(10), false};
    auto reply = co_await at->second->call(context, method, payload);
    outcome.status = reply.payload.size() > known->reply_cap ? fabric::CallStatus::Internal : reply.status;
    outcome.payload = std::move(reply.payload);
    co_return outcome;
  }

  FakeMeshLinks links;

 private:
  FakeMesh& mesh_;
  PeerId self_;
  guard::Guard& guard_;
  fabric::RouterSettings settings_;
  std::map<std::string, fabric::MeshService*> services_;
};

inline void FakeMesh::link(const PeerId& a, const PeerId& b) {
  if (!reach(a, b) || !reach(b, a) || !links.emplace(a, b).second) return;
  links.emplace(b, a);
  nodes.at(a)->links.tell(b, true);
  nodes.at(b)->links.tell(a, true);
}

inline void FakeMesh::unlink(const PeerId& a, const PeerId& b) {
  if (links.erase({a, b}) == 0) return;
  links.erase({b, a});
  if (nodes.contains(a)) nodes.at(a)->links.tell(b, false);
  if (nodes.contains(b)) nodes.at(b)->links.tell(a, false);
}

inline void FakeMesh::leave(const PeerId& node) {
  away.insert(node);
  const auto present = links;
  for (const auto& [a, b] : present) {
    if (a == node) unlink(a, b);
  }
}

}  // namespace soulfabric::testing
