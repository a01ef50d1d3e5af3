// SPDX-License-Identifier: GPL-3.0-or-later
// Pods over what they run on: TLS links on loopback, the router and the client.
#include <gmock/gmock.h>

#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/services/pods.hpp"
#include "support/fake_mesh.hpp"
#include "support/mesh_network.hpp"
#include "support/run_task.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric::services {
namespace {

using testing::FakePeerBook;

class NoDht final : public mesh::Dht {
 public:
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>&, mesh::SignedRecord, MonoTime) override { co_return Status{}; }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>&, mesh::DhtKey, mesh::RecordKind, std::size_t, MonoTime) override {
    co_return std::vector<mesh::SignedRecord>{};
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
};

struct PodNode {
  PodNode(IoContext& context, IoClock& clock, testing::MeshNode& at, const std::filesystem::path& file) : node(at) {
    fabric::RouterSettings router;
    router.exposed = {"pods"};
    fabric = fabric::make_fabric({context, clock, at.random, at.guard, *at.links, book, dht, at.key}, router, {});
    auto database = Database::open(file, mesh::mesh_migrations());
    EXPECT_TRUE(database);
    store = std::make_unique<DbWriter>(context, clock, std::move(*database));
    pods = make_pods({context, clock, at.random, at.guard, *fabric, *at.links, *store, at.key}, {});
    EXPECT_TRUE(fabric->add(pods->service()));
  }
  testing::MeshNode& node;
  FakePeerBook book;
  NoDht dht;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<DbWriter> store;
  std::unique_ptr<Pods> pods;
};

Task<std::string> newest(Pods& pods, std::string pod) {
  const auto messages = co_await pods.messages(pod, std::nullopt, 1);
  co_return messages && !messages->empty() ? messages->front().body : "";
}

Task<void> talk(testing::MeshNetwork& net, IoClock& clock, PodNode& host, PodNode& guest) {
  const bool linked = co_await net.link(guest.node, host.node);
  EXPECT_TRUE(linked);
  const auto pod = co_await host.pods->create("Kitchen", PodVisibility::Visible, false, true);
  EXPECT_TRUE(pod);
  if (!pod) co_return;
  const auto soon = clock.now() + std::chrono::seconds(10);
  const auto shown = co_await guest.pods->list_of(host.node.id, guard::Origin::UserLocal, soon);
  EXPECT_TRUE(shown && shown->size() == 1);
  const auto joined = co_await guest.pods->join(pod->id, host.node.id, guard::Origin::UserLocal, soon);
  EXPECT_TRUE(joined) << joined.error().message;
  const auto there = co_await guest.pods->post(pod->id, "from behind", guard::Origin::UserLocal, soon);
  EXPECT_TRUE(there && !there->pending);
  const std::string at_host = co_await newest(*host.pods, pod->id);
  EXPECT_EQ(at_host, "from behind");
  bool heard = false;
  guest.pods->on_change([&heard](const std::string&) { heard = true; });
  const auto back = co_await host.pods->post(pod->id, "and back", guard::Origin::UserLocal, soon);
  EXPECT_TRUE(back);
  const bool pushed = co_await net.until([&heard] { return heard; });
  EXPECT_TRUE(pushed) << "over the link that the guest opened";
  const std::string at_guest = co_await newest(*guest.pods, pod->id);
  EXPECT_EQ(at_guest, "and back");
}

Task<void> play(testing::MeshNetwork& net, IoClock& clock, PodNode& host, PodNode& guest) {
  for (PodNode* node : {&host, &guest}) {
    const auto fabric_started = co_await node->fabric->start();
    const auto pods_started = co_await node->pods->start();
    EXPECT_TRUE(fabric_started && pods_started);
  }
  net.start();
  co_await talk(net, clock, host, guest);
  for (PodNode* node : {&host, &guest}) {
    co_await node->pods->stop();
    co_await node->fabric->stop();
    co_await node->store->close();
  }
  co_await net.stop();
}

TEST(PodsOverLinks, TalkBothWaysOverOneLink) {
  testing::TemporaryFolder folder;
  IoContext context;
  SystemIoClock clock;
  testing::MeshNetwork net(context, clock);
  net.add();
  net.add();
  PodNode host(context, clock, net[0], folder.path() / "host.db");
  PodNode guest(context, clock, net[1], folder.path() / "guest.db");
  testing::run_task(context, play(net, clock, host, guest));
}

}  // namespace
}  // namespace soulfabric::services
