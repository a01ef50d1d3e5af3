// SPDX-License-Identifier: GPL-3.0-or-later
// A peer that knows nothing but bytes, for tests that play somebody who breaks the rules.
#pragma once
#include <memory>
#include <string>

#include "soulfabric/net/tcp.hpp"
#include "soulseek/wire/frame_reader.hpp"
#include "soulseek/wire/wire.hpp"

namespace soulfabric::testing {

class RawPeer {
 public:
  /// `reads`: what comes back, the messages of a peer or of the server.
  RawPeer(IoContext& context, IoClock& clock, soulseek::wire::FrameKind reads = soulseek::wire::FrameKind::Peer)
      : clock_(clock), dialer_(net::make_tcp_dialer(context, clock)), reader_(reads) {}

  [[nodiscard]] Task<bool> connect(std::uint16_t port) {
    const auto deadline = clock_.now() + patience_;
    auto stream = co_await dialer_->connect({IpAddress::v4(0x7F000001), port}, deadline);
    if (stream) stream_ = std::move(*stream);
    co_return stream_ != nullptr;
  }
  /// Connects and says who it claims to be.
  [[nodiscard]] Task<bool> introduce(std::uint16_t port, std::string name, std::string type) {
    const bool connected = co_await connect(port);
    if (!connected) co_return false;
    const bool sent = co_await send(soulseek::wire::encode(soulseek::wire::init::PeerInit{name, type, 0}));
    co_return sent;
  }
  /// False where the other side has closed already.
  [[nodiscard]] Task<bool> send(Bytes bytes) {
    const auto sent = co_await stream_->write(bytes, clock_.now() + patience_);
    co_return sent.has_value();
  }
  /// The next message with this code, its body; nothing where the connection ends or stays silent.
  [[nodiscard]] Task<std::optional<Bytes>> wait_for(std::uint32_t code) {
    const auto deadline = clock_.now() + patience_;
    for (;;) {
      reader_.expect(soulseek::wire::peer::UserInfoResponse::kCode);
      reader_.expect(soulseek::wire::peer::SharedFileListResponse::kCode);
      const auto frame = reader_.next();
      if (!frame) co_return std::nullopt;
      if (*frame && (*frame)->part == soulseek::wire::Frame::Part::Whole) ++messages_;
      if (*frame && (*frame)->part == soulseek::wire::Frame::Part::Whole && (*frame)->code == code) co_return Bytes((*frame)->body.begin(), (*frame)->body.end());
      if (*frame) continue;
      const bool more = co_await read(deadline);
      if (!more) co_return std::nullopt;
    }
  }
  /// True when the other side ends the connection before `limit` is over, whatever it sends until then.
  [[nodiscard]] Task<bool> wait_for_end(Duration limit) {
    const auto deadline = clock_.now() + limit;
    for (;;) {
      const bool more = co_await read(deadline);
      if (!more) co_return !timed_out_;
      (void)reader_.take_rest();
    }
  }
  /// Whole messages that wait_for saw so far.
  [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
  void close() { stream_.reset(); }

 private:
  [[nodiscard]] Task<bool> read(MonoTime deadline) {
    const auto room = reader_.prepare(64 * 1024);
    const auto got = co_await stream_->read_some(room, deadline);
    timed_out_ = !got && got.error().code == Errc::TimedOut;
    if (got) reader_.commit(*got);
    co_return got.has_value();
  }
  IoClock& clock_;
  Duration patience_ = std::chrono::seconds(20);
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<net::ByteStream> stream_;
  soulseek::wire::FrameReader reader_;
  std::size_t messages_ = 0;
  bool timed_out_ = false;
};

}  // namespace soulfabric::testing
