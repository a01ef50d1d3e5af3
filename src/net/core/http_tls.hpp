// SPDX-License-Identifier: GPL-3.0-or-later
// The client's end of TLS towards a web server, sans-IO: its certificate must be believed and bear the host's name, always.
#pragma once
#include <memory>
#include <string>

#include "core/http_fault.hpp"
#include "core/http_url.hpp"
#include "core/tls_context.hpp"

namespace soulfabric::net {

/// What all sessions insist on: TLS 1.2 or newer, a certificate that `believed` leads to. Believes nobody yet; nothing where the library
/// refuses.
[[nodiscard]] SslContextPtr make_http_tls_context();

/// One connection. Feed what arrived, read plain text, write plain text, send what `take` gives.
class HttpTls {
 public:
  HttpTls(SSL_CTX* context, const HttpUrl& url);
  HttpTls(const HttpTls&) = delete;
  HttpTls& operator=(const HttpTls&) = delete;

  /// Bytes from the wire; the handshake goes on with them.
  [[nodiscard]] HttpStatus feed(ByteView bytes);
  /// Plain text, up to into.size(); 0: nothing at present.
  [[nodiscard]] HttpResult<std::size_t> read(MutableByteView into);
  [[nodiscard]] HttpStatus write(ByteView plain);
  /// Bytes for the wire.
  [[nodiscard]] Bytes take();
  [[nodiscard]] bool established() const noexcept { return established_; }
  /// The other side said goodbye; without that the end of a connection may be somebody else's work.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

 private:
  HttpStatus handshake();
  HttpStatus fault();
  std::string host_;
  SslPtr ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  bool established_ = false;
  bool ended_ = false;
};

}  // namespace soulfabric::net
