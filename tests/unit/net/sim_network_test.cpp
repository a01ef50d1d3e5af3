// SPDX-License-Identifier: GPL-3.0-or-later
// The network in memory that simulations run on: time, latency, loss, partitions, power cuts.
#include "support/sim_network.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/task_scope.hpp"

namespace soulfabric::testing {
namespace {

struct Net {
  explicit Net(SimWeather weather = {}) : network(context, clock, 11, weather) {}
  IoContext context{1};
  SimClock clock{context};
  SimNetwork network;
  IpAddress here = IpAddress::v4(0x05010101);
  IpAddress there = IpAddress::v4(0x05020202);
};

Task<void> echo(std::unique_ptr<net::Listener> listener) {
  auto accepted = co_await listener->accept();
  if (!accepted) co_return;
  const auto stream = std::move(*accepted);
  Bytes buffer(1000);
  while (true) {
    const auto n = co_await stream->read_some(buffer, kNever);
    if (!n) co_return;
    const auto sent = co_await stream->write(ByteView(buffer).first(*n), kNever);
    if (!sent) co_return;
  }
}

struct Outcome {
  bool over = false;
  Errc code = Errc::Internal;
  Bytes got;
  Duration took{};
};

Task<void> ask(Net& net, Endpoint to, Bytes bytes, Duration patience, Outcome& outcome) {
  const MonoTime start = net.clock.now();
  const auto dialer = net.network.dialer_of(net.here);
  auto stream = co_await dialer->connect(to, start + patience);
  if (stream) {
    const auto written = co_await (*stream)->write(bytes, start + patience);
    EXPECT_TRUE(written);
    outcome.got.resize(bytes.size());
    const auto read = co_await net::read_exactly(**stream, outcome.got, start + patience);
    if (!read) outcome.code = read.error().code;
  } else {
    outcome.code = stream.error().code;
  }
  outcome.took = net.clock.now() - start;
  outcome.over = true;
}

struct World : Net {
  explicit World(SimWeather weather = {}) : Net(weather), scope(context, "test") {
    auto door = network.listen({there, 4000});
    EXPECT_TRUE(door);
    if (door) scope.spawn("echo", echo(std::move(*door)));
  }
  ~World() {
    scope.cancel();
    clock.settle();
  }
  Outcome& start(std::uint16_t port, std::size_t size, Duration patience) {
    scope.spawn("ask", ask(*this, {there, port}, Bytes(size, 7), patience, outcome));
    return outcome;
  }
  Outcome outcome;
  TaskScope scope;
};

TEST(SimNetwork, BytesTakeTheLatencyOfTheirRoad) {
  World world;
  Outcome& outcome = world.start(4000, 100'000, std::chrono::minutes(1));
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(2)));
  EXPECT_EQ(outcome.got, Bytes(100'000, 7));
  EXPECT_EQ(outcome.took, 4 * world.network.latency(world.here, world.there));
}

TEST(SimNetwork, LossIsDelayAndKeepsTheOrder) {
  SimWeather weather;
  weather.loss_per_mille = 300;
  World world(weather);
  Outcome& outcome = world.start(4000, 200'000, std::chrono::minutes(1));
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(2)));
  EXPECT_EQ(outcome.got, Bytes(200'000, 7));
  EXPECT_GT(outcome.took, 4 * world.network.latency(world.here, world.there));
}

TEST(SimNetwork, NobodyListeningRefuses) {
  World world;
  Outcome& outcome = world.start(4001, 1, std::chrono::minutes(1));
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(2)));
  EXPECT_EQ(outcome.code, Errc::Offline);
}

TEST(SimNetwork, PartitionHoldsBytesUntilItHeals) {
  World world;
  Outcome& outcome = world.start(4000, 10, std::chrono::minutes(10));
  world.clock.run_for(2 * world.network.latency(world.here, world.there) + std::chrono::milliseconds(1));  // connected, bytes on their way
  world.network.partition({{world.there, 1}});
  world.clock.run_for(std::chrono::minutes(1));
  EXPECT_FALSE(outcome.over);
  world.network.heal();
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(1)));
  EXPECT_EQ(outcome.got, Bytes(10, 7));
}

TEST(SimNetwork, DialAcrossAPartitionTimesOut) {
  World world;
  world.network.partition({{world.there, 1}});
  Outcome& outcome = world.start(4000, 10, std::chrono::seconds(20));
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(1)));
  EXPECT_EQ(outcome.code, Errc::TimedOut);
  EXPECT_EQ(outcome.took, std::chrono::seconds(20));
}

TEST(SimNetwork, HostWithoutPowerIsSilent) {
  World world;
  Outcome& outcome = world.start(4000, 10, std::chrono::seconds(30));
  world.clock.run_for(2 * world.network.latency(world.here, world.there) + std::chrono::milliseconds(1));
  world.network.lose_power(world.there);
  ASSERT_TRUE(world.clock.run_while_not([&] { return outcome.over; }, std::chrono::minutes(1)));
  EXPECT_EQ(outcome.code, Errc::TimedOut);
  EXPECT_TRUE(world.network.listen({world.there, 4000}));
}

Task<void> note(SimClock& clock, MonoTime when, int number, std::vector<int>& order) {
  co_await clock.sleep_until(when);
  order.push_back(number);
}

TEST(SimClock, WakesByDeadlineThenByTurn) {
  IoContext context(1);
  SimClock clock(context);
  TaskScope scope(context, "test");
  std::vector<int> order;
  const auto later = [&](int seconds) { return clock.now() + std::chrono::seconds(seconds); };
  scope.spawn("c", note(clock, later(3), 3, order));
  scope.spawn("a", note(clock, later(1), 1, order));
  scope.spawn("b", note(clock, later(1), 2, order));
  EXPECT_FALSE(clock.run_for(std::chrono::hours(1)));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(clock.elapsed(), std::chrono::hours(1));
  EXPECT_EQ(scope.size(), 0U);
}

}  // namespace
}  // namespace soulfabric::testing
