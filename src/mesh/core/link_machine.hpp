// SPDX-License-Identifier: GPL-3.0-or-later
// One link as a value: TLS, streams, keep-alive and goodbye; bytes in, bytes out, `now` passed in. Sans-IO, network thread only.
#pragma once
#include <memory>
#include <optional>

#include "core/yamux_session.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::mesh {

struct LinkTimes {
  Duration handshake{std::chrono::seconds(5)};       // from the start to the first application byte
  Duration ping_interval{std::chrono::seconds(20)};
  Duration ping_timeout{std::chrono::seconds(15)};   // silence after a ping: the link is dead
  Duration goodbye{std::chrono::seconds(1)};         // for what is on its way when we leave
};

enum class LinkPhase : std::uint8_t {
  Handshaking,
  Proven,   // the other side's first application bytes are here: it is the peer and believes that we are we
  Open,     // admitted: our bytes go out
  Leaving,  // we said goodbye
  Over,
};

class LinkMachine {
 public:
  /// A client sends its first application byte at once, a server only when admitted: so the dialler's link is open once the other
  /// side decided for it.
  LinkMachine(std::shared_ptr<const net::TlsIdentity> identity, net::TlsSide side, std::optional<PeerId> expected, const MuxLimits& limits,
              const LinkTimes& times, MonoTime now);

  /// Bytes from the wire; `scratch` holds plain text on its way. Every error is the end. Closed: the other side said goodbye.
  /// Malformed with `is_to_blame`: a proven peer broke the rules of streams.
  [[nodiscard]] Status receive(ByteView wire, MutableByteView scratch, MonoTime now);
  /// Appends to `out` until nothing is to be sent or `most` bytes stand there (one record more at most).
  void produce(Bytes& out, MutableByteView scratch, std::size_t most, MonoTime now);
  [[nodiscard]] bool wants_to_send() const noexcept;
  /// Everything was produced, the goodbye too.
  [[nodiscard]] bool is_finished() const noexcept { return farewell_sent_; }

  void admit(MonoTime now);
  /// Not admitted: only the goodbye of TLS goes out.
  void refuse();
  /// No new streams; what is queued still goes, then the goodbye.
  void leave(MonoTime now);
  /// A question at once; any answer, or any other byte, shows in `last_heard`.
  void probe(MonoTime now);
  /// When `tick` has something to do.
  [[nodiscard]] MonoTime due() const noexcept;
  /// TimedOut: the handshake took too long, or the other side is dead. Closed: the time for the goodbye is over.
  [[nodiscard]] Status tick(MonoTime now);

  /// Events of the streams; pongs are noted here.
  [[nodiscard]] std::optional<MuxEvent> next_event();
  [[nodiscard]] YamuxSession& streams() noexcept { return mux_; }
  [[nodiscard]] const YamuxSession& streams() const noexcept { return mux_; }
  [[nodiscard]] LinkPhase phase() const noexcept { return phase_; }
  /// Our side of the handshake is done, nothing is to be believed yet.
  [[nodiscard]] bool is_established() const noexcept { return tls_.established(); }
  [[nodiscard]] bool is_to_blame() const noexcept { return to_blame_; }
  [[nodiscard]] std::optional<PublicKey> peer_key() const { return tls_.peer_key(); }
  [[nodiscard]] std::optional<Duration> round_trip() const noexcept { return round_trip_; }
  [[nodiscard]] MonoTime last_heard() const noexcept { return last_heard_; }
  void set_times(const LinkTimes& times) noexcept { times_ = times; }

 private:
  [[nodiscard]] Status over(Error error);
  void flush_tls(Bytes& out);
  void ask(MonoTime now);

  net::TlsSession tls_;
  YamuxSession mux_;
  net::TlsSide side_;
  LinkTimes times_;
  LinkPhase phase_ = LinkPhase::Handshaking;
  MonoTime started_;
  MonoTime last_heard_;
  MonoTime asked_;                     // the last ping
  std::optional<MonoTime> waiting_;    // the first unanswered ping
  std::optional<MonoTime> left_;
  std::optional<Duration> round_trip_;
  bool greeted_ = false;
  bool farewell_sent_ = false;
  bool to_blame_ = false;
};

}  // namespace soulfabric::mesh
