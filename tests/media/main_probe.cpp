// SPDX-License-Identifier: GPL-3.0-or-later
// Enters the media child's sandbox and tries one thing that it must not be able to do. Reaching the end means it was done.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "media_sandbox.hpp"

int main(int count, char** words) {
  if (count != 2) return 2;
  const std::string_view what = words[1];
  if (soulfabric::library::enter_media_sandbox(3) != nullptr) _exit(6);
  if (what == "open") syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
  if (what == "socket") syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
  if (what == "fork") syscall(SYS_clone, 17, 0, 0, 0, 0);
  if (what == "exec") syscall(SYS_execve, "/bin/true", nullptr, nullptr);
  if (what == "ptrace") syscall(SYS_ptrace, 0, 0, 0, 0);
  if (what == "limits") syscall(SYS_prlimit64, 0, RLIMIT_AS, nullptr, nullptr);
  if (what == "write") syscall(SYS_write, 1, "x", 1);
  if (what == "sendto") syscall(SYS_sendmsg, 4, nullptr, 0);
  if (what == "code") syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (what == "memory") {
    if (syscall(SYS_mmap, nullptr, std::size_t{1} << 31, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1) _exit(7);
  }
  _exit(0);
}
