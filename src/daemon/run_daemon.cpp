// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric daemon`: the loop, signals, and starting over when asked to.
#include "run_daemon.hpp"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "daemon.hpp"
#include "notify.hpp"
#include "settings.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::daemon {
namespace {

/// What the loop is asked to do from outside.
struct Control {
  Notifier changed;
  bool stop = false;
  bool restart = false;
  bool failed = false;
};

void configure_log(const Configured& configured) {
  log::Options options;
  options.threshold = configured.options.debug ? log::Level::Debug : log::Level::Information;
  options.color = !configured.options.logger.no_color && ::isatty(STDERR_FILENO) == 1;
  if (configured.options.logger.disk) {
    options.folder = configured.paths.app_dir / "logs";
    std::error_code ignored;
    std::filesystem::create_directories(*options.folder, ignored);
  }
  log::configure(options);
}

void greet(Daemon& daemon) {
  const auto endpoints = daemon.gateway().endpoints();
  if (endpoints.empty()) return;
  const std::string base = "http://" + (endpoints.front().address.is_loopback() ? "localhost:" + std::to_string(endpoints.front().port)
                                                                                : endpoints.front().to_string());
  log::info("daemon", "the web page is at " + base);
  if (::isatty(STDOUT_FILENO) != 1) return;
  std::printf("soulfabric: %s\n", base.c_str());
  if (daemon.gateway().first_start()) std::printf("Sign in within ten minutes: %s\n", daemon.gateway().make_login_link().c_str());
  std::fflush(stdout);
}

/// Takes the socket's errors: a manager that does not listen must not stop us.
void tell(const Status& told) {
  if (!told) log::debug("daemon", told.error().message);
}

Task<void> live(Daemon& daemon, IoClock& clock, Control& control, boost::asio::signal_set& signals, TaskScope& scope,
                ServiceNotifier& notifier) {
  const auto started = co_await daemon.start();
  if (!started) {
    control.failed = true;
    report(started.error().message);
  } else {
    tell(notifier.ready("running"));
    scope.spawn("watchdog", notifier.feed_watchdog(clock));
    greet(daemon);
    while (!control.stop) co_await control.changed.wait(clock, kNever);
  }
  // A manager that hears STOPPING waits for the end of the process; starting over keeps it.
  tell(control.restart ? notifier.reloading(clock.now()) : notifier.stopping());
  co_await daemon.stop();
  signals.cancel();
  scope.cancel();
}

Task<void> heed_signals(Daemon& daemon, Control& control, boost::asio::signal_set& signals) {
  for (;;) {
    const auto [code, number] = co_await signals.async_wait(kAwait);
    if (code) co_return;
    if (number == SIGHUP) {
      daemon.reload();
      continue;
    }
    control.stop = true;
    control.changed.notify_all();
  }
}

int run(const Arguments& arguments, char** argv, std::string stand_in) {
  if (!crypto::initialise()) return report("the system gives no randomness, soulfabric cannot start");
  auto configured = read_configuration(arguments);
  if (!configured) return report(configured.error().message);
  configured->stand_in = std::move(stand_in);
  configure_log(*configured);
  for (const auto& warning : configured->warnings) log::warning("configuration", warning);
  ::signal(SIGPIPE, SIG_IGN);
  constexpr int kReturnFrom = 512 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kReturnFrom);  // large blocks of a scan or an index go back to the system when freed
  Control control;
  const auto environment = configured->sources.environment;
  {
    IoContext context(1);
    SystemIoClock clock;
    boost::asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
    Daemon daemon(context, std::move(*configured), [&control](bool restart) {
      control.restart = restart;
      control.stop = true;
      control.changed.notify_all();
    });
    ServiceNotifier notifier(environment, ::getpid());
    TaskScope scope(context, "main");
    scope.spawn("life", live(daemon, clock, control, signals, scope, notifier));
    scope.spawn("signals", heed_signals(daemon, control, signals));
    context.run();
  }
  if (control.restart) {
    ::execv("/proc/self/exe", argv);
    return report("the program could not be started again, start it by hand");
  }
  return control.failed ? 1 : 0;
}

}  // namespace

int report(const std::string& problem) {
  std::fprintf(stderr, "soulfabric: %s\n", problem.c_str());
  return 1;
}

int run_daemon(const Arguments& arguments, char** argv) { return run(arguments, argv, {}); }

int run_demo_node(const Arguments& arguments, char** argv) {
  if (arguments.size() < 2 || arguments[0] != "--catalogue") return report("demo-node is what 'soulfabric demo' starts: give --catalogue URL first");
  return run({arguments.begin() + 2, arguments.end()}, argv, arguments[1]);
}

int run_login_link(const Arguments& arguments) {
  if (!crypto::initialise()) return report("the system gives no randomness");
  const auto configured = read_configuration(arguments);
  if (!configured) return report(configured.error().message);
  const std::string base = "http://localhost:" + std::to_string(configured->options.web.port);
  SystemRandom random;
  const auto link = gateway::write_login_link(configured->paths.app_dir / "secrets", base, random, SystemClock{}.wall());
  if (!link) return report(link.error().message);
  std::printf("%s\n", link->c_str());
  return 0;
}

}  // namespace soulfabric::daemon
