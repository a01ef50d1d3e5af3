// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that believe each other, each with a catalogue, joined in memory on virtual time; one origin that counts what it is asked. A node
// may have a service of the test's own in the place of the catalogue's: a liar.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "catalogue_service.hpp"
#include "core/catalogue_origin.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "support/fake_http.hpp"
#include "support/fake_mesh.hpp"
#include "support/joined_links.hpp"
#include "support/memory_dht.hpp"
#include "wire/catalogue_wire.hpp"

namespace soulfabric::relay::testing {

using namespace std::chrono_literals;
using soulfabric::testing::FakeOrigin;
using soulfabric::testing::musicbrainz_answer;

class CatalogueWorld;

struct CatalogueNode {
  CatalogueNode(CatalogueWorld& world, std::size_t number, const CatalogueSettings& settings, std::unique_ptr<fabric::MeshService> liar_in);
  [[nodiscard]] const CatalogueMetrics metrics() const { return catalogue->metrics(); }
  SeededRandom random;
  SigningKey key;
  PeerId id;
  guard::Guard guard;
  soulfabric::testing::JoinedLinks links;
  soulfabric::testing::FakePeerBook book;
  soulfabric::testing::MemoryDht dht;
  soulfabric::testing::FakeHttp http;
  std::unique_ptr<fabric::MeshService> liar;
  std::unique_ptr<Catalogue> catalogue;
  std::unique_ptr<fabric::Fabric> fabric;
};

class CatalogueWorld : public ::testing::Test {
 public:
  struct Outcome {
    std::size_t node;
    Result<CatalogueAnswer> answer;
  };

  CatalogueWorld() {
    limits.budget.node_minute = 100'000;
    limits.budget.user_reserve = 10'000;
    limits.budget.automation_reserve = 10'000;
    settings.spot_check = 0;
  }
  ~CatalogueWorld() override {
    const auto closed = soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(askers.close()));
    EXPECT_TRUE(closed);
    for (const auto& node : nodes) {
      node->catalogue->use(nullptr, nullptr, nullptr);
      const auto mesh = soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(node->fabric->stop()));
      const auto rest = soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(node->catalogue->stop()));
      EXPECT_TRUE(mesh && rest);
    }
  }

  CatalogueNode& add(std::unique_ptr<fabric::MeshService> liar = nullptr) {
    nodes.push_back(std::make_unique<CatalogueNode>(*this, nodes.size(), settings, std::move(liar)));
    return *nodes.back();
  }
  /// Everybody believes everybody, and has made itself known.
  void start() {
    for (const auto& one : nodes) {
      for (const auto& other : nodes) {
        if (one != other) one->book.know(other->id, std::nullopt, clock.wall()).rights.believe_catalogue = true;
      }
    }
    for (const auto& node : nodes) {
      const auto mesh = soulfabric::testing::run_virtual(context, clock, node->fabric->start());
      const auto rest = soulfabric::testing::run_virtual(context, clock, node->catalogue->start());
      EXPECT_TRUE(mesh && rest);
    }
    clock.run_for(1s);
  }
  static CatalogueKey key(int number = 0) {
    return *CatalogueKey::make(CatalogueKind::Release, "00000000-0000-4000-8000-0000000000" + std::to_string(10 + number));
  }
  [[nodiscard]] std::string url(const CatalogueKey& of) const { return url_of(of, {settings.musicbrainz, settings.cover_art, settings.domains}); }
  void serve(const CatalogueKey& of, std::string body = musicbrainz_answer("release")) {
    origin.pages[url(of)] = {200, "application/json", std::move(body), {}};
  }
  /// A key whose owner, as `by` sees it, is the node `owner`; `passed_over` come before it.
  [[nodiscard]] CatalogueKey owned_by(const PeerId& owner, CatalogueNode& by, const std::vector<PeerId>& passed_over = {}) {
    look_up(by);
    for (int n = 0; n < 90; ++n) {
      const std::string salt = key(n).text();
      std::vector<PeerId> over;
      bool in_order = true;
      for (const PeerId& first : passed_over) {
        in_order = in_order && by.fabric->directory().owner(kCatalogueService, bytes_of(salt), over) == first;
        over.push_back(first);
      }
      if (in_order && by.fabric->directory().owner(kCatalogueService, bytes_of(salt), over) == owner) return key(n);
    }
    ADD_FAILURE() << "no key has this owner";
    return key();
  }
  void look_up(CatalogueNode& by) {
    const auto found = soulfabric::testing::run_virtual(context, clock, by.fabric->find(guard::Origin::UserLocal, std::string(kCatalogueService), clock.now() + 5s));
    EXPECT_TRUE(found);
  }
  Result<CatalogueAnswer> get(CatalogueNode& node, const CatalogueKey& of, Duration patience = 30s) {
    return soulfabric::testing::run_virtual(context, clock, node.catalogue->fetch(of, guard::Origin::UserLocal, clock.now() + patience));
  }
  /// At this instant; what came of it is in `outcomes`.
  void ask(std::size_t node, CatalogueKey of) {
    askers.spawn("ask", [](CatalogueWorld& world, std::size_t index, CatalogueKey what) -> Task<void> {
      auto answer = co_await world.nodes[index]->catalogue->fetch(what, guard::Origin::UserLocal, world.clock.now() + 60s);
      world.outcomes.push_back({index, std::move(answer)});
    }(*this, node, std::move(of)));
  }

  IoContext context{1};
  soulfabric::testing::SimClock clock{context};
  soulfabric::testing::JoinedNet net;
  soulfabric::testing::MemoryTable table;
  WorkerPool workers{0};
  guard::GuardOptions limits;
  FakeOrigin origin;
  CatalogueSettings settings;
  std::vector<std::unique_ptr<CatalogueNode>> nodes;
  std::vector<Outcome> outcomes;
  TaskScope askers{context, "askers"};
};

inline CatalogueNode::CatalogueNode(CatalogueWorld& world, std::size_t number, const CatalogueSettings& settings,
                                    std::unique_ptr<fabric::MeshService> liar_in)
    : random(1000 + number),
      key(SigningKey::generate(random)),
      id(PeerId::of(key.public_key())),
      guard(world.limits, world.clock),
      links(world.context, world.clock, world.net, id, Endpoint{IpAddress::v4(0x05010001U + (static_cast<std::uint32_t>(number) << 8U)), 50305}),
      dht(world.table, world.clock),
      http(world.origin, world.clock),
      liar(std::move(liar_in)) {
  catalogue = make_catalogue({world.context, world.clock, random, world.workers, guard, http, key}, settings);
  fabric::RouterSettings router;
  router.exposed = {std::string(kCatalogueService)};
  fabric::DirectorySettings directory;  // said once for as long as a test lasts
  directory.life = 24h;
  directory.republish = 12h;
  fabric = fabric::make_fabric({world.context, world.clock, random, guard, links, book, dht, key}, router, directory);
  EXPECT_TRUE(fabric->add(liar ? *liar : catalogue->service()));
  catalogue->use(fabric.get(), &book, &links);
}

/// Does what the test says with the stream.
class Liar final : public fabric::MeshService {
 public:
  using Act = std::function<Task<void>(CatalogueKey, mesh::Stream&)>;
  explicit Liar(Act act) : act_(std::move(act)) {
    info_.name = kCatalogueService;
    info_.version = "1.0.0";
    fabric::MethodInfo method;
    method.name = "Fetch";
    method.streams = true;
    method.units = 2;
    info_.methods.push_back(method);
  }
  const fabric::ServiceInfo& info() const override { return info_; }
  Task<fabric::Reply> call(fabric::CallContext&, std::string, ByteView) override { co_return fabric::Reply{fabric::CallStatus::MethodNotFound, {}}; }
  Task<fabric::CallStatus> stream(fabric::CallContext&, std::string, ByteView payload, mesh::Stream& stream) override {
    ++asked;
    const auto question = fabric::decode<CatalogueQuestion>(payload);
    if (!question) co_return fabric::CallStatus::InvalidPayload;
    const auto key = CatalogueKey::make(static_cast<CatalogueKind>(question->kind), question->id);
    if (!key) co_return fabric::CallStatus::InvalidPayload;
    co_await act_(*key, stream);
    co_return fabric::CallStatus::Ok;
  }
  int asked = 0;

 private:
  fabric::ServiceInfo info_;
  Act act_;
};

/// A whole message with an answer, as an owner sends it.
inline Bytes answer_message(const SignedAnswer& answer, std::string_view body) {
  const Bytes head = encode_head(answer);
  const auto prefix = answer_prefix({head.size(), body.size()});
  Bytes out(prefix.begin(), prefix.end());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

inline CatalogueAnswer answer_of(std::string_view body, WallTime fetched, int status = 200) {
  CatalogueAnswer out;
  out.status = status;
  out.content_type = status == 200 ? "application/json" : "";
  out.body = std::make_shared<const Bytes>(body.begin(), body.end());
  out.fetched = fetched;
  out.expires = fetched + 10min;
  return out;
}

}  // namespace soulfabric::relay::testing
