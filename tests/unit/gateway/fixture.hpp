// SPDX-License-Identifier: GPL-3.0-or-later
// A whole gateway on loopback over fakes, its loop on a thread of its own.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <thread>

#include "fakes.hpp"
#include "mesh_fakes.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/guard.hpp"
#include "wire.hpp"

namespace soulfabric::gateway::testing {

inline constexpr std::string_view kTestKey = "test-key-0123456789abcdef";

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    static const bool ready = crypto::initialise();
    EXPECT_TRUE(ready);
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::temp_directory_path() / ("sf_gateway_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "secrets");
    std::filesystem::create_directories(folder / "downloads");
    settings.api_keys = {ApiKey{"test", std::string(kTestKey), Role::Administrator, {}, {}}};
    settings.password = "right-password";
    settings.metrics_enabled = true;
    settings.downloads_folder = folder / "downloads";
    settings.limits.sweep = std::chrono::milliseconds(20);
    client.session_part.shown.state = SessionState::Connected | SessionState::LoggedIn;
    client.session_part.shown.address = "server.example:2271";
    client.session_part.shown.endpoint = Endpoint{IpAddress::v4(0x01020304), 2271};
    client.session_part.shown.username = "me";
  }
  ~GatewayTest() override {
    halt();
    std::error_code busy;  // a worker may still write what nobody reads any more
    std::filesystem::remove_all(folder, busy);
  }

  Status launch(std::vector<ListenAt> at) {
    const GatewayDependencies deps{context, clock, workers, random, client, shares, guard, configuration, replaced_mesh == nullptr ? &mesh : replaced_mesh, relay, folder / "secrets",
                                   [this] { return parts; }, "soulfabric 0.1.0"};
    auto made = make_gateway(deps, settings);
    if (!made) return std::unexpected(made.error());
    gateway = std::move(*made);
    if (auto started = gateway->start(at); !started) {
      gateway.reset();
      return started;
    }
    port = gateway->endpoints().front().port;
    if (gateway->endpoints().size() > 1) tunnel_port = gateway->endpoints()[1].port;
    work.emplace(context.get_executor());
    context.restart();
    loop = std::thread([this] { context.run(); });
    return {};
  }
  void launch() {
    const auto started = launch({{{IpAddress::v4(0x7F000001), 0}, guard::Origin::UserLocal}, {{IpAddress::v4(0x7F000001), 0}, guard::Origin::RemoteGateway}});
    ASSERT_TRUE(started) << started.error().message;
  }
  void halt() {
    if (!gateway) return;
    auto done = boost::asio::co_spawn(context, gateway->stop(), boost::asio::use_future);
    EXPECT_EQ(done.wait_for(std::chrono::seconds(20)), std::future_status::ready) << "the gateway did not stop";
    work.reset();
    context.stop();
    loop.join();
    gateway.reset();
  }
  /// Runs on the loop's thread and waits.
  template <class F>
  void on_loop(F fn) {
    std::promise<void> done;
    boost::asio::post(context, [&] {
      fn();
      done.set_value();
    });
    done.get_future().get();
  }

  [[nodiscard]] std::string head(std::string_view method, std::string_view target, const std::vector<std::string>& headers, bool key = true) const {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    bool host = false;
    for (const auto& header : headers) {
      host = host || header.starts_with("Host:");
      text += header + "\r\n";
    }
    if (!host) text += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    if (key) text += "X-API-Key: " + std::string(kTestKey) + "\r\n";
    return text;
  }
  /// With the API key; bodies are sent as JSON.
  Reply call(std::string_view method, std::string_view target, std::string_view body = {}, std::vector<std::string> headers = {}) {
    return exchange(port, method, target, body, std::move(headers), true);
  }
  /// Without any proof.
  Reply stranger(std::string_view method, std::string_view target, std::string_view body = {}, std::vector<std::string> headers = {}) {
    return exchange(port, method, target, body, std::move(headers), false);
  }
  Reply exchange(std::uint16_t to, std::string_view method, std::string_view target, std::string_view body, std::vector<std::string> headers, bool key) {
    Wire wire(to);
    if (!body.empty()) {
      headers.push_back("Content-Length: " + std::to_string(body.size()));
      headers.push_back("Content-Type: application/json");
    }
    wire.send(head(method, target, headers, key) + "\r\n" + std::string(body));
    return wire.read(method == "HEAD");
  }

  std::filesystem::path folder;
  IoContext context{1};
  SystemIoClock clock;
  WorkerPool workers{2};
  SeededRandom random{42};
  FakeClient client;
  FakeShares shares;
  guard::Guard guard{guard::GuardOptions{}, clock};
  FakeConfiguration configuration;
  FakeMesh mesh{clock};
  MeshControl* replaced_mesh = nullptr;  // instead of it
  RelayControl* relay = nullptr;  // nothing: the relays are not part of this program
  GatewaySettings settings;
  std::vector<ReadyPart> parts{{"shares", true, ""}};
  std::unique_ptr<Gateway> gateway;
  std::optional<boost::asio::executor_work_guard<IoContext::executor_type>> work;
  std::thread loop;
  std::uint16_t port = 0;
  std::uint16_t tunnel_port = 0;
};

}  // namespace soulfabric::gateway::testing
