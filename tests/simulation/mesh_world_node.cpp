// SPDX-License-Identifier: GPL-3.0-or-later
// One node of the hundred: all rooms of the mesh as the daemon joins them, on the virtual network and its hash table.
#include "simulation/mesh_world.hpp"

namespace soulfabric::testing {
namespace {

constexpr std::uint16_t kPort = 50305;
constexpr std::size_t kEchoCap = 512 * 1024;

SigningKey key_of(std::uint64_t seed) {
  SeededRandom random(seed);
  return SigningKey::generate(random);
}

IpAddress honest_host(std::size_t index) { return IpAddress::v4(0x05010001U + (static_cast<std::uint32_t>(index) << 8U)); }

/// Gives back what it is given.
class Echo final : public fabric::MeshService {
 public:
  Echo() {
    info_.name = "echo";
    info_.version = "1.0.0";
    fabric::MethodInfo method;
    method.name = "Echo";
    method.idempotent = true;
    method.request_cap = kEchoCap;
    method.reply_cap = kEchoCap;
    info_.methods.push_back(method);
  }
  const fabric::ServiceInfo& info() const override { return info_; }
  Task<fabric::Reply> call(fabric::CallContext&, std::string, ByteView payload) override {
    co_return fabric::Reply{fabric::CallStatus::Ok, Bytes(payload.begin(), payload.end())};
  }

 private:
  fabric::ServiceInfo info_;
};

fabric::RouterSettings router_settings() {
  fabric::RouterSettings settings;
  settings.exposed = {"echo", "pods"};
  return settings;
}

mesh::LinkSettings link_settings(const Endpoint& listen) {
  mesh::LinkSettings settings;
  settings.listen = listen;
  return settings;
}

}  // namespace

SimNode::SimNode(MeshWorld& world, std::size_t index)
    : world_(world),
      index_(index),
      random_(world.options().seed * 1000 + index),
      key_(key_of(world.options().seed * 7919 + index)),
      id_(PeerId::of(key_.public_key())),
      endpoint_{honest_host(index), kPort},
      identity_(net::TlsIdentity::make(key_, mesh::kAlpn).value_or(nullptr)),
      echo_(std::make_unique<Echo>()) {}

SimNode::~SimNode() = default;

bool SimNode::open_store() {
  SqlOptions options;
  options.full_sync = false;
  options.cache_kib = 64;
  auto database = Database::open(world_.folder() / (std::to_string(index_) + ".db"), mesh::mesh_migrations(), options);
  EXPECT_TRUE(database) << database.error().message;
  if (!database) return false;
  store_ = std::make_unique<DbWriter>(world_.context(), world_.clock(), std::move(*database), 0);
  return true;
}

void SimNode::assemble() {
  IoContext& context = world_.context();
  SimClock& clock = world_.clock();
  SimNetwork& network = world_.network();
  guard_ = std::make_unique<guard::Guard>(guard::GuardOptions{}, clock);
  dialer_ = network.dialer_of(endpoint_.address);
  dht_ = std::make_unique<SimDht>(world_.dht(), endpoint_.address, random_.u64());
  mesh::PeerBookSettings told;
  told.publish = mesh::Publish::Public;
  told.peers = configured;
  book_ = mesh::make_peer_book({context, clock, random_, *guard_, *dht_, *store_, key_}, told);
  const auto listen = [&network](Endpoint at) { return network.listen(at); };
  links_ = mesh::make_links({context, clock, random_, *guard_, *dialer_, *book_, identity_, listen}, link_settings(endpoint_));
  links_->on_link([this](const PeerId& peer, bool up) {
    world_.trace.note(world_.clock().elapsed(), up ? "up" : "down", index_, world_.index_of(peer));
  });
  control_ = mesh::make_control({context, clock, random_, *guard_, *links_, *book_}, mesh::ControlSettings{});
  fabric_ =
      fabric::make_fabric({context, clock, random_, *guard_, *links_, *book_, *dht_, key_}, router_settings(), fabric::DirectorySettings{});
  pods_ = services::make_pods({context, clock, random_, *guard_, *fabric_, *links_, *store_, key_}, services::PodSettings{});
  EXPECT_TRUE(fabric_->add(*echo_) && fabric_->add(pods_->service()));
}

Task<void> SimNode::power_on() {
  dying_ = false;
  if (!open_store()) co_return;
  assemble();
  world_.dht().set_down(endpoint_.address, false);
  user_ = std::make_unique<TaskScope>(world_.context(), "user");
  running_ = true;
  control_->start();
  EXPECT_TRUE(links_->start());
  EXPECT_TRUE(dht_->start());
  const Status loaded = co_await book_->start();
  EXPECT_TRUE(loaded);
  book_->set_endpoints({endpoint_});
  const Status offered = co_await fabric_->start();
  EXPECT_TRUE(offered);
  const Status remembered = co_await pods_->start();
  EXPECT_TRUE(remembered);
}

void SimNode::power_off() {
  world_.network().lose_power(endpoint_.address);
  world_.dht().set_down(endpoint_.address, true);
  dying_ = true;
  ++restarts_;
}

Task<void> SimNode::shut_down() {
  if (!running_) co_return;
  dying_ = true;
  co_await user_->close();
  co_await pods_->stop();
  co_await fabric_->stop();
  co_await control_->stop();
  co_await links_->stop();
  co_await book_->stop();
  co_await dht_->stop();
  co_await store_->close();
  running_ = false;
  pods_.reset();
  fabric_.reset();
  control_.reset();
  links_.reset();
  book_.reset();
  dht_.reset();
  store_.reset();
  user_.reset();
}

void SimNode::act(std::string_view what, Task<void> task) {
  if (user_) user_->spawn(what, std::move(task));
}

Task<Status> SimNode::call(std::optional<PeerId> whom, std::size_t size, Duration patience) {
  guard::ActRequest request;
  request.origin = guard::Origin::UserLocal;
  auto permit = guard_->try_permit<guard::MeshCall>(request);
  if (!permit) co_return std::unexpected(permit.error());
  Bytes words(size);
  random_.fill(words);
  fabric::CallOptions options;
  options.to = whom;
  options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  const auto outcome = co_await fabric_->call(std::move(*permit), "echo", "Echo", words, options);
  if (!outcome) co_return std::unexpected(outcome.error());
  if (outcome->status != fabric::CallStatus::Ok) co_return fail(Errc::Rejected, std::string(fabric::name_of(outcome->status)));
  if (outcome->payload != words) co_return fail(Errc::Corrupt, "other bytes came back");
  co_return Status{};
}

}  // namespace soulfabric::testing
