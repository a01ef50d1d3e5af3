// SPDX-License-Identifier: GPL-3.0-or-later
// The program `soulfabric`: picks the subcommand.
#include <algorithm>
#include <cstdio>
#include <string>

#include "demo/demo.hpp"
#include "run_daemon.hpp"
#include "soulfabric/base/options_loader.hpp"

namespace {

constexpr const char* kUsage =
    "usage: soulfabric <command> [options]\n"
    "\n"
    "  daemon           the program itself: --app-dir DIR [--config FILE], see 'soulfabric daemon --help'\n"
    "  login-link       a link that signs one browser in to the running daemon: --app-dir DIR\n"
    "  soulseek-server  a small Soulseek-compatible server for a LAN: --dir DIR [--listen ADDRESS] [--port N]\n"
    "  demo             a private network with music made on the spot: --dir DIR --base-port N [--nodes N]\n"
    "  version\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace soulfabric;
  const std::string command = argc > 1 ? argv[1] : "";
  const daemon::Arguments rest(argv + std::min(argc, 2), argv + argc);
  const bool wants_help = !rest.empty() && (rest[0] == "--help" || rest[0] == "-h");
  const bool wants_environment = !rest.empty() && (rest[0] == "--envars" || rest[0] == "-e");
  if (command == "daemon" && wants_help) {
    std::fputs(command_line_help().c_str(), stdout);
    return 0;
  }
  if (command == "daemon" && wants_environment) {
    std::fputs(environment_help().c_str(), stdout);
    return 0;
  }
  if (command == "daemon") return daemon::run_daemon(rest, argv);
  if (command == "demo") return daemon::demo::run_demo(rest);
  if (command == "login-link") return daemon::run_login_link(rest);
  if (command == "soulseek-server") return daemon::run_soulseek_server(rest);
  if (command == "version" || command == "--version" || command == "-v") {
    std::puts("soulfabric " SF_VERSION);
    return 0;
  }
  std::fputs(kUsage, command == "help" || command == "--help" || command == "-h" ? stdout : stderr);
  return command == "help" || command == "--help" || command == "-h" ? 0 : 2;
}
