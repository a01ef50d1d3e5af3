// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes with a fabric each, joined in memory: links that are always there, a directory that knows everybody, no DHT.
#pragma once
#include <gtest/gtest.h>

#include <map>

#include "fabric_impl.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "support/fake_mesh.hpp"
#include "support/run_task.hpp"

namespace soulfabric::fabric::testing {

using namespace std::chrono_literals;

/// A stream in memory with a proven peer at its other end.
class JoinedStream final : public mesh::Stream {
 public:
  JoinedStream(std::unique_ptr<net::ByteStream> inner, PeerId peer, mesh::Direction direction, std::optional<Endpoint> at)
      : inner_(std::move(inner)), peer_(peer), direction_(direction), at_(at) {}
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override { return inner_->read_some(into, deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_->write(data, deadline); }
  Task<Status> send_file(int file, std::uint64_t from, std::uint64_t count, MonoTime deadline) override {
    return inner_->send_file(file, from, count, deadline);
  }
  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  Endpoint remote() const override { return at_.value_or(inner_->remote()); }
  Endpoint local() const override { return inner_->local(); }
  const PeerId& peer() const noexcept override { return peer_; }
  mesh::Protocol protocol() const noexcept override { return mesh::Protocol::Call; }
  mesh::Direction direction() const noexcept override { return direction_; }

 private:
  std::unique_ptr<net::ByteStream> inner_;
  PeerId peer_;
  mesh::Direction direction_;
  std::optional<Endpoint> at_;
};

class FakeLinks;
using Net = std::map<PeerId, FakeLinks*>;

class FakeLinks final : public mesh::Links {
 public:
  FakeLinks(IoContext& context, IoClock& clock, Net& net, PeerId self) : context_(context), clock_(clock), net_(net), self_(self) {
    net_[self_] = this;
  }
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  PeerId self() const override { return self_; }
  std::optional<Endpoint> listening() const override { return std::nullopt; }
  Task<Result<mesh::StreamPtr>> open(PeerId peer, mesh::Protocol, guard::Origin, MonoTime) override {
    ++opened;
    const auto found = net_.find(peer);
    if (found == net_.end() || !found->second->handler_ || down.contains(peer)) co_return fail(Errc::Offline, "there is no way to it");
    net::StreamPair pair = net::make_memory_streams(context_, clock_, ++seed_);
    const bool dialled_us = found->second->dialled.contains(self_);
    const auto outbound = dialled_us ? mesh::Direction::Inbound : mesh::Direction::Outbound;
    const auto inbound = dialled_us ? mesh::Direction::Outbound : mesh::Direction::Inbound;
    found->second->handler_(std::make_unique<JoinedStream>(std::move(pair.second), self_, inbound, at));
    co_return std::make_unique<JoinedStream>(std::move(pair.first), peer, outbound, found->second->at);
  }
  Task<Status> connect(PeerId peer, guard::Origin, MonoTime) override {
    const auto found = far.find(peer);
    if (found == far.end()) co_return Status{};
    const Duration takes = found->second;
    co_await clock_.sleep_for(takes);
    far.erase(peer);
    co_return Status{};
  }
  Task<Status> dial(PeerId, Endpoint, MonoTime) override { co_return Status{}; }
  void drop(const PeerId&) override {}
  void on_stream(mesh::Protocol, StreamHandler handler) override { handler_ = std::move(handler); }
  void on_link(std::function<void(const PeerId&, bool)>) override {}
  bool is_linked(const PeerId& peer) const override { return net_.contains(peer) && !far.contains(peer); }
  std::optional<mesh::LinkInfo> link(const PeerId&) const override { return std::nullopt; }
  std::vector<mesh::LinkInfo> links() const override { return {}; }
  mesh::LinkMetrics metrics() const override { return {}; }
  void configure(const mesh::LinkSettings&) override {}

  std::set<PeerId> down;  // not to be reached
  std::set<PeerId> dialled;  // to whom the link is ours; else whoever opens the first stream dialled
  std::optional<Endpoint> at;  // where the others see us
  std::map<PeerId, Duration> far;  // not linked: what a dial takes
  std::size_t opened = 0;

 private:
  IoContext& context_;
  IoClock& clock_;
  Net& net_;
  PeerId self_;
  StreamHandler handler_;
  std::uint64_t seed_ = 0;
};

using FakeBook = soulfabric::testing::FakePeerBook;

class FakeDht final : public mesh::Dht {
 public:
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>&, mesh::SignedRecord, MonoTime) override { co_return Status{}; }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>&, mesh::DhtKey, mesh::RecordKind, std::size_t, MonoTime) override {
    co_return std::vector<mesh::SignedRecord>{};
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
};

class FakeDirectory final : public Directory {
 public:
  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void offer(std::vector<ServiceDescriptor> services) override { offered = std::move(services); }
  Task<Result<std::vector<Provider>>> find(guard::Permit<guard::DhtQuery>&, std::string, MonoTime) override { co_return providers; }
  std::optional<PeerId> owner(std::string_view, ByteView, const std::vector<PeerId>&) const override { return std::nullopt; }
  std::vector<mesh::SignedRecord> tell(std::string_view) const override { return told; }
  void configure(const DirectorySettings&) override {}
  std::vector<ServiceDescriptor> offered;
  std::vector<Provider> providers;
  std::vector<mesh::SignedRecord> told;
};

struct Node {
  Node(IoContext& context, IoClock& clock, Net& net, std::uint64_t seed, const RouterSettings& settings, const guard::GuardOptions& limits = {})
      : random(seed), guard(limits, clock), key(SigningKey::generate(random)), id(PeerId::of(key.public_key())), links(context, clock, net, id) {
    fabric = std::make_unique<FabricImpl>(FabricDependencies{context, clock, random, guard, links, book, dht, key}, settings,
                                          [this](DescriptorSource& asks) {
                                            source = &asks;
                                            auto made = std::make_unique<FakeDirectory>();
                                            directory = made.get();
                                            return made;
                                          });
  }
  guard::Permit<guard::MeshCall> permit() {
    return std::move(*guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()}));
  }
  [[nodiscard]] Provider provider(int reputation = 50) const {
    Provider one;
    one.descriptor.owner = id;
    one.linked = true;
    one.reputation = reputation;
    return one;
  }
  SeededRandom random;
  guard::Guard guard;
  SigningKey key;
  PeerId id;
  FakeLinks links;
  FakeBook book;
  FakeDht dht;
  DescriptorSource* source = nullptr;
  FakeDirectory* directory = nullptr;
  std::unique_ptr<FabricImpl> fabric;
};

struct Text {
  std::string text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 2 * 1024 * 1024);
  }
};
struct Number {
  std::uint64_t value = 0;
  template <class Visitor>
  void fields(Visitor& f) {
    f("value", value);
  }
};

/// Does everything that a handler may do, and what it may not.
class Odd final : public TypedService<Odd> {
 public:
  Odd(IoClock& clock, std::string name, std::chrono::milliseconds longest = 2s)
      : TypedService({.name = std::move(name), .version = "1.0.0", .longest_call = longest},
                     {method<&Odd::echo>("Echo", {.idempotent = true, .request_cap = kPayloadCap, .reply_cap = kPayloadCap}),
                      method<&Odd::crash>("Crash"), method<&Odd::hang>("Hang"), method<&Odd::large>("Large", {.reply_cap = kPayloadCap}),
                      method<&Odd::left>("Left"), method<&Odd::buy>("Buy", {.units = 10}), method<&Odd::refuse>("Refuse"),
                      stream_method<&Odd::pour>("Pour"), stream_method<&Odd::blurt>("Blurt")}),
        clock_(clock) {}
  Task<Result<Text>> echo(CallContext& context, Text question) {
    ++calls;
    caller = context.caller;
    co_return question;
  }
  Task<Result<Text>> crash(CallContext&, Nothing) {
    ++calls;
    throw std::runtime_error("secret words");
    co_return Text{};
  }
  Task<Result<Text>> hang(CallContext&, Nothing) {
    struct Count {
      int& value;
      explicit Count(int& counted) : value(counted) { ++value; }
      ~Count() { --value; }
    };
    const Count count(hanging);
    changed.notify_all();
    co_await clock_.sleep_until(release);
    co_return Text{"done"};
  }
  Task<Result<Text>> large(CallContext&, Number question) { co_return Text{std::string(question.value, 'x')}; }
  Task<Result<Number>> left(CallContext& context, Nothing) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - clock_.now()).count();
    units_seen = context.budget.remaining();
    co_return Number{static_cast<std::uint64_t>(left)};
  }
  /// Buys as many streams as the call's budget gives and spends them.
  Task<Result<Number>> buy(CallContext& context, Nothing) {
    units_seen = context.budget.remaining();
    const auto outbound = context.budget.permit<guard::MeshCall>();
    outbound_refused = outbound_refused && !outbound && outbound.error().code == Errc::Forbidden;
    Number bought;
    for (;;) {
      auto permit = context.budget.permit<guard::ContentStream>();
      if (!permit) break;
      permit->spend();
      ++bought.value;
      co_await clock_.sleep_for(1ms);
    }
    spent += bought.value;
    co_return bought;
  }
  Task<Result<Text>> refuse(CallContext&, Nothing) {
    ++calls;
    co_return fail(Errc::RateLimited, "not now");
  }
  /// Sends back what comes, until the other side has no more.
  /// Ends before anybody could wait for its end.
  Task<CallStatus> blurt(CallContext&, Text, mesh::Stream& stream) {
    const auto written = co_await stream.write(bytes_of("!"), clock_.now() + std::chrono::seconds(5));
    co_return written ? CallStatus::Ok : CallStatus::Unavailable;
  }
  Task<CallStatus> pour(CallContext& context, Text question, mesh::Stream& stream) {
    const auto written = co_await stream.write(bytes_of(question.text), context.deadline);
    if (!written) co_return CallStatus::Unavailable;
    std::array<std::uint8_t, 100> buffer;
    for (;;) {
      const auto got = co_await stream.read_some(buffer, context.deadline);
      if (!got) co_return got.error().code == Errc::Closed ? CallStatus::Ok : CallStatus::Internal;
      const auto sent = co_await stream.write(ByteView(buffer).first(*got), context.deadline);
      if (!sent) co_return CallStatus::Unavailable;
    }
  }

  int calls = 0;
  int hanging = 0;
  std::uint64_t spent = 0;
  unsigned units_seen = 0;
  bool outbound_refused = true;
  PeerId caller;
  MonoTime release = kNever;
  Notifier changed;

 private:
  IoClock& clock_;
};

/// Two nodes that have shown each other one good result, `here` calls and `there` answers; both run the service "odd", exposed, and "secret", not exposed.
class FabricTest : public ::testing::Test {
 public:
  FabricTest() {
    settings_.exposed = {"odd"};
    settings_.calls_per_peer = 10'000;
    limits_.budget.user_reserve = 1'000;
    limits_.budget.node_minute = 10'000;
  }
  void make() {
    here_ = std::make_unique<Node>(context_, clock_, net_, 1, settings_, limits_);
    there_ = std::make_unique<Node>(context_, clock_, net_, 2, settings_, limits_);
    EXPECT_TRUE(there_->fabric->add(odd_));
    EXPECT_TRUE(there_->fabric->add(secret_));
    EXPECT_TRUE(here_->fabric->add(own_));
    here_->directory->providers = {there_->provider()};
    const auto proven = [](Node& node, const Node& other) { node.guard.import_reputations({{guard::Subject::peer(other.id.text()), 51, {}}}); };
    proven(*here_, *there_);
    proven(*there_, *here_);
  }
  /// Runs the test's coroutine, then stops both nodes.
  void run(Task<void> test) { soulfabric::testing::run_task(context_, with_nodes(std::move(test))); }
  Task<void> with_nodes(Task<void> test) {
    const auto first = co_await here_->fabric->start();
    const auto second = co_await there_->fabric->start();
    EXPECT_TRUE(first && second);
    co_await std::move(test);
    co_await here_->fabric->stop();
    co_await there_->fabric->stop();
  }
  template <Described Question>
  Task<Result<CallOutcome>> call(std::string method, Question question, CallOptions options = {}, std::string service = "odd") {
    return here_->fabric->call(here_->permit(), std::move(service), std::move(method), encode(question), std::move(options));
  }
  /// A stream to `there`, without the client.
  Task<Result<mesh::StreamPtr>> raw() {
    return here_->links.open(there_->id, mesh::Protocol::Call, guard::Origin::UserLocal, clock_.now() + 1s);
  }
  [[nodiscard]] const ServiceMetrics& metrics() const {
    metrics_ = there_->fabric->services().front().metrics;
    return metrics_;
  }

  IoContext context_{1};
  SystemIoClock clock_;
  Net net_;
  RouterSettings settings_;
  guard::GuardOptions limits_;
  Odd odd_{clock_, "odd"};
  Odd secret_{clock_, "secret"};
  Odd own_{clock_, "odd"};
  std::unique_ptr<Node> here_;
  std::unique_ptr<Node> there_;
  mutable ServiceMetrics metrics_;
};

}  // namespace soulfabric::fabric::testing
