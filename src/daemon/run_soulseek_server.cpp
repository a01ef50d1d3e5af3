// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric soulseek-server`: a server of one's own for a LAN.
#include <signal.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "run_daemon.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/soulseek/server.hpp"

namespace soulfabric::daemon {
namespace {

constexpr const char* kUsage =
    "usage: soulfabric soulseek-server --dir DIR [options]\n"
    "  --dir DIR               where accounts and waiting messages are kept\n"
    "  --listen ADDRESS        default 127.0.0.1: only this machine; 0.0.0.0 for the whole network\n"
    "  --port N                default 2242\n"
    "  --greeting TEXT         shown at login\n"
    "  --exclude PHRASE        clients leave out results with it; may be repeated\n"
    "  --initial-speed N       bytes per second that new accounts count with in the search tree\n"
    "  --parents-interval MS   how often users without a parent in the search tree are offered some\n";

Result<soulseek::ServerOptions> parse(const Arguments& arguments) {
  soulseek::ServerOptions out;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const auto& flag = arguments[i];
    const auto& value = arguments[i + 1];
    const auto number = parse_u64(value);
    if (flag == "--dir") {
      out.data_dir = value;
    } else if (flag == "--listen") {
      const auto address = IpAddress::parse(value);
      if (!address) return fail(Errc::InvalidArgument, "--listen: '" + value + "' is no address, use one such as 127.0.0.1");
      out.listen.address = *address;
    } else if (flag == "--port" && number && *number <= 65535) {
      out.listen.port = static_cast<std::uint16_t>(*number);
    } else if (flag == "--greeting") {
      out.greeting = value;
    } else if (flag == "--exclude") {
      out.excluded_phrases.push_back(value);
    } else if (flag == "--initial-speed" && number && *number <= UINT32_MAX) {
      out.initial_speed = static_cast<std::uint32_t>(*number);
    } else if (flag == "--parents-interval" && number && *number >= 50 && *number <= 3'600'000) {
      out.possible_parents_interval = std::chrono::milliseconds(*number);
    } else {
      return fail(Errc::InvalidArgument, flag + " " + value + " is not understood, see 'soulfabric soulseek-server --help'");
    }
  }
  if (out.data_dir.empty() || arguments.size() % 2 != 0) return fail(Errc::InvalidArgument, "the server wants --dir DIR and each option with its value, see 'soulfabric soulseek-server --help'");
  return out;
}

Task<void> serve(soulseek::SoulseekServer& server, boost::asio::signal_set& signals) {
  co_await signals.async_wait(kAwait);
  co_await server.stop();
}

}  // namespace

int run_soulseek_server(const Arguments& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!crypto::initialise()) return report("the system gives no randomness, the server cannot start");
  const auto options = parse(arguments);
  if (!options) return report(options.error().message);
  log::configure({});
  ::signal(SIGPIPE, SIG_IGN);
  IoContext context(1);
  SystemIoClock clock;
  soulseek::SoulseekServer server(context, clock, *options);
  if (const auto started = server.start(); !started) return report(started.error().message);
  std::printf("soulfabric: the server listens on %s\n", server.local().to_string().c_str());
  std::fflush(stdout);
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  TaskScope scope(context, "main");
  scope.spawn("serve", serve(server, signals));
  context.run();
  return 0;
}

}  // namespace soulfabric::daemon
