// SPDX-License-Identifier: GPL-3.0-or-later
// One operation with a deadline. The operand returns its failure as a value; it is cancelled when time is up.
#pragma once
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <utility>
#include <variant>

#include "soulfabric/base/io.hpp"

namespace soulfabric {

template <class T>
[[nodiscard]] Task<Result<T>> with_timeout(IoClock& clock, Task<Result<T>> operation, MonoTime deadline) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto either = co_await (std::move(operation) || clock.sleep_until(deadline));
  if (either.index() == 0) co_return std::move(std::get<0>(either));
  co_return fail(Errc::TimedOut, "the operation took too long");
}

/// The same, ended by Errc::Cancelled as soon as `stop` returns.
template <class T>
[[nodiscard]] Task<Result<T>> unless_stopped(Task<Result<T>> operation, Task<void> stop) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto either = co_await (std::move(operation) || std::move(stop));
  if (either.index() == 0) co_return std::move(std::get<0>(either));
  co_return fail(Errc::Cancelled, "the operation was given up");
}

}  // namespace soulfabric
