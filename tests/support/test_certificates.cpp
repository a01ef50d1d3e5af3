// SPDX-License-Identifier: GPL-3.0-or-later
// Keys on P-256, certificates of version 3.
#include "support/test_certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace soulfabric::testing {
namespace {

struct Free {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
  void operator()(BIO* b) const { BIO_free(b); }
};
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  EXPECT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make(EVP_PKEY* key, const std::string& name, const CertificateWish& wish, X509* issuer, EVP_PKEY* issuer_key) {
  static long serial = 1;
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_time_adj_ex(X509_getm_notBefore(made.get()), wish.from_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(made.get()), wish.until_days, 0, nullptr);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()),
                             -1, -1, 0);
  X509* signer = issuer == nullptr ? made.get() : issuer;
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  extend(made.get(), signer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  std::string names;
  for (const auto& each : wish.names) names += (names.empty() ? "" : ",") + (each.starts_with("IP:") ? each : "DNS:" + each);
  if (!names.empty()) extend(made.get(), signer, NID_subject_alt_name, names);
  EXPECT_GT(X509_sign(made.get(), issuer_key == nullptr ? key : issuer_key, EVP_sha256()), 0);
  return made;
}

}  // namespace

struct TestAuthority::State {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate = make(key.get(), "the authority of the tests", {.authority = true}, nullptr, nullptr);
};

TestAuthority::TestAuthority() : state_(std::make_unique<State>()) {}
TestAuthority::~TestAuthority() = default;

std::shared_ptr<SSL_CTX> TestAuthority::server(const CertificateWish& wish) const {
  const Key key(EVP_EC_gen("P-256"));
  const auto certificate = wish.self_signed ? make(key.get(), "a server", wish, nullptr, nullptr)
                                            : make(key.get(), "a server", wish, state_->certificate.get(), state_->key.get());
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  return context;
}

std::shared_ptr<SSL_CTX> TestAuthority::old_server(const CertificateWish& wish) const {
  auto context = server(wish);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  return context;
}

std::string TestAuthority::pem() const {
  const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), state_->certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace soulfabric::testing
