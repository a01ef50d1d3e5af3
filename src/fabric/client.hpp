// SPDX-License-Identifier: GPL-3.0-or-later
// Our own calls of one peer: a stream each, a few at a time, one answer or an error. Network thread only.
#pragma once
#include <deque>
#include <map>
#include <memory>

#include "core/provider_order.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "wire/call_frame.hpp"

namespace soulfabric::fabric {

/// What is asked; kept by the caller until its task ends.
struct Question {
  std::string service;
  std::string method;
  Bytes payload;
  unsigned budget = 0;
  std::size_t reply_cap = kPayloadCap;
  bool streams = false;  // the caller sets no deadline for the conversation
};

class CallClient {
 public:
  struct Dependencies {
    IoContext& context;
    IoClock& clock;
    Random& random;
    guard::Guard& guard;
    mesh::Links& links;
  };
  CallClient(Dependencies dependencies, std::size_t per_peer) : deps_(dependencies), per_peer_(per_peer) {}
  CallClient(const CallClient&) = delete;
  CallClient& operator=(const CallClient&) = delete;

  void configure(std::size_t per_peer) { per_peer_ = per_peer; }
  /// `sent` says afterwards whether the other side may have acted. The permit is spent once there is a stream.
  [[nodiscard]] Task<Result<CallOutcome>> call(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question, MonoTime deadline,
                                               bool& sent);
  /// Rejected: the other side answered with a status other than Ok, which is in `status`.
  [[nodiscard]] Task<Result<mesh::StreamPtr>> open(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question,
                                                   MonoTime deadline, CallStatus& status);
  [[nodiscard]] std::size_t busy(const PeerId& peer) const;

 private:
  struct Waiter {
    Notifier called;
    bool granted = false;
  };
  /// Our calls of one peer: how many run, who waits, first come first.
  struct Lane {
    std::size_t busy = 0;
    std::deque<Waiter*> waiting;
  };
  class Place;
  [[nodiscard]] Task<Status> take_place(Place& place, MonoTime deadline);
  [[nodiscard]] Task<Result<mesh::StreamPtr>> send(guard::Permit<guard::MeshCall>& permit, PeerId peer, const Question& question,
                                                   MonoTime deadline, bool& sent);
  [[nodiscard]] Task<Result<CallOutcome>> read_reply(mesh::Stream& stream, std::size_t cap, MonoTime deadline);
  void leave(const PeerId& peer);
  [[nodiscard]] Error blame(const mesh::Stream& stream, Error error);

  Dependencies deps_;
  std::size_t per_peer_;
  std::map<PeerId, Lane> lanes_;
};

}  // namespace soulfabric::fabric
