// SPDX-License-Identifier: GPL-3.0-or-later
// What an identity and its sessions share of the library: the context, owners of its objects, its errors as values.
#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "soulfabric/net/tls.hpp"

namespace soulfabric::net {

template <auto Free>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, OpenSslFree<X509_free>>;

/// The only kind of identity there is.
class SslIdentity final : public TlsIdentity {
 public:
  SslIdentity(SslContextPtr context, const PublicKey& key, std::string alpn)
      : context_(std::move(context)), key_(key), alpn_(std::move(alpn)) {}
  [[nodiscard]] const PublicKey& public_key() const noexcept override { return key_; }
  [[nodiscard]] SSL_CTX* context() const noexcept { return context_.get(); }
  [[nodiscard]] std::string_view alpn() const noexcept { return alpn_; }

 private:
  SslContextPtr context_;
  PublicKey key_;
  std::string alpn_;
};

/// What a session leaves for the library's callbacks to find.
struct PeerProof {
  std::optional<PeerId> expected;
  std::optional<PublicKey> key;  // set when the certificate was judged
};

/// Called by the library with the certificate of the other side; the key in it is all that counts, for its signature over the
/// handshake proves it. Names, dates and the certificate's own signature say nothing.
int judge_certificate(X509_STORE_CTX* store, void* unused);

/// The oldest error in the library's queue of this thread, as its words; the queue is empty afterwards.
[[nodiscard]] std::string take_library_words();

}  // namespace soulfabric::net
