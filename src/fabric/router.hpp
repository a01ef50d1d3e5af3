// SPDX-License-Identifier: GPL-3.0-or-later
// Lets calls in: reads a head, asks the gate, runs the handler as a coroutine of its own, sends one status. Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "core/call_gate.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "wire/call_frame.hpp"

namespace soulfabric::fabric {

/// One call that was let in: everything its handler may touch, alive until both the handler and the stream's reader are done.
class ActiveCall;

class Router {
 public:
  struct Dependencies {
    IoContext& context;
    IoClock& clock;
    guard::Guard& guard;
    std::function<bool(const PeerId&)> is_trusted;
  };
  Router(Dependencies dependencies, RouterSettings settings);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  [[nodiscard]] Status add(MeshService& service, bool hidden);
  /// A stream that a peer opened for a call.
  void accept(mesh::StreamPtr stream);
  [[nodiscard]] Task<void> stop();
  void configure(RouterSettings settings);
  [[nodiscard]] const CallGate& gate() const noexcept { return gate_; }

 private:
  struct Request {
    RequestHead head;
    Bytes rest;  // bytes of the payload that came with the head
  };
  [[nodiscard]] Task<void> serve(mesh::StreamPtr stream);
  [[nodiscard]] Task<Result<Request>> read_request(mesh::Stream& stream);
  [[nodiscard]] Task<Status> read_payload(ActiveCall& call, Request& request);
  [[nodiscard]] Task<void> refuse(mesh::StreamPtr stream, CallStatus status, std::size_t unread);
  [[nodiscard]] Task<void> run(std::shared_ptr<ActiveCall> call);
  [[nodiscard]] Task<Reply> run_handler(ActiveCall& call);
  [[nodiscard]] Task<CallStatus> run_stream(ActiveCall& call);
  [[nodiscard]] Task<void> answer(ActiveCall& call, Reply reply);
  [[nodiscard]] Task<void> watch(std::shared_ptr<ActiveCall> call, std::uint64_t handler);
  [[nodiscard]] Admission admit(const mesh::Stream& stream, const guard::Subject& subject, bool trusted, const RequestHead& head);
  void charge(const mesh::Stream& stream, guard::Violation violation);

  Dependencies deps_;
  std::chrono::milliseconds payload_time_;
  std::size_t payload_rate_;
  CallGate gate_;
  std::vector<MeshService*> services_;  // as numbered by the gate
  TaskScope scope_;
};

}  // namespace soulfabric::fabric
