// SPDX-License-Identifier: GPL-3.0-or-later
// The program `soulfabric`: picks the subcommand.
#include <algorithm>
#include <cstdio>
#include <string>

#include "demo/demo.hpp"
#include "run_daemon.hpp"
#include "run_hash.hpp"
#include "version.hpp"

namespace {

static_assert(soulfabric::daemon::kVersion == SF_VERSION, "the version stands in CMakeLists.txt and in version.hpp");

constexpr const char* kUsage =
    "usage: soulfabric <command> [options]\n"
    "\n"
    "  daemon           the program itself: --app-dir DIR [--config FILE], see 'soulfabric daemon --help'\n"
    "  login-link       a link that signs one browser in to the running daemon: --app-dir DIR\n"
    "  identity         the key of this node on the mesh: show, export, import, rotate\n"
    "  hash             what files are called on the mesh: FILE...\n"
    "  guard            bans, violations and reputation: export, import\n"
    "  soulseek-server  a small Soulseek-compatible server for a LAN: --dir DIR [--listen ADDRESS] [--port N]\n"
    "  demo             a private network with music made on the spot: --dir DIR --base-port N [--nodes N]\n"
    "  version\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace soulfabric;
  const std::string first = argc > 1 ? argv[1] : "";
  // Flags without a subcommand mean the daemon, as slskd's users write them.
  const bool only_flags = first.starts_with('-') && first != "-h" && first != "--help" && first != "-v" && first != "--version";
  const std::string command = only_flags ? "daemon" : first;
  const daemon::Arguments rest(argv + std::min(argc, only_flags ? 1 : 2), argv + argc);
  if (command == "daemon") {
    if (const auto answered = daemon::answer_about_itself(rest)) return *answered;
  }
  if (command == "daemon") return daemon::run_daemon(rest, argv);
  if (command == "demo-node") return daemon::run_demo_node(rest, argv);
  if (command == "demo") return daemon::demo::run_demo(rest);
  if (command == "login-link") return daemon::run_login_link(rest);
  if (command == "identity") return daemon::run_identity(rest);
  if (command == "guard") return daemon::run_guard(rest);
  if (command == "hash") return daemon::run_hash(rest);
  if (command == "soulseek-server") return daemon::run_soulseek_server(rest);
  if (command == "version" || command == "--version" || command == "-v") {
    std::puts("soulfabric " SF_VERSION);
    return 0;
  }
  std::fputs(kUsage, command == "help" || command == "--help" || command == "-h" ? stdout : stderr);
  return command == "help" || command == "--help" || command == "-h" ? 0 : 2;
}
