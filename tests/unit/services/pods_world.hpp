// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes with pods in one process: a mesh in memory, a clock that the test moves, a mesh.db for each.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/pod_book.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/services/pods.hpp"
#include "support/fake_fabric.hpp"
#include "support/stepped_clock.hpp"

namespace soulfabric::services {

using guard::Origin;

inline SigningKey key_of(std::uint8_t n) {
  SigningKey::Seed seed{};
  seed.fill(n);
  return SigningKey(seed);
}
inline PeerId peer_of(std::uint8_t n) { return PeerId::of(key_of(n).public_key()); }

/// The database writes at once: `threads` is 0.
struct Node {
  Node(IoContext& context, testing::SteppedClock& clock, testing::FakeMesh& mesh, const std::filesystem::path& folder, std::uint8_t n)
      : random(n), guard(guard::GuardOptions{}, clock), fabric(mesh, peer_of(n), guard) {
    auto database = Database::open(folder / ("mesh" + std::to_string(n) + ".db"), mesh::mesh_migrations());
    EXPECT_TRUE(database) << database.error().message;
    store = std::make_unique<DbWriter>(context, clock, std::move(*database), 0);
    pods = make_pods({context, clock, random, guard, fabric, fabric.links, *store, key_of(n)}, settings);
    EXPECT_TRUE(fabric.add(pods->service()));
  }
  SeededRandom random;
  guard::Guard guard;
  testing::FakeFabric fabric;
  PodSettings settings;
  std::unique_ptr<DbWriter> store;
  std::unique_ptr<Pods> pods;
};

class PodsWorld : public ::testing::Test {
 protected:
  PodsWorld() : folder_(std::filesystem::temp_directory_path() / ("sf_pods_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~PodsWorld() override {
    while (!nodes_.empty()) stop(nodes_.begin()->first);
    std::filesystem::remove_all(folder_);
  }

  Pods& start(std::uint8_t n) {
    auto& node = nodes_[n];
    node = std::make_unique<Node>(context_, clock_, mesh_, folder_, n);
    EXPECT_TRUE(run(node->pods->start()));
    return *node->pods;
  }
  void stop(std::uint8_t n) {
    mesh_.leave(peer_of(n));
    const auto node = std::move(nodes_.at(n));
    nodes_.erase(n);
    node->fabric.links.forget_listeners();
    run_void(node->pods->stop());
    run_void(node->store->close());
  }
  Pods& restart(std::uint8_t n) {
    stop(n);
    mesh_.come_back(peer_of(n));
    return start(n);
  }
  Pods& pods(std::uint8_t n) { return *nodes_.at(n)->pods; }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    boost::asio::co_spawn(context_, std::move(task), [&](const std::exception_ptr& e, T result) {
      if (e) std::rethrow_exception(e);
      value.emplace(std::move(result));
    });
    for (int turns = 0; turns < 1000 && !value; ++turns) clock_.run_for(context_, std::chrono::milliseconds(100));
    if (!value) throw std::runtime_error("the coroutine did not end");
    return std::move(*value);
  }
  void run_void(Task<void> task) {
    bool ended = false;
    boost::asio::co_spawn(context_, std::move(task), [&](const std::exception_ptr& e) {
      if (e) std::rethrow_exception(e);
      ended = true;
    });
    for (int turns = 0; turns < 1000 && !ended; ++turns) clock_.run_for(context_, std::chrono::milliseconds(100));
    EXPECT_TRUE(ended);
  }
  void pass(Duration time) { clock_.run_for(context_, time); }

  /// What a stranger or member gets who speaks the protocol by hand.
  fabric::CallOutcome raw(std::uint8_t from, std::uint8_t to, std::string method, Bytes payload) {
    auto outcome = run(nodes_.at(to)->fabric.answer(peer_of(from), "pods", std::move(method), std::move(payload)));
    EXPECT_TRUE(outcome);
    return outcome ? std::move(*outcome) : fabric::CallOutcome{};
  }
  [[nodiscard]] MonoTime soon() const { return clock_.now() + std::chrono::seconds(10); }

  std::string create(std::uint8_t n, PodVisibility visibility = PodVisibility::Visible, bool approval = false, bool keep = true) {
    const auto pod = run(pods(n).create("Kitchen", visibility, approval, keep));
    EXPECT_TRUE(pod) << pod.error().message;
    return pod ? pod->id : "";
  }
  Result<Pod> join(std::uint8_t n, const std::string& pod, std::uint8_t host) {
    return run(pods(n).join(pod, peer_of(host), Origin::UserLocal, soon()));
  }
  Result<PodMessage> post(std::uint8_t n, const std::string& pod, std::string body) {
    return run(pods(n).post(pod, std::move(body), Origin::UserLocal, soon()));
  }
  Status set(std::uint8_t n, const std::string& pod, std::uint8_t member, PodRole role, MemberState state) {
    return run(pods(n).set_member(pod, peer_of(member), role, state));
  }
  std::vector<std::string> bodies(std::uint8_t n, const std::string& pod) {
    std::vector<std::string> out;
    const auto messages = run(pods(n).messages(pod, std::nullopt, 100));
    if (!messages) return {"(none: " + std::string(name_of(messages.error().code)) + ")"};
    for (const PodMessage& message : *messages) out.push_back(message.removed ? "(removed)" : message.body);
    return out;
  }
  std::optional<Pod> shown(std::uint8_t n, const std::string& id) {
    for (Pod& pod : pods(n).list()) {
      if (pod.id == id) return std::move(pod);
    }
    return std::nullopt;
  }

  std::filesystem::path folder_;
  IoContext context_;
  testing::SteppedClock clock_;
  testing::FakeMesh mesh_{clock_};
  std::map<std::uint8_t, std::unique_ptr<Node>> nodes_;
};

}  // namespace soulfabric::services
