// SPDX-License-Identifier: GPL-3.0-or-later
// The UDP socket between the network, the library and our own lookups. Sends from the library's thread and from the network thread;
// what arrives goes through the allow-list on the network thread. The one lock here guards the gate.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "core/datagram_gate.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::mesh {

class Wire {
 public:
  using Send = std::function<void(const Endpoint& to, ByteView datagram)>;
  /// Stands between us and the kernel: benches delay and lose there. Called on both threads.
  using Line = std::function<void(const Endpoint& to, ByteView datagram, const Send& send)>;

  /// Binds; IPv6 unspecified takes IPv4 as well. Errors: Io with the system's words.
  [[nodiscard]] static Result<std::shared_ptr<Wire>> open(const Endpoint& bind, GateSettings settings, Random& random, const Clock& clock, Line line);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const Endpoint& bound() const noexcept { return bound_; }
  [[nodiscard]] bool has_v4() const noexcept { return !is_v6_ || takes_v4_; }
  [[nodiscard]] bool has_v6() const noexcept { return is_v6_; }

  /// The library's datagrams. Thread-safe; 0 or an errno value.
  [[nodiscard]] int send_for_library(const Endpoint& to, ByteView datagram);
  /// A request of ours. Network thread.
  void send_for_search(const Endpoint& to, const DatagramMessage& request);
  /// One datagram that arrived, if there is one; its size. Network thread.
  [[nodiscard]] std::optional<std::size_t> receive(MutableByteView buffer, Endpoint& from);
  /// Judges it and sends the probe that it may have caused. Network thread.
  [[nodiscard]] DatagramGate::Verdict admit(const Endpoint& from, ByteView datagram);

  [[nodiscard]] DatagramGate::Counters counters() const;
  void set_self(const NodeId& self);
  /// Answers of the library to our own lookups come here, on the library's thread.
  void on_own_answer(std::function<void(ByteView)> callback);
  /// From here on nothing leaves, and the port is free for others, however long the library takes to end.
  void close() noexcept;

 private:
  Wire(GateSettings settings, Random& random, const Clock& clock, Line line);
  [[nodiscard]] int transmit(const Endpoint& to, ByteView datagram);
  [[nodiscard]] int transmit_now(const Endpoint& to, ByteView datagram) const;

  const Clock& clock_;
  Line line_;
  int descriptor_ = -1;
  bool is_v6_ = false;
  bool takes_v4_ = false;
  Endpoint bound_;
  std::atomic<bool> open_{true};
  mutable std::mutex mutex_;
  DatagramGate gate_;
  std::function<void(ByteView)> own_answer_;
};

}  // namespace soulfabric::mesh
