// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway: HTTP and WebSocket for the page and for tools. Network thread only.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/base/options.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/gateway/settings.hpp"

namespace soulfabric {
class WorkerPool;
namespace guard {
class Guard;
}
namespace library {
class Shares;
}
namespace soulseek {
class Client;
}
namespace net {
class PortMapper;
}
namespace mesh {
class Links;
class Dht;
class PeerBook;
}  // namespace mesh
namespace fabric {
class Fabric;
}
namespace services {
class Pods;
}
namespace net {
class HttpClient;
}
namespace library {
class VerifiedCopies;
}
namespace relay {
class Catalogue;
class ContentRelay;
class Tunnels;
}  // namespace relay
}  // namespace soulfabric

namespace soulfabric::gateway {

/// The run-time overlay that slskd's PATCH /options knows.
struct ListenPatch {
  std::optional<std::uint16_t> listen_port;
  std::optional<std::string> listen_address;
};

/// The program's configuration and life, as the gateway may touch them. Implemented by the daemon.
class Configuration {
 public:
  virtual ~Configuration() = default;
  /// In force now, and at the start.
  [[nodiscard]] virtual Options options() const = 0;
  [[nodiscard]] virtual Options startup_options() const = 0;
  [[nodiscard]] virtual std::filesystem::path yaml_file() const = 0;
  [[nodiscard]] virtual Task<Result<std::string>> read_yaml() = 0;
  /// One sentence per fault, nothing where the text is valid.
  [[nodiscard]] virtual std::optional<std::string> validate_yaml(const std::string& text) const = 0;
  /// Writes and applies it; keeps the old file as .bak. InvalidArgument: one sentence per fault; Forbidden: it differs in a
  /// part that no HTTP route may change (security rule S21), the sentence names the key.
  [[nodiscard]] virtual Task<Status> write_yaml(std::string text) = 0;
  /// Applied at once, not stored. InvalidArgument.
  [[nodiscard]] virtual Status patch(const ListenPatch& patch) = 0;
  /// What waits for a restart or for a new connection to the server.
  [[nodiscard]] virtual bool pending_restart() const = 0;
  virtual void request_restart() = 0;
  virtual void request_shutdown() = 0;
};

/// The mesh while this node is part of it.
struct MeshParts {
  PublicKey key{};
  mesh::Links& links;
  mesh::Dht& dht;
  mesh::PeerBook& peers;
  fabric::Fabric& fabric;
  services::Pods* pods = nullptr;  // nothing: switched off
  std::vector<Endpoint> endpoints = {};  // where others reach us, as we tell them
  const net::PortMapper* mapper = nullptr;  // nothing: the router is not asked
};

/// Whether this node is part of the mesh, and the user's one answer to that question. Implemented by the daemon.
class MeshControl {
 public:
  virtual ~MeshControl() = default;
  /// Nothing while it is not; never kept across an await.
  [[nodiscard]] virtual const MeshParts* parts() = 0;
  struct Choice {
    bool open = false;    // nobody has answered yet: the page asks
    bool joined = false;  // as configured or answered
    bool fixed = false;   // the configuration says yes or no: the page cannot change it
    std::string trouble;  // why it does not run although it should; one sentence, else empty
  };
  [[nodiscard]] virtual Choice choice() const = 0;
  /// Remembers the answer and joins or leaves now. `shares`: names of shares that are to be offered to the mesh too. Conflict where
  /// the configuration has fixed it.
  [[nodiscard]] virtual Task<Status> choose(bool join, std::vector<std::string> shares) = 0;
  /// Called after the node joined or left, so that whoever listens to the parts listens to the new ones.
  void on_change(std::function<void()> callback) { listeners_.push_back(std::move(callback)); }

 protected:
  /// For who implements it: parts() or choice() gives something else now.
  void changed() {
    for (const auto& listener : listeners_) listener();
  }

 private:
  std::vector<std::function<void()>> listeners_;
};

/// The relays and what they stand on. Implemented by the daemon.
class RelayControl {
 public:
  virtual ~RelayControl() = default;
  /// Nothing where it does not run now (content and tunnels: this node is not on the mesh); never kept across an await.
  struct Parts {
    net::HttpClient* http = nullptr;
    library::VerifiedCopies* copies = nullptr;
    relay::Catalogue* catalogue = nullptr;
    relay::ContentRelay* content = nullptr;
    relay::Tunnels* tunnels = nullptr;
  };
  [[nodiscard]] virtual Parts parts() = 0;
  /// Called after a part came or went, and whenever one says that it changed. Several may listen.
  virtual void on_change(std::function<void()> callback) = 0;
};

/// One thing that must be so before the program counts as ready.
struct ReadyPart {
  std::string name;  // "soulseek.db", "shares", ...
  bool ready = false;
  std::string detail;  // one sentence, no secrets
};

/// All outlive the gateway.
struct GatewayDependencies {
  IoContext& context;
  IoClock& clock;
  WorkerPool& workers;
  Random& random;
  soulseek::Client& client;
  library::Shares& shares;
  guard::Guard& guard;
  Configuration& configuration;
  MeshControl* mesh = nullptr;  // nothing: this program knows no mesh (some tests)
  RelayControl* relay = nullptr;  // the same
  std::filesystem::path secrets;  // 0700, exists
  std::function<std::vector<ReadyPart>()> readiness;
  std::string version;  // our own, for version.full
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  /// Binds all of `at` or none. Conflict: port in use; Forbidden: an address other than loopback without credentials and
  /// `allow_remote`. Each message is one sentence for the user.
  [[nodiscard]] virtual Status start(const std::vector<ListenAt>& at) = 0;
  /// No new connections, open ones finish their answer, event streams are closed.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// Where it listens, in the order asked for, with the ports that were picked.
  [[nodiscard]] virtual std::vector<Endpoint> endpoints() const = 0;
  /// Serves one end of a connected stream socket pair, which it owns from here on: a tunnel's. Its requests come from remote_gateway and
  /// have no address (security rule S20). Unavailable: stopping; Busy: over the cap of connections.
  [[nodiscard]] virtual Status join(int descriptor) = 0;
  /// Live change. What concerns the listeners is left for the next start; a changed password ends all sessions.
  virtual void configure(GatewaySettings settings) = 0;
  /// A link that signs one browser in, once, within ten minutes. It goes to a terminal or a private file, never to a log.
  [[nodiscard]] virtual std::string make_login_link() = 0;
  /// True where this start made the password: nobody has signed in yet, so the link is to be shown.
  [[nodiscard]] virtual bool first_start() const = 0;
};

/// Reads or makes the secrets (blocking; at start-up). Io: the secrets folder cannot be used.
[[nodiscard]] Result<std::unique_ptr<Gateway>> make_gateway(const GatewayDependencies& dependencies, GatewaySettings settings);

/// The gateway's part of the configuration. A key with a bad role or network is left out; load_options has refused it before.
[[nodiscard]] GatewaySettings settings_from(const Options& options);

/// For `soulfabric login-link`: makes a link that the running daemon will honour, by way of secrets/login-link (0600).
/// `base` such as "http://127.0.0.1:5030". Blocking.
[[nodiscard]] Result<std::string> write_login_link(const std::filesystem::path& secrets, const std::string& base, Random& random,
                                                   WallTime now);

}  // namespace soulfabric::gateway
