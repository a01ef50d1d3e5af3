// SPDX-License-Identifier: GPL-3.0-or-later
// The order of a demo: folder, music, network, demo.json, words for the user; then the same backwards.
#include "demo/demo.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <array>
#include <cstdio>

#include "demo/demo_options.hpp"
#include "demo/greeting.hpp"
#include "demo/music_folder.hpp"
#include "demo/network.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr const char* kUsage =
    "usage: soulfabric demo --dir DIR --base-port N [--nodes N] [--record-life SECONDS]\n"
    "  --dir DIR        an empty or new folder, or that of an earlier demo, which is made anew; all files lie in it\n"
    "  --base-port N    first of the ports on 127.0.0.1 that are used: the server, then a web page per node, then peers, then the mesh\n"
    "  --nodes N        1 to 16, default 5\n"
    "  --record-life S  seconds after which the mesh has forgotten a node that went without a word, 20 to 3600, default 60\n";

/// What lives as long as the loop runs.
struct Show {
  Network& network;
  DemoFolder& folder;
  const NetworkPlan& plan;
  Greeting& greeting;
  boost::asio::signal_set& signals;
  boost::asio::posix::stream_descriptor& keyboard;
  bool failed = false;
};

void complain(const Error& error) { std::fprintf(stderr, "soulfabric: %s\n", error.message.c_str()); }

Status open_doors(Show& show) {
  const auto json = demo_json(show.plan);
  SF_TRY(show.folder.publish("demo.json", bytes_of(json)));
  return show.greeting.welcome();
}

Task<void> live(Show& show) {
  auto went = co_await show.network.start();
  if (went) went = open_doors(show);
  if (went) went = co_await show.network.run_until_stopped();
  if (!went && went.error().code != Errc::Cancelled) {
    show.failed = true;
    complain(went.error());
  }
  co_await show.network.end();
  show.signals.cancel();
  show.keyboard.close();
}

Task<void> heed_signals(Show& show) {
  for (;;) {
    const auto [code, number] = co_await show.signals.async_wait(kAwait);
    if (code) co_return;
    show.greeting.farewell();
    show.network.stop();
  }
}

Task<void> heed_keyboard(Show& show) {
  std::array<char, 256> typed{};
  for (;;) {
    const auto [code, count] = co_await show.keyboard.async_read_some(boost::asio::buffer(typed), kAwait);
    if (code || count == 0) co_return;
    const auto shown = show.greeting.links();
    if (!shown) complain(shown.error());
  }
}

Status perform(const DemoOptions& options, bool& failed) {
  SF_TRY_ASSIGN(DemoFolder folder, DemoFolder::open(options.folder));
  SystemRandom random;
  SF_TRY_ASSIGN(NetworkPlan plan, make_plan(folder.path(), options.base_port, options.nodes, random));
  plan.record_life = options.record_life;
  IoContext context(1);
  SystemIoClock clock;
  boost::asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
  Network network(context, clock, folder, plan);
  SF_TRY(network.check_ports());
  Greeting greeting(plan, random, clock);
  greeting.begin();
  SF_TRY_ASSIGN(const MusicMade made, make_music(folder, plan));
  greeting.music(made);
  boost::asio::posix::stream_descriptor keyboard(context);
  if (greeting.is_terminal() && ::isatty(STDIN_FILENO) == 1) keyboard.assign(::dup(STDIN_FILENO));
  network.on_lost([&greeting](const NodePlan& node) { greeting.lost(node); });
  Show show{network, folder, plan, greeting, signals, keyboard};
  TaskScope scope(context, "demo");
  scope.spawn("life", live(show));
  scope.spawn("signals", heed_signals(show));
  if (keyboard.is_open()) scope.spawn("keyboard", heed_keyboard(show));
  context.run();
  failed = show.failed;
  return {};
}

}  // namespace

int run_demo(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!crypto::initialise()) {
    complain({Errc::Unavailable, "the system gives no randomness, the demo cannot start"});
    return 1;
  }
  const auto options = parse_demo_options(arguments);
  if (!options) {
    complain(options.error());
    return 2;
  }
  log::Options quiet;
  quiet.threshold = log::Level::Warning;
  log::configure(quiet);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGTTIN, SIG_IGN);  // in the background the keyboard is not ours, and that is no reason to stop
  ::umask(077);  // for what the nodes write, too
  bool failed = false;
  const auto went = perform(*options, failed);
  if (!went) complain(went.error());
  return went && !failed ? 0 : 1;
}

}  // namespace soulfabric::daemon::demo
