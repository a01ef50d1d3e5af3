// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the service manager how we are: the datagrams of the sd_notify protocol, written here so that no library is needed.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/io.hpp"

namespace soulfabric::daemon {

/// Without NOTIFY_SOCKET every call does nothing and succeeds. Never blocks. Network thread only.
class ServiceNotifier {
 public:
  /// NOTIFY_SOCKET (a path, or @name for an abstract one), WATCHDOG_USEC and WATCHDOG_PID. `own_pid` is ours.
  ServiceNotifier(const std::map<std::string, std::string>& environment, int own_pid);
  ServiceNotifier(const ServiceNotifier&) = delete;
  ServiceNotifier& operator=(const ServiceNotifier&) = delete;
  ~ServiceNotifier();

  [[nodiscard]] bool active() const noexcept { return socket_ >= 0; }
  /// READY=1; `status` is what `systemctl status` shows.
  Status ready(std::string_view status);
  /// STOPPING=1
  Status stopping();
  /// RELOADING=1: the program starts over in the same process and says READY again.
  Status reloading(MonoTime now);
  /// STATUS=...; line feeds become blanks.
  Status status(std::string_view text);
  /// WATCHDOG=1
  Status alive();
  /// More time before the start or stop counts as failed.
  Status extend_timeout(Duration by);
  /// How often `alive` is to be called (half of what the manager allows); nothing where it does not watch us.
  [[nodiscard]] std::optional<Duration> watchdog_interval() const noexcept { return watchdog_; }
  /// Calls `alive` at that rate until cancelled: it stops coming when the loop stands still, which is what the manager
  /// wants to know. Returns at once where nobody watches.
  [[nodiscard]] Task<void> feed_watchdog(IoClock& clock);

 private:
  Status send(std::string_view message);
  int socket_ = -1;
  std::string address_;  // as in sun_path; a NUL in front means abstract
  std::optional<Duration> watchdog_;
};

}  // namespace soulfabric::daemon
