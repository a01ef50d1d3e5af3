// SPDX-License-Identifier: GPL-3.0-or-later
// A line with delay, loss and a rate between two network namespaces: two TUN devices and a thread that carries packets between them.
// Namespaces belong to threads, so both ends live in this process. Linux, user namespaces; no root.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace soulfabric::bench {

struct LineSettings {
  std::uint64_t bits_per_second = 1'000'000'000;
  std::chrono::microseconds one_way{25'000};
  double loss = 0;  // share of packets
  int mtu = 9000;
  std::chrono::milliseconds queue{50};  // how much the line holds back before it drops
  std::string socket_buffers = "4096 131072 33554432";  // tcp_wmem and tcp_rmem of both ends: least, first, most bytes
};

/// Once, before any thread exists: a user namespace of our own. False where the system does not allow it.
[[nodiscard]] bool enter_user_namespace();

class ShapedLine {
 public:
  explicit ShapedLine(const LineSettings& settings);
  ShapedLine(const ShapedLine&) = delete;
  ShapedLine& operator=(const ShapedLine&) = delete;
  ~ShapedLine();
  /// Empty where the line is up; else what went wrong.
  [[nodiscard]] const std::string& trouble() const noexcept;
  /// Runs both to their ends, each on a thread of its own at its end of the line (10.77.0.1 and 10.77.0.2).
  void run(const std::function<void()>& near, const std::function<void()>& far);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::bench
