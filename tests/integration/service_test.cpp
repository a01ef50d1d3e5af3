// SPDX-License-Identifier: GPL-3.0-or-later
// The program as a service manager sees it: READY when the page answers, a heartbeat from the loop, changes of the file taken
// while it runs, STOPPING and a clean end. The manager is the test.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace soulfabric {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 60;  // seconds until a message counts as missing
constexpr int kMostBeats = 40;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

const sockaddr* generic(const void* address) { return static_cast<const sockaddr*>(address); }

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  EXPECT_EQ(::bind(probe, generic(&address), sizeof(address)), 0);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::getsockname(probe, static_cast<sockaddr*>(static_cast<void*>(&address)), &size), 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

std::string ask(std::uint16_t port, const std::string& method, const std::string& path) {
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{kPatience, 0};
  ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = loopback(port);
  std::string answer;
  if (::connect(peer, generic(&address), sizeof(address)) == 0) {
    const std::string request =
        method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(peer, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::array<char, 16384> buffer{};
    for (ssize_t size = 0; (size = ::recv(peer, buffer.data(), buffer.size(), 0)) > 0;)
      answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(peer);
  return answer;
}

std::string get(std::uint16_t port, const std::string& path) { return ask(port, "GET", path); }

struct ServiceTest : ::testing::Test {
  fs::path folder;
  std::uint16_t port = 0;
  std::uint16_t listen_port = 0;
  int manager = -1;
  std::string manager_name;
  pid_t child = -1;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "service_test_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    port = free_port();
    listen_port = free_port();
    manager_name = "soulfabric-service-test-" + std::to_string(::getpid());
    manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, manager_name.data(), manager_name.size());
    ASSERT_EQ(::bind(manager, generic(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + manager_name.size())), 0);
    const timeval patience{kPatience, 0};
    ::setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  void TearDown() override {
    if (child > 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    ::close(manager);
    fs::remove_all(folder);
  }
  void write_config(const std::string& description) const {
    std::ofstream(folder / "next.yml") << "web:\n  port: " << port
                                       << "\n  ip_address: 127.0.0.1\n  authentication:\n    disabled: true\nflags:\n  no_connect: true\n"
                                       << "soulseek:\n  listen_ip_address: 127.0.0.1\n  listen_port: " << listen_port
                                       << "\n  description: " << description << "\n";
    fs::rename(folder / "next.yml", folder / "soulfabric.yml");
  }
  void start() {
    const std::string program = std::string(SF_BINARY_DIR) + "/soulfabric";
    const std::string app_dir = folder.string();
    const std::string socket_name = "@" + manager_name;
    child = ::fork();
    ASSERT_GE(child, 0);
    if (child != 0) return;
    ::setenv("NOTIFY_SOCKET", socket_name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "1000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    ::execl(program.c_str(), program.c_str(), "daemon", "--app-dir", app_dir.c_str(), nullptr);
    ::_exit(127);
  }
  [[nodiscard]] std::string hear() const {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(manager, buffer.data(), buffer.size(), 0);
    return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }
  /// The first message that begins so; "" where none came.
  [[nodiscard]] std::string hear_until(const std::string& beginning) const {
    for (std::string message = hear(); !message.empty(); message = hear())
      if (message.starts_with(beginning)) return message;
    return {};
  }
  int wait_for_end() {
    int state = 0;
    EXPECT_EQ(::waitpid(child, &state, 0), child);
    child = -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  }
};

TEST_F(ServiceTest, IsReadyWhenThePageAnswersBeatsFollowsItsFileAndStopsWhenTold) {
  write_config("before");
  start();
  ASSERT_NE(hear_until("READY=1"), "") << "no READY within a minute";
  EXPECT_TRUE(get(port, "/health").starts_with("HTTP/1.1 200")) << "READY means that it answers";
  EXPECT_EQ(hear_until("WATCHDOG=1"), "WATCHDOG=1");
  EXPECT_EQ(hear_until("WATCHDOG=1"), "WATCHDOG=1");
  EXPECT_NE(get(port, "/api/v0/options").find("\"before\""), std::string::npos);
  write_config("after");
  bool taken = false;
  for (int beat = 0; beat < kMostBeats && !taken; ++beat) {
    ASSERT_NE(hear_until("WATCHDOG=1"), "");
    taken = get(port, "/api/v0/options").find("\"after\"") != std::string::npos;
  }
  EXPECT_TRUE(taken) << "a replaced file is taken while running";
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  EXPECT_NE(hear_until("STOPPING=1"), "");
  EXPECT_EQ(wait_for_end(), 0);
}

TEST_F(ServiceTest, StartingOverIsAnnouncedAsReloadingAndEndsInReady) {
  write_config("x");
  start();
  ASSERT_NE(hear_until("READY=1"), "");
  EXPECT_TRUE(ask(port, "PUT", "/api/v0/application").starts_with("HTTP/1.1 204"));
  EXPECT_NE(hear_until("RELOADING=1\nMONOTONIC_USEC="), "");
  EXPECT_NE(hear_until("READY=1"), "") << "the same process, started over";
  EXPECT_TRUE(get(port, "/health").starts_with("HTTP/1.1 200"));
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  EXPECT_NE(hear_until("STOPPING=1"), "");
  EXPECT_EQ(wait_for_end(), 0);
}

TEST_F(ServiceTest, BadFileEndsTheStartWithASentenceAndNoReady) {
  std::ofstream(folder / "soulfabric.yml") << "web:\n  port: eighty\n";
  start();
  EXPECT_EQ(wait_for_end(), 1);
}

}  // namespace
}  // namespace soulfabric
