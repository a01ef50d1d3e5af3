// SPDX-License-Identifier: GPL-3.0-or-later
// Bare TLS 1.3 over loopback: what a round trip costs where nothing is decided on the way.
#include "bench/call_yardsticks.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <thread>

#include "bench/figures.hpp"

namespace soulfabric::bench {
namespace {

constexpr int kBytes = 64;
constexpr int kWarmUp = 1'000;

void require(bool fine) {
  if (!fine) std::abort();
}

std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> server_context() {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  require(X509_sign(certificate.get(), key.get(), nullptr) > 0);
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
  require(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  return context;
}

int no_delay(int descriptor) {
  const int on = 1;
  require(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  return descriptor;
}

void move(SSL* session, int (*step)(SSL*, void*, int), std::array<char, kBytes>& buffer) {
  int done = 0;
  while (done < kBytes) {
    const int now = step(session, buffer.data() + done, kBytes - done);
    require(now > 0);
    done += now;
  }
}
int send_some(SSL* session, void* data, int size) { return SSL_write(session, data, size); }

void serve(SSL_CTX* context, int descriptor, int trips) {
  SSL* const session = SSL_new(context);
  SSL_set_fd(session, descriptor);
  require(SSL_accept(session) == 1);
  std::array<char, kBytes> buffer{};
  for (int i = 0; i < trips; ++i) {
    move(session, &SSL_read, buffer);
    move(session, &send_some, buffer);
  }
  SSL_free(session);
}

}  // namespace

PingPong bare_tls_ping_pong(int trips) {
  const auto accepting = server_context();
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  require(bind(listener, generic, sizeof address) == 0 && listen(listener, 1) == 0 && getsockname(listener, generic, &size) == 0);
  const int near = no_delay(socket(AF_INET, SOCK_STREAM, 0));
  require(connect(near, generic, sizeof address) == 0);
  const int far = no_delay(accept(listener, nullptr, nullptr));
  std::thread other([&] { serve(accepting.get(), far, trips + kWarmUp); });
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> dialling(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL* const session = SSL_new(dialling.get());
  SSL_set_fd(session, near);
  require(SSL_connect(session) == 1);
  std::array<char, kBytes> buffer{};
  Rounds micros;
  for (int i = 0; i < trips + kWarmUp; ++i) {
    const double begin = wall_seconds();
    move(session, &send_some, buffer);
    move(session, &SSL_read, buffer);
    if (i >= kWarmUp) micros.add((wall_seconds() - begin) * 1e6);
  }
  other.join();
  SSL_free(session);
  for (const int descriptor : {near, far, listener}) close(descriptor);
  return {micros.quantile(0.5), micros.quantile(0.99)};
}

#ifndef SF_HAVE_GRPC
GrpcFigures grpc_echo(int, int, int) { return {}; }
#endif

}  // namespace soulfabric::bench
