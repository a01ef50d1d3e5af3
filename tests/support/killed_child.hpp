// SPDX-License-Identifier: GPL-3.0-or-later
// Runs one test of this very program as a child, hears its lines, and kills it with SIGKILL after a given time.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

extern char** environ;

namespace soulfabric::testing {

/// In the child: the folder it is to work in; nothing in any other run of the test.
inline std::optional<std::string> child_folder() {
  const char* folder = std::getenv("SF_KILLED_CHILD");
  return folder != nullptr ? std::optional<std::string>(folder) : std::nullopt;
}

/// What was said in a run that is nobody's child.
inline std::vector<std::string>& spoken() {
  static std::vector<std::string> lines;
  return lines;
}

/// In the child: one line to the parent, at once.
inline void say(const std::string& line) {
  if (!child_folder()) return spoken().push_back(line);
  const std::string text = line + "\n";
  if (::write(3, text.data(), text.size()) < 0) ::_exit(3);
}

struct ChildRun {
  std::vector<std::string> lines;  // whole ones only
  bool was_killed = false;
  int exit_code = -1;
  std::chrono::microseconds took{};
};

/// `test` is a full test name. Without `kill_after` the child may take 60 s.
inline ChildRun run_child(const std::string& test, const std::string& folder, std::optional<std::chrono::microseconds> kill_after) {
  ChildRun out;
  int pipe[2] = {-1, -1};
  if (::pipe2(pipe, O_CLOEXEC) != 0) return out;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 3);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  std::string filter = "--gtest_filter=" + test;
  std::string variable = "SF_KILLED_CHILD=" + folder;
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string program = "/proc/self/exe";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  const auto start = std::chrono::steady_clock::now();
  pid_t child = -1;
  const int spawned = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  const auto limit = start + kill_after.value_or(std::chrono::seconds(60));
  std::string text;
  for (bool is_open = spawned == 0; is_open;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(limit - std::chrono::steady_clock::now());
    if (left.count() <= 0 && !out.was_killed) {
      ::kill(child, SIGKILL);
      out.was_killed = true;
    }
    const auto wait = out.was_killed ? std::chrono::nanoseconds(std::chrono::seconds(5)) : left;
    timespec patience{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
    pollfd waiting{pipe[0], POLLIN, 0};
    if (::ppoll(&waiting, 1, &patience, nullptr) <= 0) continue;
    char buffer[4096];
    const auto got = ::read(pipe[0], buffer, sizeof buffer);
    is_open = got > 0;
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  if (spawned == 0) ::waitpid(child, &status, 0);
  out.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  out.was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) out.lines.push_back(text.substr(at, end - at));
  return out;
}

}  // namespace soulfabric::testing
