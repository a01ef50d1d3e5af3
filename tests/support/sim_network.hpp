// SPDX-License-Identifier: GPL-3.0-or-later
// A network in memory on virtual time: hosts by address, streams with latency and loss, partitions, hosts that lose their power.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "soulfabric/base/random.hpp"
#include "soulfabric/net/tcp.hpp"
#include "support/sim_clock.hpp"

namespace soulfabric::testing {

struct SimWeather {
  Duration least_latency = std::chrono::milliseconds(5);  // one way; each pair of hosts has its own
  Duration most_latency = std::chrono::milliseconds(120);
  unsigned loss_per_mille = 0;  // of segments: they arrive one retransmission later, and so does what follows
  Duration retransmission = std::chrono::milliseconds(250);
};

/// Which hosts hear each other. Everything is decided by the seed and by the order of calls.
class SimNetwork {
 public:
  SimNetwork(IoContext& context, SimClock& clock, std::uint64_t seed, SimWeather weather);
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  [[nodiscard]] std::unique_ptr<net::Dialer> dialer_of(const IpAddress& host);
  [[nodiscard]] Result<std::unique_ptr<net::Listener>> listen(Endpoint at);

  /// Hosts of different groups do not hear each other; unnamed hosts are group 0. Streams live on and carry on after `heal`.
  void partition(const std::map<IpAddress, int>& groups);
  void heal();
  /// Power off: nothing of this host is ever heard again on its present streams, its listeners are gone. It may listen again at once.
  void lose_power(const IpAddress& host);

  [[nodiscard]] bool hear_each_other(const IpAddress& a, const IpAddress& b) const;
  [[nodiscard]] Duration latency(const IpAddress& a, const IpAddress& b) const;
  [[nodiscard]] const SimWeather& weather() const noexcept { return weather_; }
  [[nodiscard]] SimClock& clock() const noexcept { return clock_; }
  [[nodiscard]] IoContext& context() const noexcept { return context_; }
  [[nodiscard]] std::uint64_t connects() const noexcept { return connects_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  struct Pipe;
  struct Door;

 private:
  friend class SimDialer;
  friend class SimListener;
  friend class SimStream;
  void wake_pipes();
  IoContext& context_;
  SimClock& clock_;
  std::uint64_t seed_;
  SimWeather weather_;
  std::map<Endpoint, std::weak_ptr<Door>> doors_;
  std::map<IpAddress, int> groups_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  std::uint64_t connects_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint16_t next_port_ = 20'000;
  std::size_t tidy_at_ = 256;
};

}  // namespace soulfabric::testing
