// SPDX-License-Identifier: GPL-3.0-or-later
// Links to proven peers, at most one each: dialled, accepted, kept alive, multiplexed. Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/stream.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::mesh {

/// A link as the page and the API show it.
struct LinkInfo {
  PeerId peer;
  PublicKey key{};
  Direction direction = Direction::Outbound;
  Endpoint remote;
  Duration age{};
  std::optional<Duration> round_trip;  // nothing before the first pong
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::size_t streams = 0;
};

/// Where a peer may be reached. Implemented by the peer book; asks the DHT where `origin` may buy that.
class PeerLocator {
 public:
  virtual ~PeerLocator() = default;
  /// Best first, at most 4; empty: nowhere.
  [[nodiscard]] virtual Task<std::vector<Endpoint>> locate(PeerId peer, guard::Origin origin, MonoTime deadline) = 0;
  /// What came of an attempt: a wrong identity keeps the address from being dialled for 10 minutes (security rule S7).
  virtual void dialled(const PeerId& peer, const Endpoint& endpoint, const Status& outcome) = 0;
  /// A link stands; `remote` is where the other end was seen.
  virtual void linked(const PeerId& peer, const PublicKey& key, const Endpoint& remote, Direction direction) = 0;
  /// Peers that a link should be kept to: configured, trusted, lately known; best first.
  [[nodiscard]] virtual std::vector<PeerId> wanted() const = 0;
  /// Its owner gave this key up as stolen: no link with it stands or is made (security rule S10).
  [[nodiscard]] virtual bool is_revoked(const PeerId&) const { return false; }
  /// Configured, trusted or reputable: it finds a place where strangers take none any more (security rule S2).
  [[nodiscard]] virtual bool is_cared_for(const PeerId&) const { return false; }
  /// Whether such a peer is, or was, at this address: it has a reserve where handshakes are rationed (security rule S9).
  [[nodiscard]] virtual bool is_known_address(const IpAddress&) const { return false; }
};

struct LinkSettings {
  std::optional<Endpoint> listen;  // nothing: no inbound links
  std::size_t links = 256;
  std::size_t keep_links = 16;                        // how many of the wanted peers a link is kept to
  std::size_t half_open = 64;                         // security rule S9
  std::chrono::milliseconds handshake_time{5'000};    // from the accept to the first application byte
  unsigned handshakes_per_second = 100;
  unsigned handshakes_per_prefix = 5;                 // a second, per /24 or /48
  std::chrono::milliseconds ping_interval{20'000};
  std::chrono::milliseconds ping_timeout{15'000};     // silence after a ping: the link is dead
  std::chrono::milliseconds reconnect_first{1'000};   // doubles, with jitter
  std::chrono::milliseconds reconnect_longest{300'000};
  std::uint32_t stream_window = 256 * 1024;           // grows while a reader keeps up
  std::uint32_t stream_window_most = 16 * 1024 * 1024;
  std::uint64_t link_window = 32ULL * 1024 * 1024;
  std::uint64_t node_window = 128ULL * 1024 * 1024;
  std::size_t streams_per_link = 1024;                // opened by the other side and not finished
  std::chrono::milliseconds dial_time{10'000};        // to find and reach a peer, over all its endpoints
  std::chrono::milliseconds dial_stagger{250};        // before the next endpoint is tried beside the one before
  std::chrono::minutes wrong_identity_pause{10};      // an endpoint where somebody else answered is not dialled (security rule S7)
};

struct LinkMetrics {
  std::uint64_t dialled = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused_before_tls = 0;  // by ration, ban or full house
  std::uint64_t handshake_failures = 0;
  std::uint64_t half_open = 0;           // now
  std::uint64_t links = 0;               // now
  std::uint64_t streams_opened = 0;
  std::uint64_t streams_accepted = 0;
  std::uint64_t dead_links = 0;          // missed a ping
};

class Links {
 public:
  using StreamHandler = std::function<void(StreamPtr)>;
  virtual ~Links() = default;
  [[nodiscard]] virtual Status start() = 0;
  /// Says goodbye on every link, waits a little, closes.
  [[nodiscard]] virtual Task<void> stop() = 0;
  [[nodiscard]] virtual PeerId self() const = 0;
  /// Where inbound links arrive, with the port that was picked; nothing where not listening.
  [[nodiscard]] virtual std::optional<Endpoint> listening() const = 0;

  /// A stream over the present link, else over one dialled now. Errors: Offline (no way to reach it; the message says whether a relay
  /// would be needed), TimedOut, Banned, Busy, Forbidden (`origin` may not buy a dial).
  [[nodiscard]] virtual Task<Result<StreamPtr>> open(PeerId peer, Protocol protocol, guard::Origin origin, MonoTime deadline) = 0;
  /// Only makes sure that there is a link.
  [[nodiscard]] virtual Task<Status> connect(PeerId peer, guard::Origin origin, MonoTime deadline) = 0;
  /// Dials one endpoint, expecting one peer: connect-back, configured peers, tests.
  [[nodiscard]] virtual Task<Status> dial(PeerId peer, Endpoint endpoint, MonoTime deadline) = 0;
  /// Ends the link with a goodbye; a banned peer's link is ended by the room itself.
  virtual void drop(const PeerId& peer) = 0;
  /// Streams that others open. One handler per protocol, set before `start`; a protocol without one is reset.
  virtual void on_stream(Protocol protocol, StreamHandler handler) = 0;
  /// Asked when a peer cannot be dialled: true where it was asked, by way of a common peer, to dial us. The links then wait a little
  /// for its link before they give up.
  using CallBack = std::function<Task<bool>(PeerId peer, guard::Origin origin, MonoTime deadline)>;
  virtual void on_unreachable(CallBack call_back) { static_cast<void>(call_back); }
  /// A link came or went. Several may listen.
  virtual void on_link(std::function<void(const PeerId&, bool up)> callback) = 0;

  [[nodiscard]] virtual bool is_linked(const PeerId& peer) const = 0;
  [[nodiscard]] virtual std::optional<LinkInfo> link(const PeerId& peer) const = 0;
  [[nodiscard]] virtual std::vector<LinkInfo> links() const = 0;
  [[nodiscard]] virtual LinkMetrics metrics() const = 0;
  virtual void configure(const LinkSettings& settings) = 0;
};

/// All outlive the links. `listen` makes the listener: a test gives its own.
struct LinkDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  net::Dialer& dialer;
  PeerLocator& locator;
  std::shared_ptr<const net::TlsIdentity> identity;
  std::function<Result<std::unique_ptr<net::Listener>>(Endpoint)> listen;
};

[[nodiscard]] std::unique_ptr<Links> make_links(LinkDependencies dependencies, LinkSettings settings);

/// What `TlsIdentity::make` is told.
inline constexpr std::string_view kAlpn = "soulfabric/1";

}  // namespace soulfabric::mesh
