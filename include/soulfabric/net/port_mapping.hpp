// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the router to let others in: UPnP by miniupnpc, NAT-PMP by libnatpmp. Only for ports that it is given; kept up until stopped.
// Network thread only; the libraries block on a thread of their own.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::net {

struct PortMappingSettings {
  std::uint16_t port = 0;               // ours, TCP and UDP alike
  std::vector<std::uint16_t> never;     // ports that must not be opened whatever is asked: the web page's
  std::chrono::seconds lifetime{3600};  // asked for; renewed at half of it
  std::chrono::seconds retry{600};      // after a failure
  std::optional<IpAddress> router;      // nothing: the default route's
};

struct PortMapping {
  std::uint16_t outer = 0;
  std::optional<IpAddress> external;  // nothing where the router did not say
  std::string by;                     // "NAT-PMP" or "UPnP"
};

class PortMapper {
 public:
  virtual ~PortMapper() = default;
  /// Forbidden where the port is one of `never`.
  [[nodiscard]] virtual Status start() = 0;
  /// Takes the mapping back, at most two seconds.
  [[nodiscard]] virtual Task<void> stop() = 0;
  [[nodiscard]] virtual std::optional<PortMapping> mapping() const = 0;
  /// Why there is none; empty where there is one or the first answer is still awaited.
  [[nodiscard]] virtual std::string trouble() const = 0;
};

/// `on_change`: the mapping came, moved or went.
[[nodiscard]] std::unique_ptr<PortMapper> make_port_mapper(IoContext& context, IoClock& clock, PortMappingSettings settings,
                                                           std::function<void()> on_change);

}  // namespace soulfabric::net
