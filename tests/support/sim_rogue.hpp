// SPDX-License-Identifier: GPL-3.0-or-later
// A hostile host of the simulated network: it dials, proves a key where that helps, and then does what nobody should.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "fabric/wire/call_frame.hpp"
#include "mesh/core/yamux_session.hpp"
#include "mesh/wire/yamux_frame.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/net/tls.hpp"
#include "support/sim_network.hpp"

namespace soulfabric::testing {

enum class Attack : std::uint8_t {
  NoiseBeforeTls,  // bytes that are no TLS
  Silence,         // connects and says nothing
  NoiseAfterTls,   // proven, then noise
  LengthLie,       // a frame longer than any credit
  StreamFlood,     // 1,500 streams at once
  PingFlood,       // 4,000 questions, no answer read
  NamedNoise,      // streams of the right protocols with noise in them
  CallFlood,       // 300 well-formed calls at once
  ThrowawayKey,    // a new key for each visit
};
inline constexpr std::array kAttacks{Attack::NoiseBeforeTls, Attack::Silence,     Attack::NoiseAfterTls,
                                     Attack::LengthLie,      Attack::StreamFlood, Attack::PingFlood,
                                     Attack::NamedNoise,     Attack::CallFlood,   Attack::ThrowawayKey};

struct Victim {
  PeerId peer;
  Endpoint endpoint;
};

class SimRogue {
 public:
  SimRogue(SimNetwork& network, IpAddress host, std::uint64_t seed)
      : network_(network), random_(seed), key_(SigningKey::generate(random_)), dialer_(network.dialer_of(host)), host_(host) {
    identity_ = identity_of(key_);
  }
  [[nodiscard]] PeerId id() const { return PeerId::of(key_.public_key()); }
  [[nodiscard]] const SigningKey& key() const noexcept { return key_; }
  [[nodiscard]] const IpAddress& host() const noexcept { return host_; }
  [[nodiscard]] std::uint64_t visits() const noexcept { return visits_; }
  [[nodiscard]] std::uint64_t proven() const noexcept { return proven_; }

  /// One attack after the other on one victim after the other.
  [[nodiscard]] Task<void> run(std::vector<Victim> victims, MonoTime until) {
    while (network_.clock().now() < until) {
      // Every second time what a proven peer is charged for, else anything.
      const Victim victim = victims[visits_ / 2 % victims.size()];
      const Attack attack = visits_ % 2 == 0   ? kAttacks[random_.below(kAttacks.size())]
                            : visits_ % 4 == 1 ? Attack::NoiseAfterTls
                                               : Attack::LengthLie;
      ++visits_;
      co_await visit(victim, attack);
      co_await network_.clock().sleep_for(std::chrono::milliseconds(200 + static_cast<int>(random_.below(1500))));
    }
  }

 private:
  using Stream = std::unique_ptr<net::ByteStream>;

  [[nodiscard]] static std::shared_ptr<const net::TlsIdentity> identity_of(const SigningKey& key) {
    return net::TlsIdentity::make(key, mesh::kAlpn).value_or(nullptr);
  }
  [[nodiscard]] MonoTime soon(int seconds = 5) const { return network_.clock().now() + std::chrono::seconds(seconds); }
  [[nodiscard]] Bytes noise(std::size_t most) {
    Bytes out(1 + random_.below(most));
    random_.fill(out);
    return out;
  }

  Task<void> visit(Victim victim, Attack attack) {
    auto connected = co_await dialer_->connect(victim.endpoint, soon());
    if (!connected) co_return;
    const Stream stream = std::move(*connected);
    if (attack == Attack::Silence) co_return co_await hear(*stream, soon(10));
    if (attack == Attack::NoiseBeforeTls) {
      const Bytes bytes = noise(600);
      const auto sent = co_await stream->write(bytes, soon());
      if (sent) co_await hear(*stream, soon());
      co_return;
    }
    const auto identity = attack == Attack::ThrowawayKey ? identity_of(SigningKey::generate(random_)) : identity_;
    net::TlsSession tls(identity, net::TlsSide::Client, victim.peer);
    const Status proven = co_await prove(*stream, tls);
    if (!proven) co_return;
    ++proven_;
    const Bytes words = words_of(attack);
    if (const auto told = tls.write(words); !told) co_return;
    const Status sent = co_await flush(*stream, tls);
    if (sent && attack != Attack::PingFlood) co_await hear(*stream, soon());
  }

  /// What is said once the key is proven.
  Bytes words_of(Attack attack) {
    using wire = mesh::wire::YamuxType;
    constexpr unsigned kSyn = mesh::wire::kYamuxSyn;
    Bytes out;
    const auto add = [&](wire type, unsigned flags, std::uint32_t stream, std::uint32_t length) {
      const auto header = mesh::wire::encode_yamux_header({type, static_cast<std::uint16_t>(flags), stream, length});
      out.insert(out.end(), header.begin(), header.end());
    };
    add(wire::Ping, kSyn, 0, 1);
    switch (attack) {
      case Attack::LengthLie: add(wire::Data, kSyn, 1, 0x7FFFFFFF); break;
      case Attack::StreamFlood:
        for (std::uint32_t i = 0; i < 1500; ++i) add(wire::WindowUpdate, kSyn, 1 + 2 * i, 0);
        break;
      case Attack::PingFlood:
        for (std::uint32_t i = 0; i < 4000; ++i) add(wire::Ping, kSyn, 0, i);
        break;
      case Attack::NamedNoise:
        for (std::uint32_t i = 0; i < 20; ++i) {
          Bytes body = noise(1500);
          body.insert(body.begin(), static_cast<std::uint8_t>(i % 2 == 0 ? mesh::Protocol::Control : mesh::Protocol::Call));
          add(wire::Data, kSyn | mesh::wire::kYamuxFin, 1 + 2 * i, static_cast<std::uint32_t>(body.size()));
          out.insert(out.end(), body.begin(), body.end());
        }
        break;
      case Attack::CallFlood:
        for (std::uint32_t i = 0; i < 300; ++i) {
          fabric::RequestHead head;
          head.service = "echo";
          head.method = "Echo";
          head.deadline_ms = 5000;
          head.budget = 10;
          auto body = fabric::encode_request(head, Bytes(100)).value_or(Bytes{});
          body.insert(body.begin(), static_cast<std::uint8_t>(mesh::Protocol::Call));
          add(wire::Data, kSyn | mesh::wire::kYamuxFin, 1 + 2 * i, static_cast<std::uint32_t>(body.size()));
          out.insert(out.end(), body.begin(), body.end());
        }
        break;
      default: {
        const Bytes bytes = noise(200);
        out.insert(out.end(), bytes.begin(), bytes.end());
      }
    }
    return out;
  }

  Task<Status> prove(net::ByteStream& stream, net::TlsSession& tls) {
    const MonoTime deadline = soon(10);
    Bytes buffer(16 * 1024);
    while (!tls.established()) {
      const Status sent = co_await flush(stream, tls);
      if (!sent) co_return sent;
      const auto n = co_await stream.read_some(buffer, deadline);
      if (!n) co_return std::unexpected(n.error());
      if (const auto fed = tls.feed(ByteView(buffer).first(*n)); !fed) co_return fed;
    }
    co_return co_await flush(stream, tls);
  }
  Task<Status> flush(net::ByteStream& stream, net::TlsSession& tls) {
    while (!tls.pending().empty()) {
      const Bytes out(tls.pending().begin(), tls.pending().end());
      tls.sent(out.size());
      const Status sent = co_await stream.write(out, soon(20));
      if (!sent) co_return sent;
    }
    co_return Status{};
  }
  /// Until the other side has enough of it.
  Task<void> hear(net::ByteStream& stream, MonoTime deadline) {
    Bytes buffer(16 * 1024);
    while (true) {
      const auto n = co_await stream.read_some(buffer, deadline);
      if (!n) co_return;
    }
  }

  SimNetwork& network_;
  SeededRandom random_;
  SigningKey key_;
  std::shared_ptr<const net::TlsIdentity> identity_;
  std::unique_ptr<net::Dialer> dialer_;
  IpAddress host_;
  std::uint64_t visits_ = 0;
  std::uint64_t proven_ = 0;
};

}  // namespace soulfabric::testing
