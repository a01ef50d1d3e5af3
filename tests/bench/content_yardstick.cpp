// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets, threads and OpenSSL; the hashes are those of the library, so that they cost both sides the same.
#include "bench/content_yardstick.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "bench/figures.hpp"

namespace soulfabric::bench {
namespace {

constexpr std::size_t kAhead = 8;  // pieces between the two threads of the receiving side

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "content_bench: %s\n", what);
  std::exit(1);
}

struct End {
  explicit End(bool server) : context(SSL_CTX_new(TLS_method())) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    if (!server) return;
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, nullptr);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
  }
  void take(int fd, bool server) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1) die("bare TLS handshake");
  }
  void write(ByteView bytes) const {
    if (SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) <= 0) die("bare TLS write");
  }
  void read(MutableByteView into) const {
    while (!into.empty()) {
      const int got = SSL_read(ssl, into.data(), static_cast<int>(into.size()));
      if (got <= 0) die("bare TLS read");
      into = into.subspan(static_cast<std::size_t>(got));
    }
  }
  SSL_CTX* context;
  SSL* ssl = nullptr;
};

/// Pieces on their way from the thread that reads to the one that proves.
struct Queue {
  void push(Bytes piece) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return pieces.size() < kAhead; });
    pieces.push_back(std::move(piece));
    changed.notify_all();
  }
  Bytes pop() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !pieces.empty(); });
    Bytes piece = std::move(pieces.front());
    pieces.pop_front();
    changed.notify_all();
    return piece;
  }
  Bytes take_spare() {
    const std::lock_guard lock(mutex);
    if (spare.empty()) return {};
    Bytes piece = std::move(spare.back());
    spare.pop_back();
    return piece;
  }
  void give_spare(Bytes piece) {
    const std::lock_guard lock(mutex);
    spare.push_back(std::move(piece));
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Bytes> pieces;
  std::vector<Bytes> spare;
};

void send(const End& end, const std::filesystem::path& from, const library::Manifest& manifest) {
  const int fd = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  Bytes piece(manifest.piece_length());
  for (std::uint64_t i = 0; i < manifest.pieces(); ++i) {
    const auto size = static_cast<std::size_t>(manifest.piece_size(i));
    if (::pread(fd, piece.data(), size, static_cast<off_t>(i * manifest.piece_length())) != static_cast<ssize_t>(size)) die("bare read");
    end.write(ByteView(piece).first(size));
  }
  ::close(fd);
}

void receive(const End& end, Queue& queue, const library::Manifest& manifest) {
  for (std::uint64_t i = 0; i < manifest.pieces(); ++i) {
    Bytes piece = queue.take_spare();
    piece.resize(manifest.piece_size(i));
    end.read(piece);
    queue.push(std::move(piece));
  }
}

void prove(Queue& queue, const std::filesystem::path& to, const library::Manifest& manifest) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  library::ContentHasher whole(manifest.size, false);
  for (std::uint64_t i = 0; i < manifest.pieces(); ++i) {
    Bytes piece = queue.pop();
    if (!library::is_piece(manifest, i, piece)) die("bare proof");
    whole.update(piece);
    if (::pwrite(fd, piece.data(), piece.size(), static_cast<off_t>(i * manifest.piece_length())) != static_cast<ssize_t>(piece.size())) die("bare write");
    queue.give_spare(std::move(piece));
  }
  if (whole.finish()->id != manifest.id) die("bare hash");
  if (::fsync(fd) != 0) die("bare fsync");
  ::close(fd);
}

}  // namespace

struct BareTransfer::Pair {
  Pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 1) != 0) die("bare listen");
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::thread accepting([&] { server.take(::accept(listener, nullptr, nullptr), true); });
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) die("bare connect");
    client.take(fd, false);
    accepting.join();
    ::close(listener);
  }
  End client{false};
  End server{true};
};

BareTransfer::BareTransfer(std::filesystem::path from, std::filesystem::path to, const library::Manifest& manifest)
    : from_(std::move(from)), to_(std::move(to)), manifest_(manifest), pair_(std::make_unique<Pair>()) {}

BareTransfer::~BareTransfer() = default;

double BareTransfer::run() const {
  const double begun = wall_seconds();
  Queue queue;
  std::thread sending([this] { send(pair_->server, from_, manifest_); });
  std::thread receiving([this, &queue] { receive(pair_->client, queue, manifest_); });
  prove(queue, to_, manifest_);
  receiving.join();
  sending.join();
  return wall_seconds() - begun;
}

}  // namespace soulfabric::bench
