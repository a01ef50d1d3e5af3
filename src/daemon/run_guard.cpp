// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric guard export | import`: bans, violations and reputation of this node as a file, to carry elsewhere.
#include <cstdio>
#include <iostream>
#include <optional>

#include "config_control.hpp"
#include "guard_file.hpp"
#include "run_daemon.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/files.hpp"

namespace soulfabric::daemon {
namespace {

constexpr const char* kUsage =
    "usage: soulfabric guard <export | import> [FILE] [--app-dir DIR]\n"
    "\n"
    "  export   bans, violations and reputation as JSON, into FILE (readable by you only) or to the terminal\n"
    "  import   adds what such a file holds, from FILE or standard input; all or nothing\n";

struct GuardArguments {
  std::string act;
  std::optional<std::filesystem::path> file;
  Arguments rest;  // for the configuration
};

GuardArguments parse(const Arguments& arguments) {
  GuardArguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-')) {
      out.rest.push_back(word);
      if (word.find('=') == std::string::npos && i + 1 < arguments.size()) out.rest.push_back(arguments[++i]);
    } else if (out.act.empty()) {
      out.act = word;
    } else if (!out.file) {
      out.file = word;
    } else {
      out.act.clear();  // too many words
      return out;
    }
  }
  return out;
}

Result<std::string> read_text(const GuardArguments& arguments) {
  if (arguments.file) {
    SF_TRY_ASSIGN(const Bytes content, read_whole(*arguments.file, gateway::kGuardTextCap));
    return std::string(text_of(content));
  }
  std::string text;
  char piece[65536];
  while (std::cin.read(piece, sizeof piece) || std::cin.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > gateway::kGuardTextCap) return fail(Errc::TooLarge, "The import is over 16 MiB: it is no export of this program.");
  }
  return text;
}

}  // namespace

int run_guard(const Arguments& arguments) {
  if (!crypto::initialise()) return report("the system gives no randomness");
  const GuardArguments parsed = parse(arguments);
  if (parsed.act != "export" && parsed.act != "import") {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto configured = read_configuration(parsed.rest);
  if (!configured) return report(configured.error().message);
  const auto database = configured->paths.app_dir / "data" / "guard.db";
  if (parsed.act == "export") {
    const auto text = export_guard_file(database, configured->options);
    if (!text) return report(text.error().message);
    if (!parsed.file) return std::printf("%s\n", text->c_str()) < 0 ? 1 : 0;
    const auto written = write_whole(*parsed.file, bytes_of(*text + "\n"), 0600);
    return written ? 0 : report(written.error().message);
  }
  const auto text = read_text(parsed);
  if (!text) return report(text.error().message);
  const auto taken = import_guard_file(database, configured->options, *text);
  if (!taken) return report(taken.error().message);
  std::printf("Taken: %zu bans, %zu lists of violations, %zu reputations; restart soulfabric if it runs.\n", taken->bans, taken->violations,
              taken->reputations);
  return 0;
}

}  // namespace soulfabric::daemon
