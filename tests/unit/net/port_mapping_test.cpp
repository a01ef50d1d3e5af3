// SPDX-License-Identifier: GPL-3.0-or-later
// Mapping a port against a stand-in router that speaks NAT-PMP (RFC 6886) on a loopback address of its own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/local_addresses.hpp"
#include "soulfabric/net/port_mapping.hpp"
#include "support/run_task.hpp"

namespace soulfabric::net {
namespace {

using testing::run_task;

struct Asked {
  std::uint8_t operation;
  std::uint16_t inner;
  std::uint32_t lifetime;
};

class StandInRouter {
 public:
  /// `result` 0 grants, 2 refuses (RFC 6886, section 3.5).
  explicit StandInRouter(const char* address, std::uint16_t result = 0) : result_(result) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(5351);
    ::inet_pton(AF_INET, address, &at.sin_addr);
    bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    thread_ = std::thread([this] { serve(); });
  }
  ~StandInRouter() {
    stop_ = true;
    thread_.join();
    ::close(socket_);
  }
  bool bound() const { return bound_; }
  std::vector<Asked> asked() {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      std::array<std::uint8_t, 64> in{};
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(socket_, in.data(), in.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 2) continue;
      const auto out = answer(in, static_cast<std::size_t>(got));
      ::sendto(socket_, out.data(), out.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
  }
  std::vector<std::uint8_t> answer(const std::array<std::uint8_t, 64>& in, std::size_t got) {
    const auto result = static_cast<std::uint8_t>(result_);
    if (in[1] == 0) return {0, 128, 0, 0, 0, 0, 0, 1, 203, 0, 113, 9};
    if (got < 12) return {};
    Asked asked{in[1], static_cast<std::uint16_t>((in[4] << 8U) | in[5]), 0};
    for (std::size_t i = 8; i < 12; ++i) asked.lifetime = (asked.lifetime << 8U) | in[i];
    {
      const std::scoped_lock lock(mutex_);
      asked_.push_back(asked);
    }
    constexpr std::uint16_t kOuter = 61234;
    return {0,     static_cast<std::uint8_t>(128 + in[1]), 0, result, 0, 0, 0, 1, in[4], in[5], kOuter >> 8U, kOuter & 255U,
            in[8], in[9],                                  in[10], in[11]};
  }

  std::uint16_t result_;
  int socket_ = -1;
  bool bound_ = false;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  std::thread thread_;
};

PortMappingSettings settings_for(const char* router) {
  PortMappingSettings settings;
  settings.port = 50305;
  settings.never = {5030};
  settings.router = IpAddress::parse(router);
  return settings;
}

TEST(PortMapper, GetsThePortThatTheRouterPickedAndGivesItBack) {
  StandInRouter router("127.53.51.1");
  ASSERT_TRUE(router.bound());
  IoContext context(1);
  SystemIoClock clock;
  Notifier changed;
  auto mapper = make_port_mapper(context, clock, settings_for("127.53.51.1"), [&] { changed.notify_all(); });
  ASSERT_TRUE(mapper->start());
  const auto run = [](PortMapper& made, Notifier& change, IoClock& time) -> Task<void> {
    while (!made.mapping()) co_await change.wait(time, kNever);
    EXPECT_EQ(made.mapping()->outer, 61234);
    EXPECT_EQ(made.mapping()->external, IpAddress::parse("203.0.113.9"));
    EXPECT_EQ(made.mapping()->by, "NAT-PMP");
    co_await made.stop();
  };
  run_task(context, run(*mapper, changed, clock));
  const auto asked = router.asked();
  ASSERT_EQ(asked.size(), 4U) << "TCP and UDP asked for, TCP and UDP given back";
  EXPECT_EQ(asked[0].inner, 50305);
  EXPECT_EQ(asked[0].lifetime, 3600U);
  EXPECT_NE(asked[0].operation, asked[1].operation);
  EXPECT_EQ(asked[2].lifetime, 0U);
  EXPECT_EQ(asked[3].lifetime, 0U);
}

TEST(PortMapper, NeverOpensThePortOfTheWebPage) {
  IoContext context(1);
  SystemIoClock clock;
  auto settings = settings_for("127.53.51.2");
  settings.port = 5030;
  auto mapper = make_port_mapper(context, clock, settings, [] {});
  const auto started = mapper->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::Forbidden);
}

TEST(LocalAddresses, HaveLoopbackLast) {
  const auto addresses = local_addresses();
  ASSERT_FALSE(addresses.empty());
  EXPECT_TRUE(addresses.back().is_loopback());
}

}  // namespace
}  // namespace soulfabric::net
