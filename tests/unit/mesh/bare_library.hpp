// SPDX-License-Identifier: GPL-3.0-or-later
// The library as it comes, on its own socket, for the attacks that made ours an allow-list.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/dht_datagrams.hpp"

namespace soulfabric::testing {

/// A UDP socket of a test on an address of loopback; reads with a time limit.
class TestSocket {
 public:
  explicit TestSocket(const std::string& address);
  ~TestSocket();
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;
  void send(const Endpoint& to, const Bytes& datagram) const;
  [[nodiscard]] std::optional<Bytes> receive(std::chrono::milliseconds limit) const;
  /// Sends a request until an answer with its transaction comes, five times a second; the answer points into `kept_`.
  [[nodiscard]] std::optional<mesh::DatagramMessage> ask(const Endpoint& to, const mesh::DatagramMessage& request, int attempts = 25);
  [[nodiscard]] Endpoint endpoint() const;

 private:
  int descriptor_ = -1;
  Bytes kept_;
};

struct StoredValue {
  std::uint64_t id = 0;
  std::uint16_t type = 0;
  Bytes data;
};

/// A DhtRunner on its own socket; type 2 has policies that refuse everything that does not start with 'V', type 9 is not registered.
class BareLibrary {
 public:
  BareLibrary();
  ~BareLibrary();
  BareLibrary(const BareLibrary&) = delete;
  BareLibrary& operator=(const BareLibrary&) = delete;
  [[nodiscard]] Endpoint endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soulfabric::testing
