// SPDX-License-Identifier: GPL-3.0-or-later
// TLS 1.3 between two Ed25519 identities, as a sans-IO object: bytes in, bytes out (architecture, section 7). No sockets, no time.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::net {

/// Key and self-signed certificate, made once per program; shared by its sessions. Immutable, thread-safe.
class TlsIdentity {
 public:
  /// Internal where the library refuses.
  [[nodiscard]] static Result<std::shared_ptr<const TlsIdentity>> make(const SigningKey& key, std::string_view alpn);
  virtual ~TlsIdentity() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const noexcept = 0;
};

enum class TlsSide : std::uint8_t { Client, Server };

/// One connection. TLS 1.3 only, both sides show an Ed25519 certificate, the ALPN must match, no tickets, no renegotiation.
/// Order of use: feed what arrived, read plain text, write plain text, take what is to be sent. Network thread only.
class TlsSession {
 public:
  /// `expected`: the only peer that a client accepts (nothing: any).
  TlsSession(std::shared_ptr<const TlsIdentity> identity, TlsSide side, std::optional<PeerId> expected);
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;
  ~TlsSession();

  /// Bytes from the wire, in any pieces; read until 0 before the next. Unauthorized: no certificate, wrong kind of key, not the expected peer; Malformed: everything
  /// else that TLS refuses. After an error only `take` makes sense (the alert).
  [[nodiscard]] Status feed(ByteView bytes);
  /// Plain text, up to into.size(); 0: nothing at present.
  [[nodiscard]] Result<std::size_t> read(MutableByteView into);
  /// Feeds and reads in one, without keeping a copy: takes from the front of `wire` what it needs for the handshake or for one piece of
  /// plain text. 0 with `wire` used up: nothing at present. Errors of `feed` and `read`.
  [[nodiscard]] Result<std::size_t> read(ByteView& wire, MutableByteView into);
  /// Encrypts all of `plain`; Unavailable before the handshake is done.
  [[nodiscard]] Status write(ByteView plain);
  /// The same straight to the end of `out`, behind all that was pending.
  [[nodiscard]] Status write(ByteView plain, Bytes& out);
  /// Bytes for the wire: a view that stays valid until the next call; `sent` says how many left.
  [[nodiscard]] ByteView pending() const noexcept;
  void sent(std::size_t bytes) noexcept;
  /// The handshake is done on our side. A client must not trust it before the first byte of plain text was read: only then has the
  /// server judged our certificate (security rule S9).
  [[nodiscard]] bool established() const noexcept;
  /// The other side said goodbye (close_notify).
  [[nodiscard]] bool ended() const noexcept;
  /// Says goodbye.
  void close();
  /// Who is there; nothing before `established`.
  [[nodiscard]] std::optional<PeerId> peer() const;
  [[nodiscard]] std::optional<PublicKey> peer_key() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::net
