// SPDX-License-Identifier: GPL-3.0-or-later
// Distance and loss between nodes of one process, in real time: datagrams held back by a thread, TCP streams whose bytes arrive later.
// A lost segment of a stream arrives one retransmission later, and so does what follows; a lost first packet costs a second.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "soulfabric/base/random.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"

namespace soulfabric::bench {

struct Distance {
  std::chrono::milliseconds one_way{25};
  unsigned loss_per_mille = 20;
  std::chrono::milliseconds retransmission{200};  // the least that Linux waits
  std::chrono::milliseconds first_retry{1000};    // of a SYN
};

/// Runs things later, on a thread of its own. What is left when it dies is dropped.
class DelayQueue {
 public:
  DelayQueue() : thread_([this] { run(); }) {}
  ~DelayQueue() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  DelayQueue(const DelayQueue&) = delete;
  DelayQueue& operator=(const DelayQueue&) = delete;
  void at(MonoTime when, std::function<void()> what) {
    {
      const std::lock_guard lock(mutex_);
      queue_.emplace(when, std::move(what));
    }
    wake_.notify_all();
  }
  [[nodiscard]] bool lost(unsigned per_mille) {
    const std::lock_guard lock(mutex_);
    return random_.below(1000) < per_mille;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!done_) {
      if (queue_.empty()) {
        wake_.wait(lock);
      } else if (queue_.begin()->first > std::chrono::steady_clock::now()) {
        wake_.wait_until(lock, queue_.begin()->first);
      } else {
        auto what = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        lock.unlock();
        what();
        lock.lock();
      }
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<MonoTime, std::function<void()>> queue_;
  SeededRandom random_{7};
  bool done_ = false;
  std::thread thread_;
};

/// What is written leaves `one_way` later.
class DelayedStream final : public net::ByteStream {
 public:
  DelayedStream(std::unique_ptr<net::ByteStream> inner, TaskScope& scope, IoClock& clock, DelayQueue& chance, const Distance& distance)
      : state_(std::make_shared<State>(std::move(inner), clock)), chance_(chance), distance_(distance) {
    scope.spawn("line", pump(state_));
  }
  ~DelayedStream() override { close(); }
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override { return state_->inner->read_some(into, deadline); }
  Task<Status> wait_readable(MonoTime deadline) override { return state_->inner->wait_readable(deadline); }
  Task<Status> write(ByteView data, MonoTime /*deadline*/) override {
    if (state_->closed) co_return fail(Errc::Closed, "the line is closed");
    MonoTime release = state_->clock.now() + distance_.one_way;
    for (std::size_t sent = 0; sent < data.size(); sent += 1448)
      if (chance_.lost(distance_.loss_per_mille)) release += distance_.retransmission;
    state_->last = std::max(state_->last, release);
    state_->queue.push_back({state_->last, Bytes(data.begin(), data.end())});
    state_->changed.notify_all();
    co_return Status{};
  }
  Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override { co_return fail(Errc::Unsupported, "no files on this line"); }
  void shutdown_write() override {
    state_->ending = true;
    state_->changed.notify_all();
  }
  void close() override {
    state_->closed = true;
    state_->inner->close();
    state_->changed.notify_all();
  }
  bool is_open() const noexcept override { return !state_->closed && state_->inner->is_open(); }
  Endpoint remote() const override { return state_->inner->remote(); }
  Endpoint local() const override { return state_->inner->local(); }

 private:
  struct Piece {
    MonoTime release;
    Bytes data;
  };
  struct State {
    State(std::unique_ptr<net::ByteStream> stream, IoClock& time) : inner(std::move(stream)), clock(time) {}
    std::unique_ptr<net::ByteStream> inner;
    IoClock& clock;
    std::deque<Piece> queue;
    MonoTime last{};
    Notifier changed;
    bool ending = false;
    bool closed = false;
  };
  static Task<void> pump(std::shared_ptr<State> state) {
    while (!state->closed) {
      if (state->queue.empty()) {
        if (state->ending) break;
        co_await state->changed.wait(state->clock, kNever);
        continue;
      }
      co_await state->clock.sleep_until(state->queue.front().release);
      if (state->closed) co_return;
      const Bytes data = std::move(state->queue.front().data);
      state->queue.pop_front();
      const auto sent = co_await state->inner->write(data, kNever);
      if (!sent) co_return;
    }
    if (!state->closed) state->inner->shutdown_write();
  }
  std::shared_ptr<State> state_;
  DelayQueue& chance_;
  Distance distance_;
};

class DelayedDialer final : public net::Dialer {
 public:
  DelayedDialer(IoContext& context, IoClock& clock, TaskScope& scope, DelayQueue& chance, const Distance& distance)
      : inner_(net::make_tcp_dialer(context, clock)), clock_(clock), scope_(scope), chance_(chance), distance_(distance) {}
  Task<Result<std::unique_ptr<net::ByteStream>>> connect(Endpoint to, MonoTime deadline) override {
    auto wait = 2 * distance_.one_way;
    if (chance_.lost(2 * distance_.loss_per_mille)) wait += distance_.first_retry;
    co_await clock_.sleep_for(wait);
    auto stream = co_await inner_->connect(to, deadline);
    if (!stream) co_return std::unexpected(stream.error());
    co_return std::make_unique<DelayedStream>(std::move(*stream), scope_, clock_, chance_, distance_);
  }
  Task<Result<IpAddress>> resolve(std::string host, MonoTime deadline) override { return inner_->resolve(std::move(host), deadline); }

 private:
  std::unique_ptr<net::Dialer> inner_;
  IoClock& clock_;
  TaskScope& scope_;
  DelayQueue& chance_;
  Distance distance_;
};

class DelayedListener final : public net::Listener {
 public:
  DelayedListener(std::unique_ptr<net::Listener> inner, IoClock& clock, TaskScope& scope, DelayQueue& chance, const Distance& distance)
      : inner_(std::move(inner)), clock_(clock), scope_(scope), chance_(chance), distance_(distance) {}
  Task<Result<std::unique_ptr<net::ByteStream>>> accept() override {
    auto stream = co_await inner_->accept();
    if (!stream) co_return std::unexpected(stream.error());
    co_return std::make_unique<DelayedStream>(std::move(*stream), scope_, clock_, chance_, distance_);
  }
  Endpoint local() const override { return inner_->local(); }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<net::Listener> inner_;
  IoClock& clock_;
  TaskScope& scope_;
  DelayQueue& chance_;
  Distance distance_;
};

}  // namespace soulfabric::bench
