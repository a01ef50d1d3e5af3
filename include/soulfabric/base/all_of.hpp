// SPDX-License-Identifier: GPL-3.0-or-later
// Several coroutines side by side, ended together when cancelled.
#pragma once
#include <utility>
#include <vector>

#include "soulfabric/base/timeout.hpp"

namespace soulfabric {

[[nodiscard]] inline Task<void> all_of(std::vector<Task<void>> tasks) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (tasks.empty()) co_return;
  Task<void> last = std::move(tasks.back());
  tasks.pop_back();
  if (tasks.empty()) {
    co_await std::move(last);
    co_return;
  }
  co_await (std::move(last) && all_of(std::move(tasks)));
}

}  // namespace soulfabric
