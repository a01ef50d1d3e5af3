// SPDX-License-Identifier: GPL-3.0-or-later
// Stand-ins for the mesh below the gateway: what they show is set by the test, what was asked of them is noted.
#pragma once
#include <cstdlib>
#include <deque>

#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/net/port_mapping.hpp"
#include "soulfabric/services/pods.hpp"

namespace soulfabric::gateway::testing {

inline PeerId peer_of(std::uint8_t n) {
  PublicKey key{};
  key.fill(n);
  return PeerId::of(key);
}

struct FakeLinks final : mesh::Links {
  [[nodiscard]] Status start() override { return {}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  [[nodiscard]] PeerId self() const override { return peer_of(1); }
  [[nodiscard]] std::optional<Endpoint> listening() const override { return Endpoint{IpAddress::v4(0), 50305}; }
  [[nodiscard]] Task<Result<mesh::StreamPtr>> open(PeerId, mesh::Protocol, guard::Origin, MonoTime) override { co_return fail(Errc::Offline, "none"); }
  [[nodiscard]] Task<Status> connect(PeerId peer, guard::Origin origin, MonoTime) override {
    asked = peer;
    asked_origin = origin;
    if (refuse) co_return std::unexpected(*refuse);
    co_return Status{};
  }
  [[nodiscard]] Task<Status> dial(PeerId peer, Endpoint endpoint, MonoTime) override {
    asked = peer;
    asked_endpoint = endpoint;
    if (refuse) co_return std::unexpected(*refuse);
    co_return Status{};
  }
  void drop(const PeerId& peer) override {
    std::erase_if(all, [&](const mesh::LinkInfo& link) { return link.peer == peer; });
    for (const auto& callback : callbacks) callback(peer, false);
  }
  void on_stream(mesh::Protocol, StreamHandler) override {}
  void on_link(std::function<void(const PeerId&, bool)> callback) override { callbacks.push_back(std::move(callback)); }
  [[nodiscard]] bool is_linked(const PeerId& peer) const override { return link(peer).has_value(); }
  [[nodiscard]] std::optional<mesh::LinkInfo> link(const PeerId& peer) const override {
    for (const auto& one : all)
      if (one.peer == peer) return one;
    return std::nullopt;
  }
  [[nodiscard]] std::vector<mesh::LinkInfo> links() const override { return all; }
  [[nodiscard]] mesh::LinkMetrics metrics() const override { return counted; }
  void configure(const mesh::LinkSettings&) override {}
  std::vector<mesh::LinkInfo> all;
  std::vector<std::function<void(const PeerId&, bool)>> callbacks;
  mesh::LinkMetrics counted;
  std::optional<Error> refuse;
  std::optional<PeerId> asked;
  std::optional<guard::Origin> asked_origin;
  std::optional<Endpoint> asked_endpoint;
};

struct FakeDht final : mesh::Dht {
  [[nodiscard]] Status start() override { return {}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  [[nodiscard]] Task<Status> put(guard::Permit<guard::DhtQuery>&, mesh::SignedRecord, MonoTime) override { co_return Status{}; }
  [[nodiscard]] Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>&, mesh::DhtKey, mesh::RecordKind, std::size_t,
                                                                  MonoTime) override {
    co_return std::vector<mesh::SignedRecord>{};
  }
  [[nodiscard]] mesh::DhtHealth health() const override { return shown; }
  [[nodiscard]] std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
  mesh::DhtHealth shown;
};

struct FakePeerBook final : mesh::PeerBook {
  [[nodiscard]] Task<std::vector<Endpoint>> locate(PeerId, guard::Origin, MonoTime) override { co_return std::vector<Endpoint>{}; }
  void dialled(const PeerId&, const Endpoint&, const Status&) override {}
  void linked(const PeerId&, const PublicKey&, const Endpoint&, mesh::Direction) override {}
  [[nodiscard]] std::vector<PeerId> wanted() const override { return {}; }
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void set_endpoints(std::vector<Endpoint>) override {}
  [[nodiscard]] std::optional<mesh::SignedRecord> own_record() const override { return std::nullopt; }
  [[nodiscard]] Status learn(const mesh::SignedRecord&) override { return {}; }
  [[nodiscard]] mesh::RotationOutcome learn(const mesh::Rotation&, const std::optional<IpAddress>&) override { return mesh::RotationOutcome::First; }
  [[nodiscard]] std::vector<mesh::KnownPeer> known() const override { return all; }
  [[nodiscard]] std::optional<mesh::KnownPeer> find(const PeerId& peer) const override {
    for (const auto& one : all)
      if (one.peer == peer) return one;
    return std::nullopt;
  }
  [[nodiscard]] bool is_trusted(const PeerId& peer) const override {
    const auto one = find(peer);
    return one && one->trusted;
  }
  void configure(const mesh::PeerBookSettings&) override {}
  std::vector<mesh::KnownPeer> all;
};

/// One end of a stream whose other end is the test: what is written lies in `written`, what is to be read is put into `waiting`.
struct StreamEnd {
  std::deque<Bytes> waiting;
  Bytes written;
  bool ended = false;   // by the other side, after what waits
  bool closed = false;  // by us
  bool stuck = false;   // writes wait
  Notifier changed;
};

class FakeStream final : public mesh::Stream {
 public:
  FakeStream(std::shared_ptr<StreamEnd> end, IoClock& clock) : end_(std::move(end)), clock_(clock) {}
  ~FakeStream() override { close(); }
  [[nodiscard]] const PeerId& peer() const noexcept override { return peer_; }
  [[nodiscard]] mesh::Protocol protocol() const noexcept override { return mesh::Protocol::Call; }
  [[nodiscard]] Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto end = end_;
    while (end->waiting.empty()) {
      if (end->closed) co_return fail(Errc::Cancelled, "closed");
      if (end->ended) co_return fail(Errc::Closed, "ended");
      const bool told = co_await end->changed.wait(clock_, deadline);
      if (!told) co_return fail(Errc::TimedOut, "late");
    }
    auto& first = end->waiting.front();
    const auto count = std::min(first.size(), into.size());
    std::copy_n(first.begin(), count, into.begin());
    first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(count));
    if (first.empty()) end->waiting.pop_front();
    co_return count;
  }
  [[nodiscard]] Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto end = end_;
    while (end->stuck && !end->closed) {
      const bool told = co_await end->changed.wait(clock_, deadline);
      if (!told) co_return fail(Errc::TimedOut, "late");
    }
    if (end->closed) co_return fail(Errc::Cancelled, "closed");
    end->written.insert(end->written.end(), data.begin(), data.end());
    end->changed.notify_all();
    co_return Status{};
  }
  [[nodiscard]] Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override { co_return fail(Errc::Unsupported, "none"); }
  void shutdown_write() override {}
  void close() override {
    end_->closed = true;
    end_->changed.notify_all();
  }
  [[nodiscard]] bool is_open() const noexcept override { return !end_->closed; }
  [[nodiscard]] Endpoint remote() const override { return {}; }
  [[nodiscard]] Endpoint local() const override { return {}; }

 private:
  std::shared_ptr<StreamEnd> end_;
  IoClock& clock_;
  PeerId peer_ = peer_of(2);
};

struct FakeFabric final : fabric::Fabric {
  explicit FakeFabric(IoClock& the_clock) : clock(the_clock) {}
  [[nodiscard]] Status add(fabric::MeshService&) override { return {}; }
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void configure(const fabric::RouterSettings&) override {}
  [[nodiscard]] Task<Result<fabric::CallOutcome>> call(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                                       fabric::CallOptions options) override {
    permit.spend();
    ++calls;
    last_service = service;
    last_method = method;
    last_payload = payload;
    last_options = options;
    last_origin = permit.origin();
    if (refuse) co_return std::unexpected(*refuse);
    co_return outcome;
  }
  [[nodiscard]] Task<Result<mesh::StreamPtr>> open(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                                   fabric::CallOptions options) override {
    permit.spend();
    last_service = service;
    last_method = method;
    last_payload = payload;
    last_options = options;
    if (refuse) co_return std::unexpected(*refuse);
    mesh::StreamPtr made = std::make_unique<FakeStream>(end, clock);
    co_return made;
  }
  [[nodiscard]] Task<Result<std::vector<fabric::Provider>>> find(guard::Origin origin, std::string service, MonoTime) override {
    last_service = service;
    last_origin = origin;
    if (refuse) co_return std::unexpected(*refuse);
    co_return providers;
  }
  [[nodiscard]] Task<Result<Metadata>> metadata(guard::Permit<guard::MeshCall>, fabric::Provider, MonoTime) override { co_return Metadata{}; }
  [[nodiscard]] std::vector<Local> services() const override { return local; }
  [[nodiscard]] fabric::Directory& directory() override { std::abort(); }
  IoClock& clock;
  std::vector<Local> local;
  std::vector<fabric::Provider> providers;
  fabric::CallOutcome outcome;
  std::optional<Error> refuse;
  std::shared_ptr<StreamEnd> end = std::make_shared<StreamEnd>();
  int calls = 0;
  std::string last_service;
  std::string last_method;
  Bytes last_payload;
  fabric::CallOptions last_options;
  guard::Origin last_origin = guard::Origin::RemoteMesh;
};

struct FakePods final : services::Pods {
  [[nodiscard]] fabric::MeshService& service() override { std::abort(); }
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  [[nodiscard]] Task<Result<services::Pod>> create(std::string name, services::PodVisibility visibility, bool approval, bool keep) override {
    services::Pod pod;
    pod.id = "pod:11111111111111111111111111111111";
    pod.name = std::move(name);
    pod.visibility = visibility;
    pod.approval = approval;
    pod.keep = keep;
    all.push_back(pod);
    co_return pod;
  }
  [[nodiscard]] std::vector<services::Pod> list() const override { return all; }
  [[nodiscard]] Task<Result<std::vector<services::Pod>>> list_of(PeerId peer, guard::Origin, MonoTime) override {
    asked = peer;
    co_return all;
  }
  [[nodiscard]] Task<Result<services::Pod>> join(std::string pod, PeerId host, guard::Origin, MonoTime) override {
    asked = host;
    if (refuse) co_return std::unexpected(*refuse);
    services::Pod joined;
    joined.id = std::move(pod);
    joined.ours = services::MemberState::Asked;
    co_return joined;
  }
  [[nodiscard]] Task<Status> leave(std::string pod, guard::Origin, MonoTime) override {
    if (std::erase_if(all, [&](const services::Pod& one) { return one.id == pod; }) == 0) co_return fail(Errc::NotFound, "There is no such pod here.");
    if (told) told(pod);
    co_return Status{};
  }
  [[nodiscard]] Task<Status> set_member(std::string, PeerId member, services::PodRole role, services::MemberState state) override {
    asked = member;
    last_role = role;
    last_state = state;
    if (refuse) co_return std::unexpected(*refuse);
    co_return Status{};
  }
  [[nodiscard]] Task<Result<services::PodMessage>> post(std::string pod, std::string body, guard::Origin, MonoTime) override {
    if (refuse) co_return std::unexpected(*refuse);
    services::PodMessage message{std::string(32, 'a'), pod, peer_of(1), std::move(body), from_unix_micros(1'700'000'000'123'456), false};
    said.push_back(message);
    co_return message;
  }
  [[nodiscard]] Task<Status> remove_message(std::string, std::string message) override {
    removed = std::move(message);
    co_return Status{};
  }
  [[nodiscard]] Task<Result<std::vector<services::PodMessage>>> messages(std::string, std::optional<WallTime> before, std::size_t limit) override {
    last_before = before;
    last_limit = limit;
    co_return said;
  }
  void mark_read(const std::string& pod) override { read = pod; }
  void on_change(std::function<void(const std::string&)> callback) override { told = std::move(callback); }
  void configure(const services::PodSettings&) override {}
  std::vector<services::Pod> all;
  std::vector<services::PodMessage> said;
  std::function<void(const std::string&)> told;
  std::optional<Error> refuse;
  std::optional<PeerId> asked;
  services::PodRole last_role = services::PodRole::Member;
  services::MemberState last_state = services::MemberState::Member;
  std::string removed;
  std::string read;
  std::optional<WallTime> last_before;
  std::size_t last_limit = 0;
};

struct FakeMapper final : net::PortMapper {
  [[nodiscard]] Status start() override { return {}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  [[nodiscard]] std::optional<net::PortMapping> mapping() const override { return shown; }
  [[nodiscard]] std::string trouble() const override { return refused; }
  std::optional<net::PortMapping> shown;
  std::string refused;
};

/// A mesh that a test joins by `on = true` before it launches.
struct FakeMesh final : MeshControl {
  explicit FakeMesh(IoClock& clock) : fabric(clock) {}
  [[nodiscard]] const MeshParts* parts() override { return on ? &shown : nullptr; }
  [[nodiscard]] Choice choice() const override { return chosen; }
  [[nodiscard]] Task<Status> choose(bool join, std::vector<std::string> shares) override {
    if (chosen.fixed) co_return fail(Errc::Conflict, "The configuration decides this.");
    chosen.open = false;
    chosen.joined = join;
    last_shares = std::move(shares);
    set(join);
    co_return Status{};
  }
  void set(bool joined) {
    on = joined;
    changed();
  }
  FakeLinks links;
  FakeDht dht;
  FakePeerBook peers;
  FakeFabric fabric;
  FakePods pods;
  FakeMapper mapper;
  MeshParts shown{PublicKey{}, links, dht, peers, fabric, &pods, {Endpoint{IpAddress::v4(0xCB007104), 50305}}, &mapper};
  bool on = false;
  Choice chosen{.open = true, .joined = false, .fixed = false, .trouble = ""};
  std::vector<std::string> last_shares;
};

}  // namespace soulfabric::gateway::testing
