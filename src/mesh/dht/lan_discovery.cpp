// SPDX-License-Identifier: GPL-3.0-or-later
// Multicast over IPv4. What is heard is a hint: the node there is asked by the ordinary means.
#include "dht/lan_discovery.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace soulfabric::mesh {

namespace {

constexpr std::string_view kMagic = "SFD1";

sockaddr_in to_raw(std::uint32_t address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address);
  return out;
}

const sockaddr* plain(const sockaddr_in& address) { return static_cast<const sockaddr*>(static_cast<const void*>(&address)); }

}  // namespace

Bytes encode_hello(const LanHello& hello) {
  Bytes out(kMagic.begin(), kMagic.end());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(hello.network >> shift));
  for (int shift = 8; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(hello.port >> shift));
  return out;
}

std::optional<LanHello> parse_hello(ByteView datagram) {
  if (datagram.size() != kMagic.size() + 6 || text_of(datagram.first(kMagic.size())) != kMagic) return std::nullopt;
  LanHello out;
  for (std::size_t i = 4; i < 8; ++i) out.network = (out.network << 8) | datagram[i];
  out.port = static_cast<std::uint16_t>((datagram[8] << 8) | datagram[9]);
  return out.port >= 1024 ? std::optional(out) : std::nullopt;
}

Result<std::unique_ptr<LanDiscovery>> LanDiscovery::open(IoContext& context, Endpoint node, std::uint32_t network) {
  std::unique_ptr<LanDiscovery> out(new LanDiscovery(context, node, network));
  const auto failed = [] { return std::unexpected(error_from_errno(errno, "other nodes on the LAN cannot be looked for")); };
  const auto own = node.address.is_v4() ? node.address.to_v4() : 0;
  const auto interface = node.address.is_loopback() ? INADDR_LOOPBACK : own;
  const int reader = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (reader < 0) return failed();
  out->readable_.assign(reader);
  const int on = 1;
  (void)::setsockopt(reader, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto group = to_raw(kGroup, kPort);
  if (::bind(reader, plain(group), sizeof group) != 0) return failed();
  ip_mreq member{};
  member.imr_multiaddr.s_addr = htonl(kGroup);
  member.imr_interface.s_addr = htonl(interface);
  if (::setsockopt(reader, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) != 0) return failed();
  out->sender_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (out->sender_ < 0) return failed();
  const auto from = to_raw(own, 0);
  if (::bind(out->sender_, plain(from), sizeof from) != 0) return failed();
  if (::setsockopt(out->sender_, IPPROTO_IP, IP_MULTICAST_IF, &member.imr_interface, sizeof member.imr_interface) != 0) return failed();
  return out;
}

LanDiscovery::~LanDiscovery() {
  if (sender_ >= 0) ::close(sender_);
}

void LanDiscovery::close() { readable_.close(); }

void LanDiscovery::announce() const {
  const auto hello = encode_hello({network_, node_.port});
  const auto group = to_raw(kGroup, kPort);
  (void)::sendto(sender_, hello.data(), hello.size(), MSG_DONTWAIT | MSG_NOSIGNAL, plain(group), sizeof group);
}

Task<void> LanDiscovery::listen(IoClock& clock, std::function<void(Endpoint)> heard) {
  using Descriptor = boost::asio::posix::descriptor_base;
  MonoTime since = clock.now();
  unsigned count = 0;
  while (readable_.is_open()) {
    const auto [code] = co_await readable_.async_wait(Descriptor::wait_read, kAwait);
    if (code) co_return;
    std::array<std::uint8_t, 64> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(readable_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                static_cast<sockaddr*>(static_cast<void*>(&from)), &size);
    if (got < 0) continue;
    if (clock.now() - since >= kInterval) {
      since = clock.now();
      count = 0;
    }
    const auto hello = parse_hello(ByteView(buffer).first(static_cast<std::size_t>(got)));
    const auto address = IpAddress::v4(ntohl(from.sin_addr.s_addr));
    if (!hello || hello->network != network_ || !(address.is_private() || address.is_loopback())) continue;
    if (++count <= kHeardPerInterval) heard({address, hello->port});
  }
}

}  // namespace soulfabric::mesh
