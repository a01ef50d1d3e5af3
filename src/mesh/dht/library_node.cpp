// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that sees OpenDHT's headers.
#include "dht/library_node.hpp"

#include <opendht.h>

#include <cerrno>
#include <cstring>

namespace soulfabric::mesh {

namespace {

dht::SockAddr to_library(const Endpoint& endpoint) {
  dht::SockAddr out;
  if (endpoint.address.is_v4()) {
    out.setFamily(AF_INET);
    out.getIPv4().sin_addr.s_addr = htonl(endpoint.address.to_v4());
  } else {
    out.setFamily(AF_INET6);
    std::memcpy(&out.getIPv6().sin6_addr, endpoint.address.bytes().data(), 16);
  }
  out.setPort(endpoint.port);
  return out;
}

std::optional<Endpoint> from_library(const dht::SockAddr& address) {
  if (address.getFamily() == AF_INET) return Endpoint{IpAddress::v4(ntohl(address.getIPv4().sin_addr.s_addr)), address.getPort()};
  if (address.getFamily() != AF_INET6) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address.getIPv6().sin6_addr, bytes.size());
  return Endpoint{IpAddress::v6(bytes), address.getPort()};
}

DhtKey to_key(const dht::InfoHash& hash) {
  DhtKey out{};
  std::memcpy(out.data(), hash.data(), out.size());
  return out;
}

/// The library's socket: sends through the wire, receives only what we deliver.
class GatedSocket final : public dht::net::DatagramSocket {
 public:
  explicit GatedSocket(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {
    if (wire_->has_v4()) bound4_ = to_library({wire_->bound().address.is_v4() ? wire_->bound().address : IpAddress{}, wire_->bound().port});
    if (wire_->has_v6()) bound6_ = to_library(wire_->bound());
  }
  int sendTo(const dht::SockAddr& to, const uint8_t* data, size_t size, bool /*replied*/) override {
    const auto endpoint = from_library(to);
    return endpoint ? wire_->send_for_library(*endpoint, ByteView(data, size)) : EAFNOSUPPORT;
  }
  bool hasIPv4() const override { return wire_->has_v4(); }
  bool hasIPv6() const override { return wire_->has_v6(); }
  const dht::SockAddr& getBoundRef(sa_family_t family) const override { return family == AF_INET6 ? bound6_ : bound4_; }
  /// Names are never looked up on the library's thread.
  std::vector<dht::SockAddr> resolve(const std::string& /*host*/, const std::string& /*service*/) override { return {}; }
  void stop() override {}

  void deliver(std::vector<LibraryNode::Arrival> arrivals) {
    dht::net::PacketList packets;
    for (auto& arrival : arrivals) {
      auto& packet = packets.emplace_back();
      packet.data = std::move(arrival.datagram);
      packet.from = to_library(arrival.from);
      packet.received = dht::clock::now();
    }
    onReceived(std::move(packets));
  }

 private:
  std::shared_ptr<Wire> wire_;
  dht::SockAddr bound4_;
  dht::SockAddr bound6_;
};

dht::ValueType type_of(RecordKind kind, std::chrono::seconds life, const std::shared_ptr<GuardedLedger>& ledger) {
  auto store = [ledger, kind](dht::InfoHash key, std::shared_ptr<dht::Value>& value, const dht::InfoHash&, const dht::SockAddr& from) {
    const auto source = from_library(from);
    return source && ledger->with([&](RecordLedger& book, const Clock& clock) {
      return book.store(to_key(key), kind, value->id, value->data, source->address, clock.now(), clock.wall()) == RecordLedger::Answer::Stored;
    });
  };
  auto edit = [ledger, kind](dht::InfoHash key, const std::shared_ptr<dht::Value>& present, std::shared_ptr<dht::Value>& next,
                             const dht::InfoHash&, const dht::SockAddr& from) {
    const auto source = from_library(from);
    if (!source || next->type != static_cast<dht::ValueType::Id>(kind)) return false;
    return ledger->with([&](RecordLedger& book, const Clock& clock) {
      return book.edit(to_key(key), kind, next->id, present->data, next->data, source->address, clock.now(), clock.wall()) ==
             RecordLedger::Answer::Stored;
    });
  };
  return {static_cast<dht::ValueType::Id>(kind), "soulfabric", life, store, edit};
}

class OpenDhtNode final : public LibraryNode {
 public:
  ~OpenDhtNode() override { join(); }

  Status start(std::shared_ptr<Wire> wire, const std::shared_ptr<GuardedLedger>& ledger, const NodeId& self, std::uint32_t network,
               std::chrono::seconds life) {
    try {
      auto socket = std::make_unique<GatedSocket>(std::move(wire));
      socket_ = socket.get();
      dht::DhtRunner::Config config;
      config.dht_config.node_config.network = network;
      config.dht_config.node_config.node_id = dht::InfoHash(self.data(), self.size());
      config.dht_config.node_config.max_req_per_sec = -1;  // the gate has limits, and of fixed size
      config.dht_config.node_config.max_peer_req_per_sec = -1;
      config.dht_config.node_config.max_store_size = -1;  // the ledger has its own; the library's eviction can spin for ever
      dht::DhtRunner::Context context;
      context.sock = std::move(socket);
      runner_.run(config, std::move(context));
      for (const auto kind : {RecordKind::Peer, RecordKind::Descriptor, RecordKind::Provider, RecordKind::Revocation}) {
        runner_.registerType(type_of(kind, life, ledger));
      }
    } catch (const std::exception& e) {
      socket_ = nullptr;
      return fail(Errc::Internal, std::string("the DHT library did not start: ") + e.what());
    }
    return {};
  }

  void deliver(std::vector<Arrival> arrivals) override {
    if (socket_ != nullptr && !arrivals.empty()) socket_->deliver(std::move(arrivals));
  }

  void bootstrap(const std::vector<Endpoint>& nodes) override {
    std::vector<dht::SockAddr> addresses;
    for (const auto& node : nodes) addresses.push_back(to_library(node));
    if (!addresses.empty()) runner_.bootstrap(std::move(addresses), [](bool) {});
  }

  void join() override {
    socket_ = nullptr;
    try {
      runner_.join();
    } catch (const std::exception&) {
      // Nothing is left to be done with it.
    }
  }

 private:
  dht::DhtRunner runner_;
  GatedSocket* socket_ = nullptr;  // owned by the runner
};

}  // namespace

Result<std::shared_ptr<LibraryNode>> start_library_node(std::shared_ptr<Wire> wire, std::shared_ptr<GuardedLedger> ledger, const NodeId& self,
                                                        std::uint32_t network, std::chrono::seconds life) {
  auto node = std::make_shared<OpenDhtNode>();
  SF_TRY(node->start(std::move(wire), ledger, self, network, life));
  return std::shared_ptr<LibraryNode>(std::move(node));
}

}  // namespace soulfabric::mesh
