// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of links share: a loop, a clock, a network of nodes, an echo.
#pragma once
#include <gtest/gtest.h>

#include "soulfabric/base/task_scope.hpp"
#include "support/mesh_network.hpp"
#include "support/run_task.hpp"

namespace soulfabric::mesh {

class LinksTest : public ::testing::Test {
 public:
  using Node = testing::MeshNode;
  static constexpr auto kUser = guard::Origin::UserLocal;
  [[nodiscard]] MonoTime soon() const { return clock.now() + std::chrono::seconds(20); }

  /// Runs the test's coroutine, then says goodbye everywhere.
  void run(Task<void> body) { testing::run_task(context, whole(std::move(body)), std::chrono::seconds(120)); }
  /// This node gives back what it is sent on streams of calls.
  void echo(Node& node) {
    node.links->on_stream(Protocol::Call, [this](StreamPtr stream) { scope.spawn("echo", echo_loop(std::move(stream))); });
  }
  /// This node keeps the streams it gets and does nothing with them.
  void keep(Node& node) {
    node.links->on_stream(Protocol::Call, [this](StreamPtr stream) { kept.push_back(std::move(stream)); });
  }

  IoContext context;
  SystemIoClock clock;
  testing::MeshNetwork network{context, clock};
  TaskScope scope{context, "test"};
  std::vector<StreamPtr> kept;

 private:
  Task<void> whole(Task<void> body) {
    co_await std::move(body);
    kept.clear();
    co_await scope.close();
    co_await network.stop();
  }
  static Task<void> echo_loop(StreamPtr stream) {
    Bytes buffer(64 * 1024);
    for (;;) {
      const auto got = co_await stream->read_some(buffer, kNever);
      if (!got) break;
      const auto sent = co_await stream->write(ByteView(buffer).first(*got), kNever);
      if (!sent) break;
    }
    stream->shutdown_write();
  }
};

}  // namespace soulfabric::mesh
