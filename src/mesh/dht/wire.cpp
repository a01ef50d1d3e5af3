// SPDX-License-Identifier: GPL-3.0-or-later
// Plain non-blocking sendto and recvfrom: a full buffer loses a datagram, as the network does.
#include "dht/wire.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace soulfabric::mesh {

namespace {

constexpr int kReceiveBuffer = 4 * 1024 * 1024;

struct RawAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

RawAddress to_raw(const Endpoint& endpoint, bool as_v6) {
  RawAddress out;
  if (!as_v6) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.to_v4());
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4() && !endpoint.address.is_unspecified()) bytes[10] = bytes[11] = 0xFF;
  std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
  std::memcpy(&out.storage, &v6, sizeof v6);
  out.size = sizeof v6;
  return out;
}

Endpoint from_raw(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return {IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {IpAddress::v6(bytes), ntohs(v6.sin6_port)};
}

/// sockaddr_storage as the system's calls want it.
const sockaddr* plain(const sockaddr_storage& storage) { return static_cast<const sockaddr*>(static_cast<const void*>(&storage)); }
sockaddr* plain(sockaddr_storage& storage) { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }

}  // namespace

Wire::Wire(GateSettings settings, Random& random, const Clock& clock, Line line)
    : clock_(clock), line_(std::move(line)), gate_(settings, random) {}

Wire::~Wire() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Wire::close() noexcept {
  if (!open_.exchange(false)) return;
  // The number stays taken: the library's thread may be about to use it, and then finds what cannot send.
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  ::dup3(nothing, descriptor_, O_CLOEXEC);
  ::close(nothing);
}

Result<std::shared_ptr<Wire>> Wire::open(const Endpoint& bind, GateSettings settings, Random& random, const Clock& clock, Line line) {
  std::shared_ptr<Wire> wire(new Wire(settings, random, clock, std::move(line)));
  wire->is_v6_ = !bind.address.is_v4();
  wire->takes_v4_ = wire->is_v6_ && bind.address.is_unspecified();
  const auto what = "the DHT cannot use UDP " + bind.to_string();
  wire->descriptor_ = ::socket(wire->is_v6_ ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (wire->descriptor_ < 0) return std::unexpected(error_from_errno(errno, what));
  if (wire->is_v6_) {
    const int only = wire->takes_v4_ ? 0 : 1;
    if (::setsockopt(wire->descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0) return std::unexpected(error_from_errno(errno, what));
  }
  // The system gives as much of it as it allows; an answer of many fragments comes in one burst.
  (void)::setsockopt(wire->descriptor_, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  const auto raw = to_raw(bind, wire->is_v6_);
  if (::bind(wire->descriptor_, plain(raw.storage), raw.size) != 0) return std::unexpected(error_from_errno(errno, what));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(wire->descriptor_, plain(bound), &size) != 0) return std::unexpected(error_from_errno(errno, what));
  wire->bound_ = from_raw(bound);
  return wire;
}

int Wire::transmit_now(const Endpoint& to, ByteView datagram) const {
  if (!is_v6_ && !to.address.is_v4()) return EAFNOSUPPORT;
  const auto raw = to_raw(to, is_v6_);
  if (::sendto(descriptor_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, plain(raw.storage), raw.size) >= 0) return 0;
  return errno == EWOULDBLOCK ? EAGAIN : errno;
}

int Wire::transmit(const Endpoint& to, ByteView datagram) {
  if (!line_) return transmit_now(to, datagram);
  line_(to, datagram, [this](const Endpoint& later_to, ByteView later) { (void)transmit_now(later_to, later); });
  return 0;
}

int Wire::send_for_library(const Endpoint& to, ByteView datagram) {
  if (!open_.load()) return ENOTCONN;
  if (to == own_store()) {
    if (own_answer_) own_answer_(datagram);
    return 0;
  }
  {
    const std::scoped_lock lock(mutex_);
    // Towards the library a refusal looks like a loss on the way: anything else would make it give up a node.
    if (!gate_.may_leave(to, datagram, clock_.now())) return 0;
  }
  return transmit(to, datagram);
}

void Wire::send_for_search(const Endpoint& to, const DatagramMessage& request) {
  if (!open_.load()) return;
  std::optional<Bytes> datagram;
  {
    const std::scoped_lock lock(mutex_);
    datagram = gate_.open(to, request, clock_.now());
  }
  if (datagram) (void)transmit(to, *datagram);
}

std::optional<std::size_t> Wire::receive(MutableByteView buffer, Endpoint& from) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  for (;;) {
    const auto got = ::recvfrom(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT, plain(storage), &size);
    if (got >= 0) {
      from = from_raw(storage);
      return static_cast<std::size_t>(got);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    // An ICMP message about an earlier datagram says nothing about this socket.
    if (errno != ECONNREFUSED && errno != EINTR) return std::nullopt;
  }
}

DatagramGate::Verdict Wire::admit(const Endpoint& from, ByteView datagram) {
  DatagramGate::Verdict verdict;
  {
    const std::scoped_lock lock(mutex_);
    verdict = gate_.admit(from, datagram, clock_.now(), clock_.wall());
  }
  if (verdict.probe && open_.load()) (void)transmit(verdict.probe->to, verdict.probe->datagram);
  return verdict;
}

DatagramGate::Counters Wire::counters() const {
  const std::scoped_lock lock(mutex_);
  return gate_.counters();
}

void Wire::set_self(const NodeId& self) {
  const std::scoped_lock lock(mutex_);
  gate_.set_self(self);
}

void Wire::on_own_answer(std::function<void(ByteView)> callback) { own_answer_ = std::move(callback); }

}  // namespace soulfabric::mesh
