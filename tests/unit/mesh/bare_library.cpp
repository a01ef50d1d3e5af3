// SPDX-License-Identifier: GPL-3.0-or-later
// The stock node and a plain socket.
#include "bare_library.hpp"

#include <arpa/inet.h>
#include <opendht.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace soulfabric::testing {

namespace {

sockaddr_in to_raw(const Endpoint& endpoint) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(endpoint.port);
  out.sin_addr.s_addr = htonl(endpoint.address.to_v4());
  return out;
}

}  // namespace

TestSocket::TestSocket(const std::string& address) {
  descriptor_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto raw = to_raw({*IpAddress::parse(address), 0});
  if (::bind(descriptor_, static_cast<const sockaddr*>(static_cast<const void*>(&raw)), sizeof raw) != 0) std::abort();
}

TestSocket::~TestSocket() { ::close(descriptor_); }

void TestSocket::send(const Endpoint& to, const Bytes& datagram) const {
  const auto raw = to_raw(to);
  (void)::sendto(descriptor_, datagram.data(), datagram.size(), 0, static_cast<const sockaddr*>(static_cast<const void*>(&raw)), sizeof raw);
}

std::optional<Bytes> TestSocket::receive(std::chrono::milliseconds limit) const {
  pollfd waiting{descriptor_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
  Bytes out(65536);
  const auto got = ::recv(descriptor_, out.data(), out.size(), 0);
  if (got < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::optional<mesh::DatagramMessage> TestSocket::ask(const Endpoint& to, const mesh::DatagramMessage& request, int attempts) {
  const auto datagram = mesh::encode_datagram(request, kTestNetwork);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    send(to, datagram);
    while (auto got = receive(std::chrono::milliseconds(200))) {
      kept_ = *std::move(got);
      auto message = mesh::parse_datagram(kept_, kTestNetwork);
      if (message && message->transaction == request.transaction && message->kind != mesh::DatagramKind::Ping) return *std::move(message);
    }
  }
  return std::nullopt;
}

Endpoint TestSocket::endpoint() const {
  sockaddr_in raw{};
  socklen_t size = sizeof raw;
  (void)::getsockname(descriptor_, static_cast<sockaddr*>(static_cast<void*>(&raw)), &size);
  return {IpAddress::v4(ntohl(raw.sin_addr.s_addr)), ntohs(raw.sin_port)};
}

struct BareLibrary::Impl {
  dht::DhtRunner runner;
};

BareLibrary::BareLibrary() : impl_(std::make_unique<Impl>()) {
  dht::DhtRunner::Config config;
  config.dht_config.node_config.network = kTestNetwork;
  config.bind4 = dht::SockAddr::resolve("127.0.0.1", "0").at(0);
  impl_->runner.run(config, {});
  const auto is_good = [](const std::shared_ptr<dht::Value>& value) { return !value->data.empty() && value->data[0] == 'V'; };
  impl_->runner.registerType(dht::ValueType(
      2, "test", std::chrono::minutes(10), [is_good](dht::InfoHash, std::shared_ptr<dht::Value>& value, const dht::InfoHash&, const dht::SockAddr&) { return is_good(value); },
      [is_good](dht::InfoHash, const std::shared_ptr<dht::Value>&, std::shared_ptr<dht::Value>& value, const dht::InfoHash&, const dht::SockAddr&) { return is_good(value); }));
}

BareLibrary::~BareLibrary() { impl_->runner.join(); }

Endpoint BareLibrary::endpoint() const { return {IpAddress::v4(0x7F000001), impl_->runner.getBoundPort(AF_INET)}; }

}  // namespace soulfabric::testing
