// SPDX-License-Identifier: GPL-3.0-or-later
// The hundred nodes: how they live, call each other, lose their power, and are looked at.
#include "simulation/mesh_world.hpp"

#include <algorithm>

namespace soulfabric::testing {
namespace {

constexpr std::uint16_t kPort = 50305;
constexpr Duration kLook = std::chrono::seconds(5);
constexpr Duration kCallTime = std::chrono::seconds(20);

SigningKey key_of(std::uint64_t seed) {
  SeededRandom random(seed);
  return SigningKey::generate(random);
}

/// Honest nodes live in prefixes of their own, the hostile ones in four.
IpAddress honest_host(std::size_t index) { return IpAddress::v4(0x05010001U + (static_cast<std::uint32_t>(index) << 8U)); }
IpAddress hostile_host(std::size_t index) {
  return IpAddress::v4(0x4D010001U + (static_cast<std::uint32_t>(index % 4) << 8U) + static_cast<std::uint32_t>(index));
}

mesh::LinkSettings settings_of(const Endpoint& listen) {
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
      identity_(net::TlsIdentity::make(key_, mesh::kAlpn).value_or(nullptr)) {}

SimNode::~SimNode() = default;

void SimNode::power_on() {
  dying_ = false;
  dialer_ = world_.network().dialer_of(endpoint_.address);
  guard_ = std::make_unique<guard::Guard>(guard::GuardOptions{}, world_.clock());
  scope_ = std::make_unique<TaskScope>(world_.context(), "node");
  SimNetwork& network = world_.network();
  const auto listen = [&network](Endpoint at) { return network.listen(at); };
  links_ =
      mesh::make_links({world_.context(), world_.clock(), random_, *guard_, *dialer_, peers, identity_, listen}, settings_of(endpoint_));
  links_->on_stream(mesh::Protocol::Call, [this](mesh::StreamPtr stream) { scope_->spawn("echo", echo(std::move(stream))); });
  links_->on_link([this](const PeerId& peer, bool up) {
    world_.trace.note(world_.clock().elapsed(), up ? "up" : "down", index_, world_.index_of(peer));
  });
  const Status started = links_->start();
  EXPECT_TRUE(started) << started.error().message;
}

void SimNode::power_off() {
  world_.network().lose_power(endpoint_.address);
  dying_ = true;
  ++restarts_;
}

Task<void> SimNode::shut_down() {
  if (!links_) co_return;
  dying_ = true;
  co_await scope_->close();
  co_await links_->stop();
  links_.reset();
  scope_.reset();
}

Task<void> SimNode::echo(mesh::StreamPtr stream) {
  const MonoTime deadline = world_.clock().now() + std::chrono::seconds(60);
  Bytes buffer(16 * 1024);
  while (true) {
    const auto n = co_await stream->read_some(buffer, deadline);
    if (!n) break;
    const auto sent = co_await stream->write(ByteView(buffer).first(*n), deadline);
    if (!sent) co_return;
  }
  stream->shutdown_write();
}

namespace {

Task<void> say(mesh::Stream& stream, Bytes words, MonoTime deadline) {
  const auto sent = co_await stream.write(words, deadline);
  if (sent) stream.shutdown_write();
}

}  // namespace

Task<Status> SimNode::call(const SimNode& other, std::size_t size, MonoTime deadline) {
  auto opened = co_await links_->open(other.id(), mesh::Protocol::Call, guard::Origin::UserLocal, deadline);
  if (!opened) co_return std::unexpected(opened.error());
  const auto stream = std::shared_ptr<mesh::Stream>(std::move(*opened));
  Bytes words(size);
  random_.fill(words);
  co_await say(*stream, words, deadline);
  Bytes back(size);
  const auto heard = co_await net::read_exactly(*stream, back, deadline);
  if (!heard) co_return heard;
  if (back != words) co_return fail(Errc::Corrupt, "other bytes came back");
  co_return Status{};
}

MeshWorld::MeshWorld(const WorldOptions& options)
    : options_(options), random_(options.seed), network_(context_, clock_, options.seed, options.weather), scope_(context_, "world") {
  for (std::size_t i = 0; i < options.honest; ++i) {
    nodes.push_back(std::make_unique<SimNode>(*this, i));
    by_id_[nodes.back()->id()] = i;
  }
  for (std::size_t i = 0; i < options.hostile; ++i) {
    rogues.push_back(std::make_unique<SimRogue>(network_, hostile_host(i), options.seed * 104729 + i));
    by_id_[rogues.back()->id()] = options.honest + i;
  }
  introduce();
}

MeshWorld::~MeshWorld() {
  scope_.cancel();
  clock_.run_for(std::chrono::seconds(1));
  bool over = false;
  TaskScope last(context_, "end");
  const auto end = [](MeshWorld& world, bool& done) -> Task<void> {
    for (const auto& node : world.nodes) co_await node->shut_down();
    done = true;
  };
  last.spawn("stop", end(*this, over));
  EXPECT_TRUE(clock_.run_while_not([&] { return over; }, std::chrono::hours(1)));
  clock_.settle();
}

std::size_t MeshWorld::index_of(const PeerId& peer) const {
  const auto found = by_id_.find(peer);
  return found == by_id_.end() ? by_id_.size() : found->second;
}

/// Everyone knows where all the others are and wants links to a few of them.
void MeshWorld::introduce() {
  for (const auto& node : nodes) {
    for (const auto& other : nodes) {
      if (other != node) node->peers.endpoints[other->id()] = {other->endpoint()};
    }
    std::set<std::size_t> chosen;
    while (chosen.size() < std::min(options_.acquaintances, nodes.size() - 1)) {
      const std::size_t other = random_.below(nodes.size());
      if (other == node->index() || !chosen.insert(other).second) continue;
      node->acquaintances.push_back(other);
      if (chosen.size() <= options_.wanted) node->peers.wanted_peers.push_back(nodes[other]->id());
    }
  }
}

void MeshWorld::begin(Duration length) {
  const MonoTime until = clock_.now() + length;
  for (const auto& node : nodes) scope_.spawn("live", live(*node, until));
  for (const auto& rogue : rogues) {
    std::vector<Victim> victims;
    for (int i = 0; i < 2; ++i) {
      // The first half never loses its power: their memory of the hostile ones lasts.
      const auto& victim = nodes[random_.below(nodes.size() / 2)];
      victims.push_back({victim->id(), victim->endpoint()});
    }
    scope_.spawn("rogue", rogue->run(std::move(victims), until));
  }
}

Task<void> MeshWorld::live(SimNode& node, MonoTime until) {
  co_await clock_.sleep_for(std::chrono::milliseconds(random_.below(10'000)));
  node.power_on();
  while (clock_.now() < until) {
    co_await clock_.sleep_for(std::chrono::milliseconds(3000 + static_cast<int>(random_.below(14'000))));
    SimNode& other = *nodes[node.acquaintances[random_.below(node.acquaintances.size())]];
    if (&other == &node || !node.is_on()) continue;
    co_await one_call(node, other);
  }
}

Task<void> MeshWorld::one_call(SimNode& from, SimNode& to) {
  CallRecord record{clock_.elapsed(), from.index(), to.index(), false, from.is_on() && to.is_on()};
  const unsigned before = from.restarts() + to.restarts();
  const std::size_t size = random_.below(20) == 0 ? 400'000 : 10 + random_.below(3000);
  const Status outcome = co_await from.call(to, size, clock_.now() + kCallTime);
  record.ok = outcome.has_value();
  record.both_up = record.both_up && from.is_on() && to.is_on() && before == from.restarts() + to.restarts();
  trace.note(clock_.elapsed(), record.ok ? "call" : "failed call", from.index(), to.index());
  call_records.push_back(record);
}

void MeshWorld::split() {
  std::map<IpAddress, int> groups;
  for (std::size_t i = 0; i < nodes.size(); i += 2) groups[nodes[i]->endpoint().address] = 1;
  for (std::size_t i = 0; i < rogues.size(); i += 2) groups[rogues[i]->host()] = 1;
  network_.partition(groups);
}

void MeshWorld::restart(std::size_t index, Duration dark) { scope_.spawn("restart", come_back(*nodes[index], dark)); }

Task<void> MeshWorld::come_back(SimNode& node, Duration dark) {
  const MonoTime until = clock_.now() + dark;
  node.power_off();
  co_await node.shut_down();
  co_await clock_.sleep_until(until);
  node.power_on();
  trace.note(clock_.elapsed(), "back", node.index());
}

void MeshWorld::run_for(Duration duration) {
  const MonoTime until = clock_.now() + duration;
  while (clock_.now() < until) {
    clock_.run_until(std::min(until, clock_.now() + kLook));
    look();
  }
}

void MeshWorld::look() {
  for (const auto& node : nodes) {
    if (!node->is_on()) continue;
    const auto metrics = node->links().metrics();
    most_half_open = std::max(most_half_open, std::size_t{metrics.half_open});
    most_links = std::max(most_links, std::size_t{metrics.links});
    for (const auto& link : node->links().links()) most_streams = std::max(most_streams, link.streams);
    trace.note(clock_.elapsed(), "links", node->index(), metrics.links * 1000 + metrics.dead_links);
  }
}

std::size_t MeshWorld::links() const {
  std::size_t out = 0;
  for (const auto& node : nodes) out += node->is_on() ? node->links().metrics().links : 0;
  return out;
}

std::size_t MeshWorld::calls(Duration from, Duration to, bool ok) const {
  return static_cast<std::size_t>(std::count_if(call_records.begin(), call_records.end(), [&](const CallRecord& record) {
    return record.begun >= from && record.begun < to && record.both_up && record.ok == ok;
  }));
}

std::size_t MeshWorld::honest_banned_by_honest() const {
  std::size_t out = 0;
  for (const auto& judge : nodes) {
    if (!judge->is_on()) continue;
    for (const auto& other : nodes) {
      out += judge->guard().is_banned(guard::Subject::peer(other->id().text())) ? 1 : 0;
      out += judge->guard().is_banned(guard::Subject::address(other->endpoint().address)) ? 1 : 0;
    }
  }
  return out;
}

std::size_t MeshWorld::hostile_banned() const {
  return static_cast<std::size_t>(std::count_if(rogues.begin(), rogues.end(), [&](const auto& rogue) {
    return std::any_of(nodes.begin(), nodes.end(), [&](const auto& judge) {
      return judge->is_on() && judge->guard().is_banned(guard::Subject::peer(rogue->id().text()));
    });
  }));
}

}  // namespace soulfabric::testing
