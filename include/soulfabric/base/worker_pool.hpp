// SPDX-License-Identifier: GPL-3.0-or-later
// Threads for disk, hashing and databases. `run` is awaited on the network thread and comes back to it.
#pragma once
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "soulfabric/base/io.hpp"

namespace soulfabric {

class WorkerPool {
 public:
  /// Without threads every job runs at once where it is asked for, so that a simulation repeats itself.
  explicit WorkerPool(std::size_t threads) {
    if (threads > 0) pool_.emplace(threads);
  }
  ~WorkerPool() {
    if (pool_) pool_->join();
  }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `fn` on a worker; `fn` owns what it uses. A cancelled caller still waits for a job that has begun,
  /// so that whatever the job refers to may die after its scope is closed.
  template <class F>
  [[nodiscard]] Task<std::invoke_result_t<F>> run(F fn) {
    using R = std::invoke_result_t<F>;
    const auto executor = co_await boost::asio::this_coro::executor;
    auto job = std::make_shared<Job<R>>(executor);
    auto work = [job, executor, fn = std::move(fn)]() mutable {
      job->compute(fn);
      boost::asio::post(executor, [job] {
        job->done = true;
        job->wake.cancel();
      });
    };
    if (pool_) {
      boost::asio::post(*pool_, std::move(work));
    } else {
      work();
    }
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    while (!job->done) co_await job->wake.async_wait(kAwait);
    co_await boost::asio::this_coro::throw_if_cancelled(true);
    if (job->failure) std::rethrow_exception(job->failure);
    if constexpr (!std::is_void_v<R>) co_return std::move(*job->value);
  }

  /// Fire and forget, for clean-up that nobody waits for; joined when the pool dies.
  template <class F>
  void post(F fn) {
    if (pool_) {
      boost::asio::post(*pool_, std::move(fn));
    } else {
      fn();
    }
  }

 private:
  struct Nothing {};
  template <class R>
  struct Job {
    explicit Job(const boost::asio::any_io_executor& executor) : wake(executor, MonoTime::max()) {}
    template <class F>
    void compute(F& fn) {
      try {
        if constexpr (std::is_void_v<R>) {
          fn();
        } else {
          value.emplace(fn());
        }
      } catch (...) {
        failure = std::current_exception();
      }
    }
    std::optional<std::conditional_t<std::is_void_v<R>, Nothing, R>> value;
    std::exception_ptr failure;
    boost::asio::steady_timer wake;
    bool done = false;
  };
  std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace soulfabric
