// SPDX-License-Identifier: GPL-3.0-or-later
// Verification is on for every session, and its outcome is looked at once more before the first byte is sent.
#include "core/http_tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>

namespace soulfabric::net {
namespace {

constexpr long kCertificateListCap = 64 * 1024;  // bytes
constexpr int kChainCap = 8;                     // certificates between the server's and a believed one
constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

bool expect_host(SSL* ssl, const HttpUrl& url) {
  auto* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (url.literal) return X509_VERIFY_PARAM_set1_ip_asc(rules, url.host.c_str()) == 1;
  return SSL_set1_host(ssl, url.host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, url.host.c_str()) == 1;
}

}  // namespace

SslContextPtr make_http_tls_context() {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return nullptr;
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context.get(), kCertificateListCap);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context.get(), kChainCap);
  const bool fine = SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_alpn_protos(context.get(), kAlpn.data(), static_cast<unsigned>(kAlpn.size())) == 0;
  return fine ? std::move(context) : nullptr;
}

HttpTls::HttpTls(SSL_CTX* context, const HttpUrl& url) : host_(url.host), ssl_(SSL_new(context)) {
  if (!ssl_) return;
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  if (in_ != nullptr) BIO_set_mem_eof_return(in_, -1);  // empty: more is to come
  SSL_set_bio(ssl_.get(), in_, out_);
  if (in_ == nullptr || out_ == nullptr || !expect_host(ssl_.get(), url)) {
    ssl_.reset();
    return;
  }
  SSL_set_connect_state(ssl_.get());
  (void)handshake();  // the first message of a client waits for nothing
}

HttpStatus HttpTls::fault() {
  const auto verdict = ssl_ ? SSL_get_verify_result(ssl_.get()) : X509_V_OK;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string words = take_library_words();
  if (!ssl_) return refuse(HttpRefusal::Connect, Errc::Internal, "There was no memory for a TLS session.");
  if (verdict != X509_V_OK || reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return refuse(HttpRefusal::Certificate, Errc::Unauthorized,
                  "The certificate of " + host_ + " is not believed: " + X509_verify_cert_error_string(verdict) + ".");
  if (!established_)
    return refuse(HttpRefusal::Certificate, Errc::Unauthorized, host_ + " did not agree on a safe connection: " + words + ".");
  return refuse(HttpRefusal::Body, Errc::Malformed, "The safe connection to " + host_ + " broke: " + words + ".");
}

HttpStatus HttpTls::handshake() {
  if (established_) return {};
  ERR_clear_error();
  if (!ssl_) return fault();
  const int done = SSL_do_handshake(ssl_.get());
  if (done != 1) return SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ ? HttpStatus{} : fault();
  if (SSL_get_verify_result(ssl_.get()) != X509_V_OK || SSL_get0_peer_certificate(ssl_.get()) == nullptr) return fault();
  established_ = true;
  return {};
}

HttpStatus HttpTls::feed(ByteView bytes) {
  ERR_clear_error();
  std::size_t taken = 0;
  if (!ssl_ || (!bytes.empty() && (BIO_write_ex(in_, bytes.data(), bytes.size(), &taken) != 1 || taken != bytes.size()))) return fault();
  return handshake();
}

HttpResult<std::size_t> HttpTls::read(MutableByteView into) {
  if (!established_ || ended_ || into.empty()) return 0;
  ERR_clear_error();
  std::size_t count = 0;
  if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &count) == 1) return count;
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ: return 0;
    case SSL_ERROR_ZERO_RETURN: ended_ = true; return 0;
    default: return std::unexpected(fault().error());
  }
}

HttpStatus HttpTls::write(ByteView plain) {
  if (!established_) return refuse(HttpRefusal::Connect, Errc::Unavailable, "Nothing can be sent before the handshake is done.");
  ERR_clear_error();
  std::size_t count = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count) != 1 || count != plain.size()) return fault();
  return {};
}

Bytes HttpTls::take() {
  Bytes out(ssl_ ? BIO_ctrl_pending(out_) : 0);
  if (!out.empty()) {
    const int count = BIO_read(out_, out.data(), static_cast<int>(out.size()));
    out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return out;
}

}  // namespace soulfabric::net
