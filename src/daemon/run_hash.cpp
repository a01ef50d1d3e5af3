// SPDX-License-Identifier: GPL-3.0-or-later
// Hashing files named on the command line.
#include "run_hash.hpp"

#include <cinttypes>
#include <cstdio>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/library/verified.hpp"

namespace soulfabric::daemon {
namespace {

constexpr const char* kUsage =
    "usage: soulfabric hash FILE...\n"
    "\n"
    "  reads each file whole and prints its SHA-256 (its name on the mesh), its size, and the root of its pieces as BitTorrent v2\n"
    "  defines it (BEP 52) with the length of a piece\n";

}  // namespace

int run_hash(const Arguments& arguments) {
  const bool wants_help = arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h");
  const bool only_files = !arguments.empty() && arguments[0] == "--";
  if (arguments.size() == (only_files ? 1U : 0U) || (arguments[0].starts_with('-') && !only_files)) {
    std::fputs(kUsage, wants_help ? stdout : stderr);
    return wants_help ? 0 : 2;
  }
  if (!crypto::initialise()) return report("the system gives no randomness");
  int result = 0;
  for (std::size_t i = only_files ? 1 : 0; i < arguments.size(); ++i) {
    const auto manifest = library::hash_file(arguments[i]);
    if (!manifest) {
      result = report(manifest.error().message);
      continue;
    }
    std::printf("%s\n  sha256        %s\n  size          %" PRIu64 "\n  pieces root   %s\n  piece length  %" PRIu64 "\n", arguments[i].c_str(),
                to_hex(manifest->id.sha256).c_str(), manifest->size, to_hex(manifest->root).c_str(), manifest->piece_length());
  }
  return result;
}

}  // namespace soulfabric::daemon
