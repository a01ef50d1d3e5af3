// SPDX-License-Identifier: GPL-3.0-or-later
// What a tunnel through a third node is measured against: threads, blocking sockets and six ends of TLS, nothing else. Also the web
// server and the client that both are measured with.
#pragma once
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/figures.hpp"

namespace soulfabric::bench {

constexpr std::size_t kBlock = 64 * 1024;

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "tunnel_bench: %s\n", what.c_str());
  std::exit(1);
}

// ---- sockets -------------------------------------------------------------------------------------------------------

struct Door {
  int fd = -1;
  std::uint16_t port = 0;
};

inline Door listen_here() {
  Door door{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(door.fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(door.fd, 64) != 0) die("listen");
  ::getsockname(door.fd, reinterpret_cast<sockaddr*>(&address), &size);
  door.port = ntohs(address.sin_port);
  return door;
}

inline int ready(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

inline int dial(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
  return ready(fd);
}

inline bool send_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// ---- web server and client -----------------------------------------------------------------------------------------

/// "GET /<n>" is answered by n bytes. Runs as long as the program.
inline void serve_web(int fd) {
  const std::vector<char> block(kBlock, 'x');
  std::vector<char> buffer(kBlock);
  std::string request;
  for (;;) {
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    std::size_t left = std::strtoull(request.c_str() + 5, nullptr, 10);
    request.erase(0, end + 4);
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(left) + "\r\n\r\n";
    if (!send_all(fd, head.data(), head.size())) break;
    while (left > 0) {
      const std::size_t part = std::min(left, kBlock);
      if (!send_all(fd, block.data(), part)) break;
      left -= part;
    }
    if (left > 0) break;
  }
  ::close(fd);
}

inline std::uint16_t start_web_server() {
  const Door door = listen_here();
  std::thread([door] {
    for (;;) {
      const int fd = ::accept(door.fd, nullptr, nullptr);
      if (fd < 0) return;
      std::thread(serve_web, ready(fd)).detach();
    }
  }).detach();
  return door.port;
}

/// Asks for `bytes` on an open connection; seconds until the last one is here.
inline double download(int fd, const std::string& host, std::size_t bytes) {
  std::vector<char> buffer(kBlock);
  const std::string request = "GET /" + std::to_string(bytes) + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  const double begun = wall_seconds();
  if (!send_all(fd, request.data(), request.size())) die("send");
  std::string head;
  std::size_t got_body = 0;
  bool in_body = false;
  while (!in_body || got_body < bytes) {
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) die("the answer ended early: " + head);
    if (in_body) {
      got_body += static_cast<std::size_t>(got);
      continue;
    }
    head.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = head.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    if (!head.starts_with("HTTP/1.1 200")) die("refused: " + head);
    in_body = true;
    got_body = head.size() - end - 4;
  }
  return wall_seconds() - begun;
}

// ---- six ends of TLS -----------------------------------------------------------------------------------------------

inline SSL* new_end(bool server) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(context, 0);
  if (server) {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, nullptr);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
  }
  SSL* ssl = SSL_new(context);
  if (server)
    SSL_set_accept_state(ssl);
  else
    SSL_set_connect_state(ssl);
  return ssl;
}

/// TLS over a loopback connection.
struct OuterPair {
  OuterPair() {
    const Door door = listen_here();
    std::thread accepting([&] {
      SSL_set_fd(server, ready(::accept(door.fd, nullptr, nullptr)));
      if (SSL_accept(server) != 1) die("accept");
    });
    SSL_set_fd(client, dial(door.port));
    if (SSL_connect(client) != 1) die("handshake");
    accepting.join();
    ::close(door.fd);
  }
  SSL* client = new_end(false);
  SSL* server = new_end(true);
};

/// TLS inside it, on memory; the handshake is done before the clock starts.
struct InnerPair {
  InnerPair() {
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    for (int i = 0; i < 4; ++i) {
      (void)SSL_do_handshake(client);
      move(client, server);
      (void)SSL_do_handshake(server);
      move(server, client);
    }
    if (SSL_is_init_finished(client) == 0 || SSL_is_init_finished(server) == 0) die("inner handshake");
  }
  static void move(SSL* from, SSL* to) {
    char buffer[4096];
    for (int got = 0; (got = BIO_read(SSL_get_wbio(from), buffer, sizeof buffer)) > 0;) BIO_write(SSL_get_rbio(to), buffer, got);
  }
  SSL* client = new_end(false);
  SSL* server = new_end(true);
};

/// Plain bytes to a socket's TLS through the inner session.
inline bool write_through(SSL* inner, SSL* outer, const char* bytes, int size, std::vector<char>& buffer) {
  if (SSL_write(inner, bytes, size) != size) return false;
  for (int got = 0; (got = BIO_read(SSL_get_wbio(inner), buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
    if (SSL_write(outer, buffer.data(), got) != got) return false;
  }
  return true;
}

/// Reads once from the outer TLS and hands on all plain text that comes of it.
template <class Use>
bool read_through(SSL* outer, SSL* inner, std::vector<char>& buffer, Use use) {
  const int got = SSL_read(outer, buffer.data(), static_cast<int>(buffer.size()));
  if (got <= 0) return false;
  BIO_write(SSL_get_rbio(inner), buffer.data(), got);
  for (int plain = 0; (plain = SSL_read(inner, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
    if (!use(buffer.data(), static_cast<std::size_t>(plain))) return false;
  }
  return true;
}

/// near - middle - far as three threads, for one request. The port that a client connects to.
class BareChain {
 public:
  explicit BareChain(std::uint16_t web) : door_(listen_here()) {
    threads_.emplace_back([this] { near(); });
    threads_.emplace_back([this] { middle(); });
    threads_.emplace_back([this, web] { far(web); });
  }
  ~BareChain() {
    for (std::thread& thread : threads_) thread.join();
  }
  BareChain(const BareChain&) = delete;
  BareChain& operator=(const BareChain&) = delete;
  [[nodiscard]] std::uint16_t port() const { return door_.port; }

 private:
  void near() {
    std::vector<char> buffer(kBlock);
    const int client = ready(::accept(door_.fd, nullptr, nullptr));
    const auto asked = ::recv(client, buffer.data(), buffer.size(), 0);
    const std::string request(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(asked, 0)));
    if (!write_through(inner_.client, first_.client, request.data(), static_cast<int>(request.size()), buffer)) die("request");
    while (read_through(first_.client, inner_.client, buffer,
                        [client](const char* bytes, std::size_t size) { return send_all(client, bytes, size); })) {
    }
    ::close(client);
    ::close(door_.fd);
  }
  void middle() {
    std::vector<char> buffer(kBlock);
    const int asked = SSL_read(first_.server, buffer.data(), static_cast<int>(buffer.size()));
    (void)SSL_write(second_.client, buffer.data(), asked);
    for (int got = 0; (got = SSL_read(second_.client, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
      if (SSL_write(first_.server, buffer.data(), got) != got) break;
    }
    SSL_shutdown(first_.server);
  }
  void far(std::uint16_t web) {
    std::vector<char> buffer(kBlock);
    std::vector<char> wire(kBlock);
    const int server = dial(web);
    (void)read_through(second_.server, inner_.server, buffer,
                       [server](const char* bytes, std::size_t size) { return send_all(server, bytes, size); });
    std::size_t seen = 0;
    std::size_t all = SIZE_MAX;
    std::string head;
    while (seen < all) {
      const auto got = ::recv(server, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      if (all == SIZE_MAX) {
        head.append(buffer.data(), static_cast<std::size_t>(got));
        const auto end = head.find("\r\n\r\n");
        const auto length = head.find("Content-Length: ");
        if (end != std::string::npos) all = end + 4 + std::strtoull(head.c_str() + length + 16, nullptr, 10);
      }
      seen += static_cast<std::size_t>(got);
      if (!write_through(inner_.server, second_.server, buffer.data(), static_cast<int>(got), wire)) break;
    }
    SSL_shutdown(second_.server);
    ::close(server);
  }
  Door door_;
  OuterPair first_;
  OuterPair second_;
  InnerPair inner_;
  std::vector<std::thread> threads_;
};

}  // namespace soulfabric::bench
