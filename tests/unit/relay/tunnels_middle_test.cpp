// SPDX-License-Identifier: GPL-3.0-or-later
// A node between two others that does not keep to the rules (security rule S18).
#include "tunnels_impl.hpp"
#include "tunnels_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

/// Keeps a copy of all that is read from it.
class RecordedStream final : public net::ByteStream {
 public:
  RecordedStream(net::ByteStream& inner, Bytes& record) : inner_(inner), record_(record) {}
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto got = co_await inner_.read_some(into, deadline);
    if (got) record_.insert(record_.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(*got));
    co_return got;
  }
  Task<Status> wait_readable(MonoTime deadline) override { return inner_.wait_readable(deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_.write(data, deadline); }
  Task<Status> send_file(int file, std::uint64_t from, std::uint64_t count, MonoTime deadline) override {
    return inner_.send_file(file, from, count, deadline);
  }
  void shutdown_write() override { inner_.shutdown_write(); }
  void close() override { inner_.close(); }
  bool is_open() const noexcept override { return inner_.is_open(); }
  Endpoint remote() const override { return inner_.remote(); }
  Endpoint local() const override { return inner_.local(); }

 private:
  net::ByteStream& inner_;
  Bytes& record_;
};

/// Joins whoever asks to the node that it likes, and writes everything down.
class Eavesdropper final : public fabric::TypedService<Eavesdropper> {
 public:
  Eavesdropper(IoClock& clock, guard::Guard& guard)
      : TypedService(about(), {fabric::stream_method<&Eavesdropper::relay>("Relay")}), guard_(guard), room_{clock} {}
  Task<fabric::CallStatus> relay(fabric::CallContext&, RelayQuestion, mesh::Stream& stream) {
    auto permit = guard_.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
    fabric::CallOptions options;
    options.to = to;
    const auto onward = co_await fabric->open(std::move(*permit), "trusted-relay", "Relayed", fabric::encode(fabric::Nothing{}), options);
    EXPECT_TRUE(onward) << (onward ? "" : onward.error().message);
    if (!onward) co_return fabric::CallStatus::Unavailable;
    const std::array<std::uint8_t, 1> word{0};
    const auto said = co_await stream.write(word, kNever);
    EXPECT_TRUE(said);
    RecordedStream near(stream, record);
    RecordedStream far(**onward, record);
    co_await pump_both_ways(room_, std::make_shared<TunnelEntry>(), near, far);
    co_return fabric::CallStatus::Ok;
  }
  fabric::Fabric* fabric = nullptr;
  PeerId to;
  Bytes record;

 private:
  static fabric::ServiceInfo about() {
    fabric::ServiceInfo info;
    info.name = "trusted-relay";
    info.version = "1.0.0";
    return info;
  }
  guard::Guard& guard_;
  PumpRoom room_;
};

class HostileMiddle : public TunnelWorld {
 public:
  HostileMiddle() : node(network.add()), spy(clock, node.guard) {
    EXPECT_TRUE(node.links->start());
    fabric::RouterSettings router;
    router.exposed = {"trusted-relay"};
    fabric = fabric::make_fabric({context, clock, node.random, node.guard, *node.links, book, dht, node.key}, router, {});
    spy.fabric = fabric.get();
    EXPECT_TRUE(fabric->add(spy));
    far->rights(*near).tunnel_targets = true;
    direct = false;
  }
  Task<void> around(Task<void> test) {
    const auto started = co_await fabric->start();
    EXPECT_TRUE(started);
    for (TunnelNode* end : all()) {
      const bool linked = co_await network.link(end->node, node);
      EXPECT_TRUE(linked);
    }
    co_await std::move(test);
    for (TunnelNode* end : all()) co_await end->tunnels->stop();
    co_await fabric->stop();
  }
  Task<Result<std::unique_ptr<net::ByteStream>>> open_through() {
    co_return co_await near->tunnels->open(far->id(), std::string(kUiTarget), node.id, clock.now() + 10s);
  }
  MeshNode& node;
  FakePeerBook book;
  NoDht dht;
  Eavesdropper spy;
  std::unique_ptr<fabric::Fabric> fabric;
};

TEST_F(HostileMiddle, SeesCiphertextOnly) {
  struct Test {
    static Task<void> run(HostileMiddle& t) {
      t.spy.to = t.far->id();
      const auto stream = co_await t.open_through();
      EXPECT_TRUE(stream) << (stream ? "" : stream.error().message);
      if (!stream) co_return;
      const auto heard = co_await say_and_hear(**stream, "a very secret sentence");
      EXPECT_EQ(heard, "a very secret sentence");
      const std::string_view record = text_of(t.spy.record);
      EXPECT_GT(record.size(), 500U);
      for (const std::string_view word : {std::string_view("secret"), std::string_view("sentence"), kUiTarget})
        EXPECT_EQ(record.find(word), std::string_view::npos) << word;
    }
  };
  run(around(Test::run(*this)));
}

TEST_F(HostileMiddle, CannotPutAnotherNodeAtTheFarEnd) {
  struct Test {
    static Task<void> run(HostileMiddle& t) {
      t.spy.to = t.middle->id();  // it would let the near side in
      TunnelSettings settings;
      settings.enabled = true;
      t.middle->tunnels->configure(settings);
      t.middle->rights(*t.near).tunnel_targets = true;
      const auto stream = co_await t.open_through();
      EXPECT_FALSE(stream);
      if (!stream) EXPECT_EQ(stream.error().code, Errc::Forbidden) << stream.error().message;
      EXPECT_EQ(t.near->refused(TunnelRefusal::Identity), 1U);
      EXPECT_EQ(t.middle->door.joined, 0U);
    }
  };
  run(around(Test::run(*this)));
}

TEST_F(HostileMiddle, CannotSpeakForTheNearEnd) {
  struct Test {
    static Task<void> run(HostileMiddle& t) {
      auto permit = t.node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
      fabric::CallOptions options;
      options.to = t.far->id();
      auto stream = co_await t.fabric->open(std::move(*permit), "trusted-relay", "Relayed", fabric::encode(fabric::Nothing{}), options);
      EXPECT_TRUE(stream);
      const auto own = net::TlsIdentity::make(t.node.key, kInnerAlpn);
      TaskScope scope(t.context, "goodbyes");
      net::TlsStreamOptions client;
      client.expected = t.far->id();
      const auto inner = co_await net::start_tls(scope, t.clock, std::move(*stream), *own, client, t.clock.now() + 10s);
      EXPECT_TRUE(inner) << "the far end does not know yet what is wanted";
      const Bytes hello = encode_hello(kUiTarget);
      co_await (*inner)->write(hello, t.clock.now() + 10s);
      std::array<std::uint8_t, 1> word{};
      const auto heard = co_await net::read_exactly(**inner, word, t.clock.now() + 10s);
      EXPECT_TRUE(heard);
      EXPECT_EQ(word[0], 1U) << "refused";
      EXPECT_EQ(t.far->refused(TunnelRefusal::NoRight), 1U);
      co_await scope.close();
    }
  };
  run(around(Test::run(*this)));
}

TEST_F(HostileMiddle, GetsNoFurtherWithHalfOpenTunnels) {
  struct Test {
    static Task<void> run(HostileMiddle& t) {
      std::vector<mesh::StreamPtr> held;
      for (int i = 0; i < 5; ++i) {
        auto permit = t.node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
        fabric::CallOptions options;
        options.to = t.far->id();
        auto stream = co_await t.fabric->open(std::move(*permit), "trusted-relay", "Relayed", fabric::encode(fabric::Nothing{}), options);
        EXPECT_TRUE(stream);
        held.push_back(std::move(*stream));
      }
      const bool refused = co_await t.network.until([&t] { return t.far->refused(TunnelRefusal::PerPeer) == 1; });
      EXPECT_TRUE(refused) << "the fifth";
      const auto written = co_await held[0]->write(bytes_of("GET / HTTP/1.1\r\n\r\n"), t.clock.now() + 10s);
      EXPECT_TRUE(written);
      const bool judged = co_await t.network.until([&t] { return t.far->refused(TunnelRefusal::Identity) == 1; });
      EXPECT_TRUE(judged) << "no TLS";
      EXPECT_EQ(t.far->tunnels->metrics().opened, 0U);
    }
  };
  run(around(Test::run(*this)));
}

}  // namespace
}  // namespace soulfabric::relay
