// SPDX-License-Identifier: GPL-3.0-or-later
// The sd_notify protocol: one datagram of lines per message to an AF_UNIX socket.
#include "notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::size_t kLongestStatus = 1024;
constexpr std::chrono::milliseconds kLeastWatchdog{10};

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kLongestStatus));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

ServiceNotifier::ServiceNotifier(const std::map<std::string, std::string>& environment, int own_pid) {
  const auto socket_name = environment.find("NOTIFY_SOCKET");
  if (socket_name == environment.end()) return;
  address_ = socket_name->second;
  const bool usable =
      address_.size() >= 2 && address_.size() < sizeof(sockaddr_un::sun_path) && (address_.front() == '/' || address_.front() == '@');
  if (!usable) return;
  if (address_.front() == '@') address_.front() = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  const auto period = environment.find("WATCHDOG_USEC");
  const auto whom = environment.find("WATCHDOG_PID");
  if (period == environment.end()) return;
  if (whom != environment.end() && !whom->second.empty() && whom->second != std::to_string(own_pid)) return;
  const auto micros = parse_u64(period->second);
  if (!micros || *micros == 0 || *micros > (std::uint64_t{1} << 50)) return;
  watchdog_ = std::max<Duration>(std::chrono::microseconds(static_cast<std::int64_t>(*micros / 2)), kLeastWatchdog);
}

ServiceNotifier::~ServiceNotifier() {
  if (socket_ >= 0) ::close(socket_);
}

Status ServiceNotifier::send(std::string_view message) {
  if (socket_ < 0) return {};
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  // An abstract name ends where the length says, a path with its NUL.
  const std::size_t length = offsetof(sockaddr_un, sun_path) + address_.size() + (address_.front() == '\0' ? 0 : 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&to));
  for (;;) {
    const ssize_t sent = ::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL, generic, static_cast<socklen_t>(length));
    if (sent >= 0) return {};
    if (errno != EINTR) return std::unexpected(error_from_errno(errno, "The service manager could not be told how we are"));
  }
}

Status ServiceNotifier::ready(std::string_view status) { return send("READY=1\nSTATUS=" + one_line(status)); }
Status ServiceNotifier::stopping() { return send("STOPPING=1\nSTATUS=Stopping"); }
Status ServiceNotifier::reloading(MonoTime now) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros) + "\nSTATUS=Starting over");
}

Status ServiceNotifier::status(std::string_view text) { return send("STATUS=" + one_line(text)); }
Status ServiceNotifier::alive() { return send("WATCHDOG=1"); }

Status ServiceNotifier::extend_timeout(Duration by) {
  return send("EXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(by).count()));
}

Task<void> ServiceNotifier::feed_watchdog(IoClock& clock) {
  if (!watchdog_ || !active()) co_return;
  for (;;) {
    (void)alive();
    co_await clock.sleep_for(*watchdog_);
  }
}

}  // namespace soulfabric::daemon
