// SPDX-License-Identifier: GPL-3.0-or-later
// A proven peer that speaks bytes of its own choice over TLS, for tests that play somebody who breaks the rules.
#pragma once
#include <memory>
#include <utility>

#include "soulfabric/mesh/links.hpp"
#include "wire/yamux_frame.hpp"

namespace soulfabric::testing {

class RawLink {
 public:
  RawLink(IoClock& clock, net::Dialer& dialer, const SigningKey& key)
      : clock_(clock), dialer_(dialer), tls_(net::TlsIdentity::make(key, mesh::kAlpn).value_or(nullptr), net::TlsSide::Client, std::nullopt) {}

  /// True once our side of the handshake is done; nothing was said yet.
  [[nodiscard]] Task<bool> connect(Endpoint to) {
    auto stream = co_await dialer_.connect(to, clock_.now() + kPatience);
    if (!stream) co_return false;
    stream_ = std::move(*stream);
    while (!tls_.established()) {
      const bool sent = co_await flush();
      if (!sent) co_return false;
      auto read = co_await read_some();
      if (!read) co_return false;
    }
    const bool last = co_await flush();
    co_return last;
  }
  [[nodiscard]] Task<bool> send(Bytes plain) {
    Bytes wire;
    if (!tls_.write(plain, wire)) co_return false;
    const auto written = co_await stream_->write(wire, clock_.now() + kPatience);
    co_return written.has_value();
  }
  [[nodiscard]] Task<bool> send(mesh::wire::YamuxHeader header) {
    const auto bytes = mesh::wire::encode_yamux_header(header);
    co_return co_await send(Bytes(bytes.begin(), bytes.end()));
  }
  /// Says hello as a link does, and waits until the other side has admitted it.
  [[nodiscard]] Task<bool> greet() {
    const bool asked = co_await send({mesh::wire::YamuxType::Ping, mesh::wire::kYamuxSyn, 0, 1});
    if (!asked) co_return false;
    auto got = co_await receive();
    co_return got.has_value();
  }
  /// Some plain text; Closed after a goodbye.
  [[nodiscard]] Task<Result<Bytes>> receive() {
    for (;;) {
      Bytes into(64 * 1024);
      const auto ready = tls_.read(into);
      if (!ready) co_return std::unexpected(ready.error());
      if (*ready > 0) {
        into.resize(*ready);
        co_return into;
      }
      if (tls_.ended()) co_return fail(Errc::Closed, "goodbye");
      auto more = co_await read_some();
      if (!more) co_return std::unexpected(std::move(more).error());
    }
  }
  /// True where the other side ends the connection before `limit` is over, whatever it says until then.
  [[nodiscard]] Task<bool> ends_within(Duration limit) {
    patience_until_ = clock_.now() + limit;
    for (;;) {
      auto got = co_await receive();
      if (got) continue;
      co_return got.error().code != Errc::TimedOut;
    }
  }
  void close() { stream_.reset(); }

 private:
  static constexpr std::chrono::seconds kPatience{20};
  [[nodiscard]] Task<bool> flush() {
    const Bytes wire(tls_.pending().begin(), tls_.pending().end());
    tls_.sent(wire.size());
    if (wire.empty()) co_return true;
    const auto written = co_await stream_->write(wire, clock_.now() + kPatience);
    co_return written.has_value();
  }
  [[nodiscard]] Task<Status> read_some() {
    Bytes buffer(64 * 1024);
    const MonoTime deadline = patience_until_ ? *patience_until_ : clock_.now() + kPatience;
    const auto got = co_await stream_->read_some(buffer, deadline);
    if (!got) co_return std::unexpected(got.error());
    co_return tls_.feed(ByteView(buffer).first(*got));
  }

  IoClock& clock_;
  net::Dialer& dialer_;
  net::TlsSession tls_;
  std::unique_ptr<net::ByteStream> stream_;
  std::optional<MonoTime> patience_until_;
};

}  // namespace soulfabric::testing
