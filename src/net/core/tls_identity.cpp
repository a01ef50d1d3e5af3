// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate, the same bytes every time from one key, and the context with everything that both sides insist on.
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>

#include "core/tls_context.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kAlpnCap = 255;
constexpr long kCertificateListCap = 4096;  // bytes; ours has 206
constexpr auto kNotBefore = "20200101000000Z";
constexpr auto kNotAfter = "99991231235959Z";  // RFC 5280: no end

std::unexpected<Error> refused(std::string_view what) {
  return fail(Errc::Internal, "The TLS library could not " + std::string(what) + ": " + take_library_words());
}

bool name_certificate(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>("soulfabric");
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 && X509_set_issuer_name(certificate, name) == 1;
}

bool fill_certificate(X509* certificate, EVP_PKEY* key) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
         ASN1_TIME_set_string(X509_getm_notBefore(certificate), kNotBefore) == 1 &&
         ASN1_TIME_set_string(X509_getm_notAfter(certificate), kNotAfter) == 1 && name_certificate(certificate) &&
         X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, nullptr) > 0;
}

/// The identity owns the context that calls this.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered, unsigned offered_size, void* identity) {
  const std::string_view ours = static_cast<const SslIdentity*>(identity)->alpn();
  std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  while (!list.empty()) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(list.front()));
    if (list.size() < 1 + size) break;
    if (list.substr(1, size) == ours) {
      *out = reinterpret_cast<const unsigned char*>(list.data() + 1);
      *out_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    list.remove_prefix(1 + size);
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A client that does not say what it wants to speak is sent away before anything is computed for it.
int demand_alpn(SSL* ssl, int* alert, void*) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &size) == 1) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

bool insist(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kCertificateListCap);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, judge_certificate, nullptr);
  SSL_CTX_set_client_hello_cb(context, demand_alpn, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 && SSL_CTX_set1_client_sigalgs_list(context, "ed25519") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519") == 1 && SSL_CTX_set_num_tickets(context, 0) == 1;
}

}  // namespace

int judge_certificate(X509_STORE_CTX* store, void*) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* proof = static_cast<PeerProof*>(SSL_get_app_data(ssl));
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (proof == nullptr || certificate == nullptr) return 0;
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return 0;
  PublicKey raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size()) return 0;
  if (proof->expected && PeerId::of(raw) != *proof->expected) return 0;
  proof->key = raw;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

std::string take_library_words() {
  const auto code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::make(const SigningKey& key, std::string_view alpn) {
  if (alpn.empty() || alpn.size() > kAlpnCap) return fail(Errc::InvalidArgument, "The protocol name for TLS must have 1 to 255 characters.");
  ERR_clear_error();
  const KeyPtr pair(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key.seed().data(), key.seed().size()));
  if (!pair) return refused("take the identity key");
  const CertificatePtr certificate(X509_new());
  if (!certificate || !fill_certificate(certificate.get(), pair.get())) return refused("make the certificate");
  SslContextPtr context(SSL_CTX_new(TLS_method()));
  if (!context || !insist(context.get())) return refused("be told what to insist on");
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 || SSL_CTX_use_PrivateKey(context.get(), pair.get()) != 1)
    return refused("use the certificate");
  Bytes offer{static_cast<std::uint8_t>(alpn.size())};
  offer.insert(offer.end(), alpn.begin(), alpn.end());
  if (SSL_CTX_set_alpn_protos(context.get(), offer.data(), static_cast<unsigned>(offer.size())) != 0) return refused("offer the protocol");
  auto identity = std::make_shared<const SslIdentity>(std::move(context), key.public_key(), std::string(alpn));
  SSL_CTX_set_alpn_select_cb(identity->context(), choose_alpn, const_cast<SslIdentity*>(identity.get()));
  return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

}  // namespace soulfabric::net
