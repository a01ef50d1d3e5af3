// SPDX-License-Identifier: GPL-3.0-or-later
// The walls of the media child: limits, no new privileges, Landlock without any rule, and a list of allowed system calls.
#include "media_sandbox.hpp"

#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace soulfabric::library {
namespace {

constexpr rlim_t kMemory = rlim_t{768} << 20;  // TagLib holds embedded pictures in memory, seldom over some 20 MiB
constexpr rlim_t kDescriptors = 256;           // two batches and some

bool limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  return setrlimit(resource, &both) == 0;
}

bool limit_all(unsigned cpu_seconds) {
  return limit(RLIMIT_AS, kMemory) && limit(RLIMIT_CPU, cpu_seconds) && limit(RLIMIT_NOFILE, kDescriptors) && limit(RLIMIT_CORE, 0) &&
         limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_MEMLOCK, 0);
}

/// Handles every access right the kernel knows and grants none. Kernels without Landlock are held by the call list alone.
bool forbid_files() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return true;
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = (std::uint64_t{1} << 13) - 1;
  if (version >= 2) rules.handled_access_fs |= std::uint64_t{1} << 13;
  if (version >= 3) rules.handled_access_fs |= std::uint64_t{1} << 14;
  const long ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0);
  if (ruleset < 0) return false;
  const bool held = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  close(static_cast<int>(ruleset));
  return held;
}

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has_not(unsigned argument, std::uint64_t bit) { return {argument, SCMP_CMP_MASKED_EQ, bit, 0}; }
scmp_arg_cmp has(unsigned argument, std::uint64_t bit) { return {argument, SCMP_CMP_MASKED_EQ, bit, bit}; }

bool allow(scmp_filter_ctx filter, int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, static_cast<unsigned>(conditions.size()), conditions.begin()) == 0;
}

bool allow_calls(scmp_filter_ctx filter, int socket) {
  const auto channel = static_cast<std::uint64_t>(socket);
  bool ok = allow(filter, SCMP_SYS(recvmsg), {equals(0, channel)}) && allow(filter, SCMP_SYS(sendmsg), {equals(0, channel)}) &&
            allow(filter, SCMP_SYS(pread64)) && allow(filter, SCMP_SYS(close)) &&
            allow(filter, SCMP_SYS(mmap), {has_not(2, PROT_EXEC), has(3, MAP_ANONYMOUS)}) &&
            allow(filter, SCMP_SYS(mprotect), {has_not(2, PROT_EXEC)});
  for (const int call : {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit_group),
                         SCMP_SYS(exit), SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom)}) {
    ok = ok && allow(filter, call);
  }
  return ok;
}

bool filter_calls(int socket) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return false;
  const bool held = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && allow_calls(filter, socket) && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return held;
}

}  // namespace

const char* enter_media_sandbox(int socket, unsigned cpu_seconds) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "no_new_privs";
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return "dumpable";
  if (!forbid_files()) return "landlock";
  if (!limit_all(cpu_seconds)) return "limits";
  if (!filter_calls(socket)) return "seccomp";
  return nullptr;
}

}  // namespace soulfabric::library
