// SPDX-License-Identifier: GPL-3.0-or-later
// Links on virtual time: hosts with addresses of their own, hours that pass at once.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <exception>

#include "soulfabric/base/task_scope.hpp"
#include "support/mesh_network.hpp"

namespace soulfabric::mesh {

class LinksSim : public ::testing::Test {
 public:
  using Node = testing::MeshNode;
  using Network = testing::MeshNetwork;
  static constexpr auto kUser = guard::Origin::UserLocal;
  [[nodiscard]] MonoTime in(Duration duration) const { return clock.now() + duration; }

  void run(Task<void> body) {
    bool ended = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, whole(std::move(body)), [&](const std::exception_ptr& e) {
      failure = e;
      ended = true;
    });
    EXPECT_TRUE(clock.run_while_not([&] { return ended; }, std::chrono::hours(48)));
    if (failure) std::rethrow_exception(failure);
  }
  /// The settings of a real node, no test's haste.
  [[nodiscard]] static testing::MeshNodeOptions real() {
    testing::MeshNodeOptions options;
    options.links = LinkSettings{};
    options.links.listen = Endpoint{IpAddress::v4(0), 0};  // where the network puts it
    return options;
  }
  void keep(Node& node) {
    node.links->on_stream(Protocol::Call, [this](StreamPtr stream) { kept.push_back(std::move(stream)); });
  }
  [[nodiscard]] static guard::Subject subject(const Node& node) { return guard::Subject::peer(node.id.text()); }

  IoContext context;
  testing::SimClock clock{context};
  testing::SimNetwork sim{context, clock, 7, {}};
  Network network{sim};
  TaskScope scope{context, "test"};
  std::vector<StreamPtr> kept;

 private:
  Task<void> whole(Task<void> body) {
    co_await std::move(body);
    kept.clear();
    co_await scope.close();
    co_await network.stop();
  }
};

}  // namespace soulfabric::mesh
