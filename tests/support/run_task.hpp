// SPDX-License-Identifier: GPL-3.0-or-later
// Drives one coroutine to its end on an io_context of its own; fails the test when it does not end.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>

#include "soulfabric/base/io.hpp"

namespace soulfabric::testing {

/// Runs `task` on `context`; a wall-clock guard of `limit` catches a coroutine that never ends.
inline void run_task(IoContext& context, Task<void> task, std::chrono::seconds limit = std::chrono::seconds(60)) {
  bool ended = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& e) {
    failure = e;
    ended = true;
    context.stop();
  });
  context.restart();
  context.run_for(limit);
  if (failure) std::rethrow_exception(failure);
  EXPECT_TRUE(ended) << "the coroutine did not end";
}

}  // namespace soulfabric::testing
