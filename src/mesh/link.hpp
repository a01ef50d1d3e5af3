// SPDX-License-Identifier: GPL-3.0-or-later
// One connection and its link machine: a reader, a writer, and the streams that others hold. Network thread only.
#pragma once
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/link_machine.hpp"
#include "core/send_pace.hpp"
#include "link_host.hpp"
#include "soulfabric/mesh/links.hpp"

namespace soulfabric::mesh {

/// The part of a stream that outlives its handle while a read or a write is pending.
struct StreamEnd {
  StreamEnd(std::shared_ptr<Link> link_in, StreamId id_in, Protocol protocol_in) : link(std::move(link_in)), id(id_in), protocol(protocol_in) {}
  std::shared_ptr<Link> link;
  StreamId id;
  Protocol protocol;
  bool closed = false;
  Notifier readable;
  Notifier writable;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(LinkHost& host, std::unique_ptr<net::ByteStream> stream, Direction direction, LinkMachine machine);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  /// Until the other side is proven, or it failed; the alert is sent then.
  [[nodiscard]] Task<Status> handshake(MonoTime deadline);
  /// After a handshake that led to nothing: goodbye without a word of ours.
  [[nodiscard]] Task<void> turn_away(MonoTime deadline);
  /// The link counts from here on: reader and writer start.
  void start();
  /// A stream with its first byte on the way. Unavailable, or Busy: wait for `accepted`.
  [[nodiscard]] Result<StreamPtr> open(Protocol protocol);
  void leave();
  void probe();
  /// At once, without a word.
  void end(Error reason);
  /// Looks at the time: pings, notices death, resets streams that never say what they are for.
  void tick(MonoTime now);
  [[nodiscard]] MonoTime due() const noexcept;

  [[nodiscard]] LinkInfo info() const;
  [[nodiscard]] const PeerId& peer() const noexcept { return peer_; }
  [[nodiscard]] Direction direction() const noexcept { return direction_; }
  [[nodiscard]] const Endpoint& remote() const noexcept { return remote_; }
  [[nodiscard]] const Endpoint& local() const noexcept { return local_; }
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  [[nodiscard]] Duration stood() const { return clock_.now() - started_; }
  [[nodiscard]] LinkMachine& machine() noexcept { return machine_; }
  [[nodiscard]] const LinkMachine& machine() const noexcept { return machine_; }
  [[nodiscard]] IoClock& clock() noexcept { return clock_; }
  Notifier& heard() noexcept { return heard_; }
  Notifier& accepted() noexcept { return accepted_; }

  // For the streams.
  [[nodiscard]] Result<std::size_t> read(StreamEnd& end, MutableByteView into);
  [[nodiscard]] bool is_readable(const StreamEnd& end) const noexcept { return over_ || machine_.streams().is_readable(end.id); }
  [[nodiscard]] Result<std::size_t> write(StreamEnd& end, ByteView bytes);
  void finish(StreamEnd& end);
  void reset(StreamEnd& end);
  void forget(StreamEnd& end);

 private:
  [[nodiscard]] Task<void> read_loop(std::shared_ptr<Link> self);
  [[nodiscard]] Task<void> write_loop(std::shared_ptr<Link> self);
  [[nodiscard]] Task<Status> flush(MonoTime deadline);
  [[nodiscard]] Status take(ByteView wire);
  void pump();
  void name_stream(StreamId id);
  void account();
  void kick();
  [[nodiscard]] StreamPtr make_stream(StreamId id, Protocol protocol);

  LinkHost* host_;
  IoClock& clock_;
  std::unique_ptr<net::ByteStream> stream_;
  Direction direction_;
  LinkMachine machine_;
  SendPace pace_;
  Endpoint remote_;
  Endpoint local_;
  PeerId peer_;
  MonoTime started_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t counted_ = 0;  // unread bytes that the host knows of
  bool running_ = false;
  bool over_ = false;
  bool may_grow_ = true;
  std::optional<Error> failed_;  // by the bytes that came; the reason is on its way out
  MonoTime failed_at_{};
  std::unordered_map<StreamId, std::shared_ptr<StreamEnd>> ends_;
  std::unordered_map<StreamId, MonoTime> nameless_;  // opened by the other side, its first byte not here
  Notifier to_send_;
  Notifier heard_;
  Notifier accepted_;
};

}  // namespace soulfabric::mesh
