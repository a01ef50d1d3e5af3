// SPDX-License-Identifier: GPL-3.0-or-later
// The pieces of a connection to a peer: a stream that holds its place in the connection gate, and one P connection.
#pragma once
#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "ports.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/guard/connection_gate.hpp"
#include "wire/frame_reader.hpp"

namespace soulfabric::soulseek {

/// A stream that gives back what was read too far first, and holds its place until it dies.
[[nodiscard]] std::unique_ptr<net::ByteStream> make_held_stream(std::unique_ptr<net::ByteStream> inner, guard::ConnectionSlot slot, Bytes first);

/// A peer connection after its init message, whatever it is for.
struct PeerConnection {
  std::string username;
  std::unique_ptr<net::ByteStream> stream;
  Endpoint remote;
  bool address_checked = false;
  bool incoming = false;             // the other side wanted it
  wire::FrameReader reader{wire::FrameKind::Peer};  // holds what followed the init message
};

/// Takes a browse answer piece by piece; the link waits for each call, so a slow disk slows the peer.
class BrowseReceiver {
 public:
  virtual ~BrowseReceiver() = default;
  virtual void begin(std::uint32_t compressed_size) = 0;
  [[nodiscard]] virtual Task<Status> chunk(Bytes data) = 0;
  /// The whole answer arrived, or it never will.
  virtual void finished(Status how) = 0;
};

/// One thing to send: bytes, and a file's content after them.
struct Outgoing {
  std::shared_ptr<const Bytes> bytes;
  std::shared_ptr<File> file;
  std::uint64_t file_size = 0;
};

/// One P connection.
struct PeerLink {
  [[nodiscard]] bool has_list() const {
    return sending_list || std::any_of(outbox.begin(), outbox.end(), [](const Outgoing& item) { return item.file != nullptr; });
  }

  std::string username;
  PeerConnection connection;
  std::deque<Outgoing> outbox;
  std::size_t outbox_bytes = 0;
  Notifier changed;
  MonoTime close_at = kNever;  // no traffic for so long ends it
  BrowseReceiver* receiving = nullptr;
  bool sending_list = false;
  bool only_results = true;  // nothing but search answers came, and we sent nothing
  bool dead = false;
};

}  // namespace soulfabric::soulseek
