// SPDX-License-Identifier: GPL-3.0-or-later
// Children are kept by number; each has a cancellation signal of its own.
#include "soulfabric/base/task_scope.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <cstdlib>
#include <map>
#include <vector>

#include "soulfabric/base/log.hpp"

namespace soulfabric {

struct TaskScope::State {
  State(IoContext& context_in, std::string name_in, std::size_t cap_in) : context(context_in), name(std::move(name_in)), cap(cap_in) {}
  IoContext& context;
  std::string name;
  std::size_t cap;
  std::map<std::uint64_t, std::shared_ptr<boost::asio::cancellation_signal>> children;
  std::uint64_t next = 0;
  bool closing = false;
  std::vector<boost::asio::steady_timer*> joiners;
};

TaskScope::TaskScope(IoContext& context, std::string name, std::size_t cap) : state_(std::make_shared<State>(context, std::move(name), cap)) {}

TaskScope::~TaskScope() {
  if (state_->children.empty() || state_->context.stopped()) return;
  log::write(log::Level::Fatal, "scope", "the scope '" + state_->name + "' was destroyed with running tasks");
  std::abort();
}

bool TaskScope::spawn(std::string_view what, Task<void> task) { return start(what, std::move(task)).has_value(); }

std::optional<std::uint64_t> TaskScope::start(std::string_view what, Task<void> task) {
  if (state_->closing || state_->children.size() >= state_->cap) return std::nullopt;
  const auto id = state_->next++;
  auto signal = std::make_shared<boost::asio::cancellation_signal>();
  state_->children.emplace(id, signal);
  auto ended = [state = state_, id, label = std::string(what)](const std::exception_ptr& failure) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const boost::system::system_error& e) {
        if (e.code() != boost::asio::error::operation_aborted) log::error("scope", state->name + "/" + label + " ended by an exception: " + e.what());
      } catch (const std::exception& e) {
        log::error("scope", state->name + "/" + label + " ended by an exception: " + e.what());
      }
    }
    state->children.erase(id);
    if (state->children.empty()) {
      for (auto* joiner : state->joiners) joiner->cancel();
    }
  };
  boost::asio::co_spawn(state_->context, std::move(task), boost::asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
  return id;
}

void TaskScope::stop(std::uint64_t child) {
  const auto found = state_->children.find(child);
  if (found == state_->children.end()) return;
  const auto signal = found->second;  // the child may end, and be forgotten, while it is told
  signal->emit(boost::asio::cancellation_type::terminal);
}

void TaskScope::cancel() {
  state_->closing = true;
  std::vector<std::shared_ptr<boost::asio::cancellation_signal>> signals;
  signals.reserve(state_->children.size());
  for (const auto& [id, signal] : state_->children) signals.push_back(signal);
  for (const auto& signal : signals) signal->emit(boost::asio::cancellation_type::terminal);
}

Task<void> TaskScope::join() {
  const auto state = state_;
  while (!state->children.empty()) {
    boost::asio::steady_timer timer(state->context, MonoTime::max());
    state->joiners.push_back(&timer);
    co_await timer.async_wait(kAwait);
    std::erase(state->joiners, &timer);
  }
}

Task<void> TaskScope::close() {
  cancel();
  co_await join();
}

std::size_t TaskScope::size() const noexcept { return state_->children.size(); }
bool TaskScope::closing() const noexcept { return state_->closing; }
IoContext& TaskScope::context() const noexcept { return state_->context; }

}  // namespace soulfabric
