// SPDX-License-Identifier: GPL-3.0-or-later
// The other end of a TLS session made of nothing but the library, so that a test can let it break any rule.
#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::testing {

struct RawTlsOptions {
  enum class Key : std::uint8_t { Ed25519, Rsa, EllipticCurve, None };
  Key key = Key::Ed25519;
  int version = TLS1_3_VERSION;
  std::string alpn = "soulfabric/1";  // empty: none
  const char* groups = "X25519";
  long days_left = 1;         // of the certificate
  bool refuse_peer = false;   // judges the other side's certificate as bad
  std::size_t extra_bytes = 0;  // in the certificate
};

class RawTls {
 public:
  RawTls(net::TlsSide side, RawTlsOptions options) : options_(std::move(options)), context_(SSL_CTX_new(TLS_method()), SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), options_.version);
    SSL_CTX_set_max_proto_version(context_.get(), options_.version);
    SSL_CTX_set1_groups_list(context_.get(), options_.groups);
    SSL_CTX_set_num_tickets(context_.get(), 0);
    if (options_.key != RawTlsOptions::Key::None) use_key();
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context_.get(), judge, this);
    if (!options_.alpn.empty()) offer();
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    if (side == net::TlsSide::Client) SSL_set_connect_state(ssl_.get());
    if (side == net::TlsSide::Server) SSL_set_accept_state(ssl_.get());
  }

  /// Takes bytes, goes as far as it can, gives what is to be sent.
  Bytes step(ByteView bytes) {
    if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    if (!done_) {
      const int result = SSL_do_handshake(ssl_.get());
      done_ = result == 1;
      if (!done_ && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) failed_ = true;
    }
    if (done_) read();
    return take();
  }
  Bytes write(ByteView plain) {
    SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    return take();
  }
  [[nodiscard]] bool done() const noexcept { return done_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] const Bytes& plain() const noexcept { return plain_; }
  /// What the other side showed, encoded.
  [[nodiscard]] const Bytes& certificate() const noexcept { return certificate_; }

 private:
  static int judge(X509_STORE_CTX* store, void* self) {
    auto* raw = static_cast<RawTls*>(self);
    unsigned char* der = nullptr;
    const int size = i2d_X509(X509_STORE_CTX_get0_cert(store), &der);
    if (size > 0) raw->certificate_.assign(der, der + size);
    OPENSSL_free(der);
    return raw->options_.refuse_peer ? 0 : 1;
  }
  static int choose(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void* self) {
    const std::string& name = static_cast<RawTls*>(self)->options_.alpn;
    *out = reinterpret_cast<const unsigned char*>(name.data());
    *size = static_cast<unsigned char>(name.size());
    return SSL_TLSEXT_ERR_OK;
  }
  void offer() {
    Bytes list{static_cast<std::uint8_t>(options_.alpn.size())};
    list.insert(list.end(), options_.alpn.begin(), options_.alpn.end());
    SSL_CTX_set_alpn_protos(context_.get(), list.data(), static_cast<unsigned>(list.size()));
    SSL_CTX_set_alpn_select_cb(context_.get(), choose, this);
  }
  void use_key() {
    const char* kind = options_.key == RawTlsOptions::Key::Rsa ? "RSA" : "ED25519";
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(nullptr, EVP_PKEY_free);
    if (options_.key == RawTlsOptions::Key::Rsa) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, kind, std::size_t{2048}));
    if (options_.key == RawTlsOptions::Key::EllipticCurve) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    if (options_.key == RawTlsOptions::Key::Ed25519) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, kind));
    std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400L * 1000);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400L * options_.days_left);
    const std::string part(60, 'x');
    for (std::size_t added = 0; added < options_.extra_bytes; added += part.size())
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "OU", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(part.data()), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), options_.key == RawTlsOptions::Key::Ed25519 ? nullptr : EVP_sha256());
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
  }
  void read() {
    std::uint8_t buffer[4096];
    for (;;) {
      const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (got > 0) {
        plain_.insert(plain_.end(), buffer, buffer + got);
        continue;
      }
      const int error = SSL_get_error(ssl_.get(), got);
      failed_ = failed_ || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN);
      return;
    }
  }
  Bytes take() {
    Bytes out(BIO_ctrl_pending(out_));
    if (!out.empty()) BIO_read(out_, out.data(), static_cast<int>(out.size()));
    return out;
  }

  RawTlsOptions options_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  BIO* in_ = nullptr;   // the session's
  BIO* out_ = nullptr;  // the session's
  bool done_ = false;
  bool failed_ = false;
  Bytes plain_;
  Bytes certificate_;
};

}  // namespace soulfabric::testing
