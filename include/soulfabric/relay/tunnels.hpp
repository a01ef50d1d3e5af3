// SPDX-License-Identifier: GPL-3.0-or-later
// Trusted relay: the user's own nodes reach each other's web page and API (architecture, section 11; security rules S18 to S20).
// Network thread only.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::relay {

inline constexpr std::string_view kTunnelService = "trusted-relay";
inline constexpr std::string_view kApiTarget = "slskdn-api";  // the gateway, joined in process
inline constexpr std::string_view kUiTarget = "slskdn-ui";    // the same: page and API are one door

/// The near side: a place on this machine that leads to a target of another node (security rule S19).
struct ForwardSettings {
  std::string name;               // [a-z0-9-]{1,32}; its host is <name>.localhost
  PeerId peer;
  std::string target = std::string(kUiTarget);
  std::optional<PeerId> via;      // a third node that both know
  std::uint16_t port = 0;         // on loopback; 0: any free one, kept while the program runs
  std::string socket;             // path of a Unix socket (0600) instead of a port; empty: none
  bool raw = false;               // bytes as they are: no Host, Origin and cookie rules
  friend bool operator==(const ForwardSettings&, const ForwardSettings&) = default;
};

struct TunnelSettings {
  bool enabled = false;           // far side: other nodes may reach targets here
  bool relay = false;             // middle: lends itself to peers with the right relay_for
  std::map<std::string, std::uint16_t> targets;  // operator's names and loopback ports
  bool gateway_targets = true;    // kApiTarget and kUiTarget are among the targets
  std::vector<std::uint16_t> own_ports;          // of this daemon: never a target
  std::size_t per_peer = 4;
  std::size_t total = 20;
  std::chrono::seconds idle{120};
  std::uint64_t bytes_per_second = 0;            // of each direction, all tunnels of the middle and far side; 0: without limit
  std::vector<ForwardSettings> forwards;
};

enum class TunnelRole : std::uint8_t { Near, Far, Middle };

struct TunnelInfo {
  std::uint64_t id = 0;
  TunnelRole role = TunnelRole::Near;
  PeerId peer;                    // the other end; of the middle: who asked
  std::optional<PeerId> via;      // of the middle: the other end
  std::string target;             // empty in the middle, which does not know it
  std::string forward;            // near side
  Duration age{};
  Duration idle{};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string state;              // "opening", "open", "half-closed", "closing"
};

struct ForwardInfo {
  ForwardSettings settings;
  std::string url;                // for a browser: http://<name>.localhost:<port>/; empty while it does not listen
  std::string trouble;            // one sentence, else empty
  std::size_t tunnels = 0;
};

enum class TunnelRefusal : std::uint8_t { Disabled, NoRight, Target, OwnPort, PerPeer, Total, Identity, Down, Loop, Host, Rate, Count_ };
[[nodiscard]] std::string_view name_of(TunnelRefusal why) noexcept;

struct TunnelMetrics {
  std::uint64_t opened = 0;
  std::uint64_t open = 0;         // now
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> refused = std::vector<std::uint64_t>(static_cast<std::size_t>(TunnelRefusal::Count_));
};

/// The gateway as a target: takes one end of a socket pair and serves HTTP on it with the origin remote_gateway (security rule S20).
class GatewayDoor {
 public:
  virtual ~GatewayDoor() = default;
  /// Owns the descriptor from here on. Unavailable: it is stopping.
  [[nodiscard]] virtual Status join(int descriptor) = 0;
};

class Tunnels {
 public:
  virtual ~Tunnels() = default;
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  virtual void configure(const TunnelSettings& settings) = 0;
  [[nodiscard]] virtual std::vector<TunnelInfo> tunnels() const = 0;
  /// NotFound.
  [[nodiscard]] virtual Status close(std::uint64_t id) = 0;
  [[nodiscard]] virtual std::vector<ForwardInfo> forwards() const = 0;
  /// A forward for this run only, from the page: to the other node's UI. Exists where there is one of that name.
  [[nodiscard]] virtual Result<ForwardInfo> open_forward(ForwardSettings settings) = 0;
  [[nodiscard]] virtual Status close_forward(const std::string& name) = 0;
  /// One tunnel as a byte stream: what a forward does for each connection. Forbidden, NotFound, Offline, TimedOut.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<net::ByteStream>>> open(PeerId peer, std::string target, std::optional<PeerId> via,
                                                                           MonoTime deadline) = 0;
  [[nodiscard]] virtual TunnelMetrics metrics() const = 0;
  virtual void on_change(std::function<void()> callback) = 0;
  [[nodiscard]] virtual fabric::MeshService& service() = 0;
};

/// All outlive it.
struct TunnelDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  net::Dialer& dialer;
  fabric::Fabric& fabric;
  mesh::Links& links;
  mesh::PeerBook& peers;
  std::shared_ptr<const net::TlsIdentity> identity;  // for the inner session, ALPN kInnerAlpn (security rule S18)
  GatewayDoor* gateway = nullptr;                    // nothing: no gateway targets
};
inline constexpr std::string_view kInnerAlpn = "soulfabric-tunnel/1";
[[nodiscard]] std::unique_ptr<Tunnels> make_tunnels(TunnelDependencies dependencies, TunnelSettings settings);

}  // namespace soulfabric::relay
