// SPDX-License-Identifier: GPL-3.0-or-later
// soulfabric-media: reads tags of files whose descriptors it is handed, or decodes them whole, inside a sandbox, until its socket is
// closed.
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/media_frames.hpp"
#include "media_checker.hpp"
#include "media_reader.hpp"
#include "media_sandbox.hpp"
#ifdef SF_MEDIA_DOUBLE
#include "media_double.hpp"
#endif

namespace soulfabric::library {
namespace {

struct Received {
  Bytes frame;
  std::vector<int> descriptors;
};

/// False at the end of the conversation, or where it cannot go on.
bool receive(Received& out, Bytes& buffer) {
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxMediaBatch)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t length = 0;
  do {
    length = recvmsg(kMediaSocket, &message, MSG_CMSG_CLOEXEC);
  } while (length < 0 && errno == EINTR);
  out.descriptors.clear();
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); length > 0 && part_of != nullptr; part_of = CMSG_NXTHDR(&message, part_of)) {
    if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part_of->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = out.descriptors.size();
    out.descriptors.resize(before + count);
    std::memcpy(out.descriptors.data() + before, CMSG_DATA(part_of), count * sizeof(int));
  }
  if (length <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return false;
  out.frame.assign(buffer.begin(), buffer.begin() + length);
  return true;
}

bool send_all(const Bytes& frame) {
  iovec part{const_cast<std::uint8_t*>(frame.data()), frame.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t sent = 0;
  do {
    sent = sendmsg(kMediaSocket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(frame.size());
}

/// Whether the frame was a file to be decoded; `sent` then says whether the answer went out.
bool check_one(const Received& in, bool& sent) {
  const auto request = decode_check_request(in.frame);
  if (!request || in.descriptors.size() != 1) return false;
#ifdef SF_MEDIA_DOUBLE
  misbehave_where_told(in.descriptors[0]);
#endif
  MediaCheckAnswer answer = check_media(in.descriptors[0], request->size, request->extension);
  answer.number = request->number;
  close(in.descriptors[0]);
  sent = send_all(encode(answer));
  return true;
}

int serve() {
  // Says that the walls stand: the daemon hands out files only then.
  if (!send_all(encode_answer(kMediaHello, {MediaInfo{}}))) return 4;
  Bytes buffer(64 * 1024);
  Received in;
  while (receive(in, buffer)) {
    bool sent = false;
    if (check_one(in, sent)) {
      if (!sent) return 4;
      continue;
    }
    const auto request = decode_media_request(in.frame);
    if (!request || request->items.size() != in.descriptors.size()) return 3;
    std::vector<MediaInfo> answer;
    answer.reserve(in.descriptors.size());
    for (std::size_t i = 0; i < in.descriptors.size(); ++i) {
#ifdef SF_MEDIA_DOUBLE
      misbehave_where_told(in.descriptors[i]);
#endif
      answer.push_back(read_media(in.descriptors[i], request->items[i].size, request->items[i].extension));
      close(in.descriptors[i]);
    }
    if (!send_all(encode_answer(request->batch, answer))) return 4;
  }
  return 0;
}

}  // namespace
}  // namespace soulfabric::library

/// With the word "check" it is given the time that decoding takes.
int main(int count, char** words) {
  using namespace soulfabric::library;
  // The socket is closed when the daemon dies; a parser that hangs just then is ended by this.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (close_range(kMediaSocket + 1, ~0U, 0) != 0) return 5;
  const bool is_checking = count == 2 && std::string_view(words[1]) == kMediaCheckWord;
  if (enter_media_sandbox(kMediaSocket, is_checking ? kCheckingSeconds : kTagSeconds) != nullptr) return 6;
  // Leaves without running exit handlers: nothing here is to be flushed, and their system calls are not on the list.
  _exit(serve());
}
