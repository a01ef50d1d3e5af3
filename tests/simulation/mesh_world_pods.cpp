// SPDX-License-Identifier: GPL-3.0-or-later
// The pod that some of the hundred nodes keep.
#include "simulation/mesh_world.hpp"

namespace soulfabric::testing {
namespace {

using services::PodVisibility;
constexpr auto kUser = guard::Origin::UserLocal;
constexpr Duration kPatience = std::chrono::seconds(15);

Task<void> found(SimNode& node, std::string& pod, std::size_t& failures) {
  const auto made = co_await node.pods().create("the hundred", PodVisibility::Visible, false, true);
  if (made) pod = made->id;
  if (!made) ++failures;
}

Task<void> join(SimNode& node, std::string pod, PeerId host, MonoTime deadline, std::size_t& failures) {
  const auto joined = co_await node.pods().join(pod, host, kUser, deadline);
  if (!joined) ++failures;
}

Task<void> say(SimNode& node, std::string pod, std::string body, MonoTime deadline, std::size_t& failures) {
  const auto said = co_await node.pods().post(pod, body, kUser, deadline);
  if (!said) ++failures;
}

Task<void> read(SimNode& node, std::string pod, std::set<std::string>& bodies, std::size_t& failures) {
  const auto page = co_await node.pods().messages(pod, std::nullopt, 100);
  if (!page) ++failures;
  if (!page) co_return;
  for (const auto& message : *page) bodies.insert(message.body);
}

}  // namespace

void MeshWorld::found_pod() { nodes[0]->act("found", found(*nodes[0], pod_, failed_acts)); }

void MeshWorld::join_pod(std::size_t index) {
  nodes[index]->act("join", join(*nodes[index], pod_, nodes[0]->id(), clock_.now() + kPatience, failed_acts));
}

void MeshWorld::post(std::size_t index, std::string body) {
  nodes[index]->act("post", say(*nodes[index], pod_, std::move(body), clock_.now() + kPatience, failed_acts));
}

void MeshWorld::read_pod(std::size_t index, std::set<std::string>& bodies) {
  nodes[index]->act("read", read(*nodes[index], pod_, bodies, failed_acts));
}

}  // namespace soulfabric::testing
