// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the Soulseek-compatible server alone: prints "PORT n" when it listens, ends when its standard input does.
#include <boost/asio/post.hpp>
#include <cstdio>
#include <iostream>
#include <thread>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/soulseek/server.hpp"

using namespace soulfabric;

namespace {

Task<void> stop_all(soulseek::SoulseekServer& server, IoContext& context) {
  co_await server.stop();
  context.stop();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DATA_FOLDER\n", argv[0]);
    return 2;
  }
  IoContext context(1);
  SystemIoClock clock;
  soulseek::ServerOptions options;
  options.listen.port = 0;
  options.data_dir = argv[1];
  options.greeting = "welcome";
  soulseek::SoulseekServer server(context, clock, options);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  std::printf("PORT %u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  TaskScope scope(context, "stop");
  std::thread watch([&] {
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    boost::asio::post(context, [&] { scope.spawn("stop", stop_all(server, context)); });
  });
  context.run();
  watch.join();
  return 0;
}
