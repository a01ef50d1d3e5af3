// SPDX-License-Identifier: GPL-3.0-or-later
// The service manager's socket played by the test: what arrives, when, and what happens without one.
#include "daemon/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "soulfabric/base/task_scope.hpp"
#include "support/run_task.hpp"

namespace soulfabric::daemon {
namespace {
using namespace std::chrono_literals;

/// A NOTIFY_SOCKET of our own, in the file system or abstract.
class Manager {
 public:
  explicit Manager(bool abstract) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    static int counter = 0;
    const std::string unique = "soulfabric-notify-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
    name_ = abstract ? "@" + unique : (std::filesystem::temp_directory_path() / unique).string();
    std::string raw = name_;
    if (abstract) raw.front() = '\0';
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, raw.data(), raw.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + raw.size() + (abstract ? 0 : 1));
    EXPECT_EQ(::bind(socket_, static_cast<const sockaddr*>(static_cast<const void*>(&address)), length), 0);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() {
    ::close(socket_);
    if (name_.front() != '@') std::filesystem::remove(name_);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The next datagram; "" after 20 seconds without one.
  [[nodiscard]] std::string next() const {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int socket_;
  std::string name_;
};

TEST(ServiceNotifier, SpeaksToASocketInTheFileSystemAndToAnAbstractOne) {
  for (const bool abstract : {false, true}) {
    const Manager manager(abstract);
    ServiceNotifier notifier({{"NOTIFY_SOCKET", manager.name()}}, ::getpid());
    ASSERT_TRUE(notifier.active());
    ASSERT_TRUE(notifier.ready("Serving\non port 5030"));
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=Serving on port 5030");
    ASSERT_TRUE(notifier.status("Scanning"));
    EXPECT_EQ(manager.next(), "STATUS=Scanning");
    ASSERT_TRUE(notifier.alive());
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    ASSERT_TRUE(notifier.extend_timeout(30s));
    EXPECT_EQ(manager.next(), "EXTEND_TIMEOUT_USEC=30000000");
    ASSERT_TRUE(notifier.reloading(MonoTime{5s}));
    EXPECT_EQ(manager.next(), "RELOADING=1\nMONOTONIC_USEC=5000000\nSTATUS=Starting over");
    ASSERT_TRUE(notifier.stopping());
    EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=Stopping");
  }
}

TEST(ServiceNotifier, DoesNothingWithoutAManagerAndFailsGentlyWhenItIsGone) {
  ServiceNotifier nobody({}, 1);
  EXPECT_FALSE(nobody.active());
  EXPECT_TRUE(nobody.ready("x"));
  std::string gone;
  {
    const Manager manager(false);
    gone = manager.name();
  }
  ServiceNotifier late({{"NOTIFY_SOCKET", gone}}, 1);
  EXPECT_FALSE(late.ready("x"));
}

TEST(ServiceNotifier, RefusesNamesThatAreNoSocketAddress) {
  for (const std::string& name :
       {std::string(), std::string("relative"), std::string("/"), std::string(200, '/'), std::string("vsock:2:1234")})
    EXPECT_FALSE(ServiceNotifier({{"NOTIFY_SOCKET", name}}, 1).active()) << name;
}

TEST(ServiceNotifier, WatchdogIsFedTwiceAsOftenAsAskedAndOnlyWhenItIsOurs) {
  const auto interval = [](std::map<std::string, std::string> environment) {
    environment.emplace("NOTIFY_SOCKET", "@nobody-listens-here");
    return ServiceNotifier(environment, 42).watchdog_interval();
  };
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "42"}}), 15s);
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "30000000"}}), 15s);
  EXPECT_FALSE(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "43"}}));
  EXPECT_FALSE(interval({{"WATCHDOG_USEC", "0"}}));
  EXPECT_FALSE(interval({{"WATCHDOG_USEC", "soon"}}));
  EXPECT_FALSE(interval({}));
}

Task<void> feed_and_look(ServiceNotifier& notifier, const Manager& manager, IoContext& context, IoClock& clock) {
  TaskScope scope(context, "watchdog");
  scope.spawn("feed", notifier.feed_watchdog(clock));
  for (int i = 0; i < 5; ++i) {
    co_await clock.sleep_for(20ms);
    const std::string message = manager.next();
    EXPECT_EQ(message, "WATCHDOG=1");
  }
  co_await scope.close();
}

TEST(ServiceNotifier, LoopFeedsTheWatchdogUntilTheScopeCloses) {
  const Manager manager(true);
  ServiceNotifier notifier({{"NOTIFY_SOCKET", manager.name()}, {"WATCHDOG_USEC", "40000"}}, ::getpid());
  IoContext context;
  SystemIoClock clock;
  testing::run_task(context, feed_and_look(notifier, manager, context, clock));
}

}  // namespace
}  // namespace soulfabric::daemon
