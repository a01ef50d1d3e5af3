// SPDX-License-Identifier: GPL-3.0-or-later
// The hundred nodes: how they live, call each other, lose their power, and are looked at.
#include "simulation/mesh_world.hpp"

#include <stdlib.h>

#include <algorithm>

namespace soulfabric::testing {
namespace {

constexpr Duration kLook = std::chrono::seconds(5);
constexpr Duration kCallTime = std::chrono::seconds(20);

/// In four prefixes; every honest node has one of its own.
IpAddress hostile_host(std::size_t index) {
  return IpAddress::v4(0x4D010001U + (static_cast<std::uint32_t>(index % 4) << 8U) + static_cast<std::uint32_t>(index));
}

}  // namespace

MeshWorld::MeshWorld(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      network_(context_, clock_, options.seed, options.weather),
      dht_(network_, options.seed + 1),
      scope_(context_, "world") {
  std::string name = (std::filesystem::temp_directory_path() / "soulfabric-world-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  dht_.junk = [this](const mesh::DhtKey& key, mesh::RecordKind kind) { return junk(key, kind); };
  for (std::size_t i = 0; i < options.honest; ++i) {
    nodes.push_back(std::make_unique<SimNode>(*this, i));
    by_id_[nodes.back()->id()] = i;
    dht_.add_host(nodes.back()->endpoint().address, false);
    dht_.set_down(nodes.back()->endpoint().address, true);  // until its power is on
  }
  for (std::size_t i = 0; i < options.hostile; ++i) {
    rogues.push_back(std::make_unique<SimRogue>(network_, hostile_host(i), options.seed * 104729 + i));
    by_id_[rogues.back()->id()] = options.honest + i;
    dht_.add_host(rogues.back()->host(), true);
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
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::size_t MeshWorld::index_of(const PeerId& peer) const {
  const auto found = by_id_.find(peer);
  return found == by_id_.end() ? by_id_.size() : found->second;
}

/// Everyone is told of a few others, whom it keeps links to; the rest of its acquaintances it has to find in the DHT.
void MeshWorld::introduce() {
  for (const auto& node : nodes) {
    std::set<std::size_t> chosen;
    while (chosen.size() < std::min(options_.acquaintances, nodes.size() - 1)) {
      const std::size_t other = random_.below(nodes.size());
      if (other == node->index() || !chosen.insert(other).second) continue;
      node->acquaintances.push_back(other);
      if (chosen.size() <= options_.wanted) node->configured.push_back({nodes[other]->id(), {nodes[other]->endpoint()}, false, {}});
    }
  }
}

/// Noise, a torn record, a valid one that belongs elsewhere, and a valid one of a stranger under the very key that was asked.
std::vector<Bytes> MeshWorld::junk(const mesh::DhtKey& key, mesh::RecordKind kind) {
  std::vector<Bytes> out;
  Bytes noise(1 + random_.below(700));
  random_.fill(noise);
  out.push_back(noise);
  const SimRogue& rogue = *rogues[random_.below(rogues.size())];
  mesh::SignedRecord record;
  record.kind = kind;
  record.key = key;
  record.signer = rogue.key().public_key();
  record.created = to_unix_micros(clock_.wall()) / 1'000'000;
  record.expires = record.created + 3000;
  record.sequence = static_cast<std::uint64_t>(record.created) * 1000;
  record.body = Bytes(random_.below(60), 0x11);
  if (const auto under_it = mesh::sign_record(rogue.key(), record)) out.push_back(mesh::encode_record(*under_it));
  record.key[0] ^= 1U;
  if (const auto elsewhere = mesh::sign_record(rogue.key(), record)) {
    out.push_back(mesh::encode_record(*elsewhere));
    out.emplace_back(out.back().begin(), out.back().end() - 10);
    out.push_back(out[out.size() - 2]);
    out.back()[out.back().size() / 2] ^= 0x40U;
  }
  return out;
}

void MeshWorld::begin(Duration length) {
  until_ = clock_.now() + length;
  for (const auto& node : nodes) scope_.spawn("wake", wake(*node));
  for (const auto& rogue : rogues) {
    std::vector<Victim> victims;
    for (int i = 0; i < 2; ++i) {
      // The first half never loses its power: their memory of the hostile ones lasts.
      const auto& victim = nodes[random_.below(nodes.size() / 2)];
      victims.push_back({victim->id(), victim->endpoint()});
    }
    scope_.spawn("rogue", rogue->run(std::move(victims), until_));
  }
}

Task<void> MeshWorld::wake(SimNode& node) {
  co_await clock_.sleep_for(std::chrono::milliseconds(random_.below(10'000)));
  co_await node.power_on();
  node.act("live", live(node));
}

Task<void> MeshWorld::live(SimNode& node) {
  while (clock_.now() < until_) {
    co_await clock_.sleep_for(std::chrono::milliseconds(3000 + static_cast<int>(random_.below(14'000))));
    SimNode& other = *nodes[node.acquaintances[random_.below(node.acquaintances.size())]];
    co_await one_call(node, other);
  }
}

Task<void> MeshWorld::one_call(SimNode& from, SimNode& to) {
  CallRecord record{clock_.elapsed(), from.index(), to.index(), false, from.is_on() && to.is_on(), false, {}};
  const unsigned before = from.restarts() + to.restarts();
  const std::size_t size = random_.below(20) == 0 ? 400'000 : 10 + random_.below(3000);
  const bool anybody = random_.below(10) == 0;  // whom the directory gives
  const std::optional<PeerId> whom = anybody ? std::nullopt : std::optional(to.id());
  const Status outcome = co_await from.call(whom, size, kCallTime);
  record.ok = outcome.has_value();
  record.anybody = anybody;
  if (!outcome) record.why = outcome.error().message;
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
  co_await node.power_on();
  node.act("live", live(node));
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
    const std::size_t known = node->book().known().size();
    most_known = std::max(most_known, known);
    trace.note(clock_.elapsed(), "links", node->index(), (known * 1000 + metrics.links) * 1000 + metrics.dead_links);
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

std::string MeshWorld::failures(Duration from, Duration to) const {
  std::string out;
  for (const auto& record : call_records) {
    if (record.ok || !record.both_up || record.begun < from || record.begun >= to) continue;
    out += std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(record.begun).count()) + " ms: " +
           std::to_string(record.from) + " to " + (record.anybody ? "anybody" : std::to_string(record.to)) + ": " + record.why + "\n";
  }
  return out;
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
