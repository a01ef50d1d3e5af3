// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon's flags can print instead of starting it.
#include <cstdio>

#include "run_daemon.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/options_loader.hpp"
#include "soulfabric/base/random.hpp"
#include "version.hpp"

namespace soulfabric::daemon {
namespace {

/// Letters and digits only, so that it can stand in YAML, URLs and shells without quotes.
std::string make_secret(Random& random, int length) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  for (int i = 0; i < length; ++i) out.push_back(kAlphabet[static_cast<std::size_t>(random.below(kAlphabet.size()))]);
  return out;
}

int print(const std::string& text) { return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0; }

}  // namespace

std::optional<int> answer_about_itself(const Arguments& arguments) {
  const auto line = parse_command_line(arguments);
  if (!line) return report(line.error().message);
  if (line->help) return print("usage: soulfabric daemon [options]\n\n" + command_line_help());
  if (line->version) return print("soulfabric " + std::string(kVersion) + "\n");
  if (line->envars) return print(environment_help());
  if (!line->generate_secret) return std::nullopt;
  if (!crypto::initialise()) return report("the system gives no randomness");
  SystemRandom random;
  return print(make_secret(random, *line->generate_secret) + "\n");
}

}  // namespace soulfabric::daemon
