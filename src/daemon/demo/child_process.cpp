// SPDX-License-Identifier: GPL-3.0-or-later
// fork and exec with the parent-death signal; between the two only what is safe in a signal handler.
#include "demo/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace soulfabric::daemon::demo {
namespace {

constexpr int kCouldNotStart = 127;

[[noreturn]] void become(pid_t parent, char** arguments, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCouldNotStart);  // it ended before the signal was asked for
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) ::_exit(kCouldNotStart);
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) ::_exit(kCouldNotStart);
  ::execv("/proc/self/exe", arguments);
  ::_exit(kCouldNotStart);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, int output) {
  std::vector<std::string> words{"soulfabric"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(error_from_errno(errno, "another process could not be started"));
  if (pid == 0) become(self, pointers.data(), output);
  ::setpgid(pid, pid);  // here as well, so that kill_group works from now on
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  kill_group();
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::ask_to_end() const noexcept {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

void ChildProcess::kill_group() const noexcept {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

bool ChildProcess::reap() noexcept {
  if (pid_ <= 0) return true;
  // Looked at before it is taken away: as long as it is not, its group keeps its number.
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) return false;
  kill_group();
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return true;
}

}  // namespace soulfabric::daemon::demo
