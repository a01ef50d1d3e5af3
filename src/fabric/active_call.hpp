// SPDX-License-Identifier: GPL-3.0-or-later
// One call that was let in: everything its handler may touch, alive until both the handler and the stream's reader are done.
#pragma once
#include <optional>
#include <utility>

#include "core/call_gate.hpp"
#include "soulfabric/fabric/service.hpp"

namespace soulfabric::fabric {

/// Made once the gate said yes; gives back what it holds in the gate and of the budget when it is settled, at the latest at its end.
class ActiveCall {
 public:
  ActiveCall(CallGate& gate, const Clock& clock, Admitted admitted, MeshService& service, mesh::StreamPtr stream)
      : gate_(gate), clock_(clock), admitted_(std::move(admitted)), service_(service), stream_(std::move(stream)) {}
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;
  ~ActiveCall() { settle(); }

  [[nodiscard]] MeshService& service() noexcept { return service_; }
  [[nodiscard]] mesh::Stream& stream() noexcept { return *stream_; }
  [[nodiscard]] const MethodInfo& method() const noexcept { return *admitted_.method; }
  [[nodiscard]] MonoTime deadline() const noexcept { return admitted_.deadline; }
  [[nodiscard]] Bytes& payload() noexcept { return payload_; }
  [[nodiscard]] CallContext& context() noexcept { return *context_; }

  void begin(guard::CallBudget budget, bool trusted) {
    budget_.emplace(std::move(budget));
    context_.emplace(CallContext{stream_->peer(), *budget_, admitted_.deadline, trusted, stream_->remote().address});
  }
  /// True for the first who asks: there is one answer.
  [[nodiscard]] bool claim_answer() noexcept { return !std::exchange(answered_, true); }
  [[nodiscard]] bool is_answered() const noexcept { return answered_; }
  [[nodiscard]] bool hold_reply(std::size_t bytes) { return bytes == 0 || gate_.hold_reply(admitted_, bytes); }
  void note(CallStatus status) noexcept { end_ = {status, false}; }
  void note_caller_left() noexcept { end_.caller_left = true; }
  /// The handler has ended and its answer has left.
  void settle() {
    if (std::exchange(settled_, true)) return;
    context_.reset();
    budget_.reset();
    payload_ = {};
    gate_.finish(admitted_, end_, clock_.now());
  }
  [[nodiscard]] bool is_settled() const noexcept { return settled_; }
  Notifier ended;  // of a streaming handler

 private:
  CallGate& gate_;
  const Clock& clock_;
  Admitted admitted_;
  MeshService& service_;
  mesh::StreamPtr stream_;
  Bytes payload_;
  std::optional<guard::CallBudget> budget_;
  std::optional<CallContext> context_;
  CallEnd end_{CallStatus::Unavailable, true};  // until somebody knows better
  bool answered_ = false;
  bool settled_ = false;
};

}  // namespace soulfabric::fabric
