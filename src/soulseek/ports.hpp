// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the client ask of each other: transfers, searches, users and the tree reach peers and the server
// through these, and are tested with fakes of them. Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/net/stream.hpp"
#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek {

/// The connection to the server.
class ServerPort {
 public:
  virtual ~ServerPort() = default;
  [[nodiscard]] virtual bool logged_in() const noexcept = 0;
  /// Our own name while logged in, else empty.
  [[nodiscard]] virtual const std::string& username() const noexcept = 0;
  /// Queues one whole frame; dropped when not logged in.
  virtual void send(Bytes frame) = 0;
  /// The user's address as the server gives it. Errors: Offline, TimedOut, Unavailable.
  [[nodiscard]] virtual Task<Result<Endpoint>> address_of(std::string username, MonoTime deadline) = 0;
  /// Keeps the server telling us about a user; counted, one unwatch per watch.
  virtual void watch(const std::string& username) = 0;
  virtual void unwatch(const std::string& username) = 0;
  /// Last known presence of a watched user.
  [[nodiscard]] virtual UserStatus known_status(const std::string& username) const = 0;
};

/// A file (F) connection after its init message. Whatever followed the init in the same read comes out of `stream` first.
struct FileConnection {
  std::string username;  // proven only in so far as the address is the one the server gave (`address_checked`)
  std::unique_ptr<net::ByteStream> stream;
  Endpoint remote;
  bool address_checked = false;
};

/// Peer connections: P messages to and from anybody, and F connections.
class PeerPort {
 public:
  virtual ~PeerPort() = default;
  /// Sends one whole P frame on the newest connection to the user, opening one (direct and indirect raced) where none is.
  /// Errors: Offline, TimedOut, Unavailable, Banned, Closed.
  [[nodiscard]] virtual Task<Status> send(std::string username, Bytes frame, MonoTime deadline) = 0;
  /// Opens an F connection and writes its init message.
  [[nodiscard]] virtual Task<Result<FileConnection>> open_file(std::string username, MonoTime deadline) = 0;
};

/// Who is told about what arrives; one per concern, set once while the client is put together.
/// `address_checked`: the connection comes from (or goes to) the address that the server gave for this name.
struct PeerMessageIn {
  std::string username;
  Endpoint remote;
  bool address_checked = false;
  std::uint32_t code = 0;
  ByteView body;  // valid during the call
  bool incoming = false;  // on a connection that they wanted
};
using PeerMessageHandler = std::function<void(const PeerMessageIn&)>;
using FileConnectionHandler = std::function<void(FileConnection)>;

}  // namespace soulfabric::soulseek
