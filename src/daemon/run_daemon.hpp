// SPDX-License-Identifier: GPL-3.0-or-later
// The subcommands of the program: each takes its arguments (without program and subcommand name) and gives the exit code.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace soulfabric::daemon {

using Arguments = std::vector<std::string>;

/// --help, --version, --envars and --generate-secret print and end: the exit code. Nothing where the daemon is to run.
[[nodiscard]] std::optional<int> answer_about_itself(const Arguments& arguments);
[[nodiscard]] int run_daemon(const Arguments& arguments, char** argv);
/// The daemon as a node of a demo: `--catalogue URL` in front names the demo's own stand-in for MusicBrainz on loopback, which no
/// configuration can (security rule S23).
[[nodiscard]] int run_demo_node(const Arguments& arguments, char** argv);
[[nodiscard]] int run_soulseek_server(const Arguments& arguments);
[[nodiscard]] int run_identity(const Arguments& arguments);
[[nodiscard]] int run_guard(const Arguments& arguments);
[[nodiscard]] int run_login_link(const Arguments& arguments);
/// One line to standard error; gives 1.
int report(const std::string& problem);

}  // namespace soulfabric::daemon
