// SPDX-License-Identifier: GPL-3.0-or-later
// A program under test as a child process: its output as lines, its end as an event, its descendants by number.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace soulfabric::testing {

using WallClock = std::chrono::steady_clock;

/// Milliseconds until `deadline` for poll(), not below 0.
inline int left_until(WallClock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - WallClock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// A process seen through a pidfd, so that its end can be waited for whoever is its parent.
class Watched {
 public:
  explicit Watched(pid_t pid) : pid_(pid), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Watched(Watched&& other) noexcept : pid_(other.pid_), descriptor_(std::exchange(other.descriptor_, -1)) {}
  Watched& operator=(Watched&&) = delete;
  ~Watched() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool ends_before(WallClock::time_point deadline) const {
    if (descriptor_ < 0) return true;  // it was gone before we looked
    pollfd wait{descriptor_, POLLIN, 0};
    return ::poll(&wait, 1, left_until(deadline)) == 1;
  }

 private:
  pid_t pid_;
  int descriptor_;
};

class ChildProgram {
 public:
  /// Standard output and error come back as lines; standard input is empty. It dies with the test.
  explicit ChildProgram(std::vector<std::string> words) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return;
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nothing = ::open("/dev/null", O_RDONLY);
      ::dup2(nothing, 0);
      ::dup2(pipe[1], 1);
      ::dup2(pipe[1], 2);
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    output_ = pipe[0];
  }
  ~ChildProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (output_ >= 0) ::close(output_);
  }
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& said() const { return said_; }
  /// Reads on until the output holds `text`.
  [[nodiscard]] bool says(const std::string& text, std::chrono::seconds within) {
    const auto deadline = WallClock::now() + within;
    while (said_.find(text) == std::string::npos) {
      pollfd wait{output_, POLLIN, 0};
      if (::poll(&wait, 1, left_until(deadline)) != 1) return false;
      std::array<char, 4096> chunk{};
      const auto got = ::read(output_, chunk.data(), chunk.size());
      if (got <= 0) return false;
      said_.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return true;
  }
  void send(int signal) const { ::kill(pid_, signal); }
  /// Its exit code, or 128 + signal; -1 where it does not end in time.
  [[nodiscard]] int ends(std::chrono::seconds within) {
    if (!Watched(pid_).ends_before(WallClock::now() + within)) return -1;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string said_;
};

/// Children, grandchildren and so on of `root`, without it.
inline std::vector<pid_t> descendants(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    std::getline(stat, line);
    const auto bracket = line.rfind(')');
    if (bracket == std::string::npos) continue;
    std::istringstream rest(line.substr(bracket + 1));
    char state = 0;
    pid_t parent = 0;
    rest >> state >> parent;
    children.emplace(parent, static_cast<pid_t>(std::stol(name)));
  }
  std::vector<pid_t> out{root};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [begin, end] = children.equal_range(out[i]);
    for (auto it = begin; it != end; ++it) out.push_back(it->second);
  }
  out.erase(out.begin());
  return out;
}

/// Asks again every 20 ms until `done` or the time is up; for what a program outside tells only when asked. A longer `pause` is for
/// questions that draw on a budget.
template <class F>
[[nodiscard]] bool eventually(F done, std::chrono::seconds within, std::chrono::milliseconds pause = std::chrono::milliseconds(20)) {
  const auto deadline = WallClock::now() + within;
  for (;;) {
    if (done()) return true;
    if (WallClock::now() > deadline) return false;
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(pause.count())));
  }
}

}  // namespace soulfabric::testing
