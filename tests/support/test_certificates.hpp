// SPDX-License-Identifier: GPL-3.0-or-later
// An authority and certificates of web servers, made on the spot: right ones and each kind of wrong one.
#pragma once
#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace soulfabric::testing {

struct CertificateWish {
  std::vector<std::string> names = {};  // DNS names, or addresses as "IP:127.0.0.1"
  int from_days = -1;                   // valid from and until, in days from now
  int until_days = 30;
  bool self_signed = false;
  bool authority = false;  // may sign others
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  /// A server's context with a fresh key and a certificate as wished.
  [[nodiscard]] std::shared_ptr<SSL_CTX> server(const CertificateWish& wish) const;
  /// As `server`, but it goes no further than TLS 1.1.
  [[nodiscard]] std::shared_ptr<SSL_CTX> old_server(const CertificateWish& wish) const;
  /// The authority's own certificate.
  [[nodiscard]] std::string pem() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::testing
