// SPDX-License-Identifier: GPL-3.0-or-later
// Starting, talking to and ending a media child.
#include "media_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace soulfabric::library {
namespace {

constexpr int kReadyWithin = 20'000;  // milliseconds

/// What the new process gets: the socket as descriptor 3, nothing on 0 to 2, no environment, no blocked signals.
int start_process(const char* program, const char* word, int socket, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  for (const int descriptor : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&files, socket, kMediaSocket);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char name[] = "soulfabric-media";
  std::string argument(word == nullptr ? "" : word);
  char* words[] = {name, word == nullptr ? nullptr : argument.data(), nullptr};
  char* environment[] = {nullptr};
  const int result = posix_spawn(&pid, program, &files, &attributes, words, environment);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return result;
}

}  // namespace

Result<MediaChild> MediaChild::spawn(const std::filesystem::path& program, const char* word) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return std::unexpected(error_from_errno(errno, "Audio files cannot be looked at: no socket pair"));
  }
  UniqueFd near(pair[0]);
  const UniqueFd far(pair[1]);
  pid_t pid = -1;
  const int failure = start_process(program.c_str(), word, far.get(), pid);
  if (failure != 0) {
    return fail(Errc::Unavailable, "Audio files cannot be looked at because " + program.string() + " does not start (" + std::strerror(failure) +
                                       "): install it beside soulfabric.");
  }
  MediaChild child(std::move(near), pid);
  // A child that cannot lock itself in ends before it says a word; that is nobody's file's fault.
  pollfd wait{child.socket(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, kReadyWithin);
  } while (ready < 0 && errno == EINTR);
  const auto hello = ready > 0 ? child.receive() : std::nullopt;
  if (!hello || hello->batch != kMediaHello) {
    return fail(Errc::Unavailable, "Audio files cannot be looked at because " + program.string() +
                                       " did not get ready: this system does not let it lock itself in (seccomp, Landlock, limits).");
  }
  return child;
}

MediaChild::MediaChild(MediaChild&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)), buffer_(std::move(other.buffer_)) {}

MediaChild& MediaChild::operator=(MediaChild&& other) noexcept {
  if (this == &other) return *this;
  end();
  socket_ = std::move(other.socket_);
  pid_ = std::exchange(other.pid_, -1);
  buffer_ = std::move(other.buffer_);
  return *this;
}

MediaChild::~MediaChild() { end(); }

void MediaChild::end() noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

bool MediaChild::send(const MediaRequest& request, std::span<const int> descriptors) {
  if (descriptors.size() > kMaxMediaBatch || descriptors.size() != request.items.size()) return false;
  return send(encode(request), descriptors);
}

bool MediaChild::send(const Bytes& frame, std::span<const int> descriptors) {
  if (descriptors.size() > kMaxMediaBatch) return false;
  iovec part{const_cast<std::uint8_t*>(frame.data()), frame.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxMediaBatch)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(frame.size());
}

ByteView MediaChild::receive_frame() {
  buffer_.resize(256 * 1024);
  ssize_t length = 0;
  do {
    length = ::recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
  } while (length < 0 && errno == EINTR);
  if (length <= 0 || static_cast<std::size_t>(length) > buffer_.size()) return {};
  return ByteView(buffer_).first(static_cast<std::size_t>(length));
}

std::optional<MediaAnswer> MediaChild::receive() { return decode_media_answer(receive_frame()); }
std::optional<MediaCheckAnswer> MediaChild::receive_check() { return decode_check_answer(receive_frame()); }

}  // namespace soulfabric::library
