// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes on the same LAN, by multicast: ten bytes that say which network and which port. The library has its own, which would read
// datagrams that no allow-list of ours has seen. Network thread only.
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::mesh {

struct LanHello {
  std::uint32_t network = 0;
  std::uint16_t port = 0;
  friend bool operator==(const LanHello&, const LanHello&) = default;
};
[[nodiscard]] Bytes encode_hello(const LanHello& hello);
[[nodiscard]] std::optional<LanHello> parse_hello(ByteView datagram);

class LanDiscovery {
 public:
  static constexpr std::uint32_t kGroup = 0xEFC05346;  // 239.192.83.70, organisation-local
  static constexpr std::uint16_t kPort = 50306;
  static constexpr std::chrono::seconds kInterval{30};
  static constexpr unsigned kHeardPerInterval = 32;  // more are not looked at

  /// `node` is where our node listens; a loopback address keeps to loopback. Errors: Io.
  [[nodiscard]] static Result<std::unique_ptr<LanDiscovery>> open(IoContext& context, Endpoint node, std::uint32_t network);
  ~LanDiscovery();
  LanDiscovery(const LanDiscovery&) = delete;
  LanDiscovery& operator=(const LanDiscovery&) = delete;

  void announce() const;
  /// Until closed; `heard` gets nodes of our network on the LAN, ourselves among them.
  [[nodiscard]] Task<void> listen(IoClock& clock, std::function<void(Endpoint)> heard);
  void close();

 private:
  LanDiscovery(IoContext& context, Endpoint node, std::uint32_t network) : readable_(context), node_(node), network_(network) {}

  boost::asio::posix::basic_stream_descriptor<IoContext::executor_type> readable_;
  Endpoint node_;
  std::uint32_t network_;
  int sender_ = -1;
};

}  // namespace soulfabric::mesh
