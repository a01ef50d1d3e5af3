// SPDX-License-Identifier: GPL-3.0-or-later
// Our yamux session against the reference implementation over a socket pair, in both roles; the exit code says whether all went well.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "core/yamux_session.hpp"
#include "soulfabric/base/random.hpp"

using namespace soulfabric;
using namespace soulfabric::mesh;

namespace {

constexpr auto kPatience = std::chrono::seconds(120);

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "yamux host: %s\n", why.c_str());
  std::exit(1);
}

void require(bool held, const char* what) {
  if (!held) give_up(what);
}

/// A stream with what is still to be written and what came.
struct Talk {
  Bytes out;
  std::size_t sent = 0;
  Bytes in;
  bool finish_when_sent = false;  // half close, then the answer
  bool echo = false;              // opened by the other side: a length, so many bytes, the same back
  std::size_t echoed = 0;
  bool ended = false;
  bool reset = false;
};

class Host {
 public:
  Host(MuxRole role, int socket) : session_(role, MuxLimits{}), socket_(socket) { fcntl(socket_, F_SETFL, O_NONBLOCK); }

  StreamId open(Bytes first, bool finish) {
    auto id = session_.open();
    while (!id && id.error().code == Errc::Busy) {
      turn();
      id = session_.open();
    }
    require(id.has_value(), "a stream did not open");
    Talk& talk = talks_[*id];
    talk.out = std::move(first);
    talk.finish_when_sent = finish;
    write(*id, talk);
    return *id;
  }

  void say(StreamId id, std::string_view text) {
    Talk& talk = talks_[id];
    const ByteView bytes = bytes_of(text);
    talk.out.insert(talk.out.end(), bytes.begin(), bytes.end());
    write(id, talk);
  }

  template <class Done>
  void run_until(const char* what, Done done) {
    const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) give_up(std::string("no end of: ") + what);
      turn();
    }
  }

  Talk& talk(StreamId id) { return talks_[id]; }
  void drop(StreamId id) {
    session_.forget(id);
    talks_.erase(id);
  }
  YamuxSession& session() { return session_; }
  int pongs = 0;
  bool goodbye = false;
  int answered = 0;  // streams of theirs that were echoed to their end
  bool reset_next_one = false;

 private:
  void write(StreamId id, Talk& talk) {
    while (talk.sent < talk.out.size()) {
      const auto n = session_.write(id, ByteView(talk.out).subspan(talk.sent));
      if (!n || *n == 0) return;
      talk.sent += *n;
    }
    if (talk.finish_when_sent) session_.finish(id);
  }

  void read(StreamId id, Talk& talk) {
    Bytes buffer(64 * 1024);
    while (true) {
      const auto n = session_.read(id, buffer);
      if (!n) {
        talk.ended = n.error().code == Errc::Closed;
        break;
      }
      if (*n == 0) break;
      talk.in.insert(talk.in.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*n));
    }
    if (!talk.echo) return;
    constexpr std::size_t kLength = 8;
    if (talk.in.size() > std::max(kLength, talk.echoed)) {
      const std::size_t from = std::max(kLength, talk.echoed);
      talk.out.insert(talk.out.end(), talk.in.begin() + static_cast<std::ptrdiff_t>(from), talk.in.end());
      talk.echoed = talk.in.size();
      write(id, talk);
    }
    if (talk.ended) {
      session_.finish(id);
      session_.forget(id);
      talks_.erase(id);
      ++answered;
    }
  }

  void events() {
    while (const auto event = session_.next_event()) {
      if (event->kind == MuxEventKind::Opened) {
        talks_[event->stream].echo = true;
        if (reset_next_one) {
          reset_next_one = false;
          drop(event->stream);
        }
        continue;
      }
      if (event->kind == MuxEventKind::Pong) ++pongs;
      if (event->kind == MuxEventKind::GoAway) goodbye = true;
      const auto found = talks_.find(event->stream);
      if (found == talks_.end()) continue;
      if (event->kind == MuxEventKind::Reset) found->second.reset = true;
      if (event->kind == MuxEventKind::Writable) write(event->stream, found->second);
      if (event->kind == MuxEventKind::Readable) read(event->stream, found->second);
    }
  }

  void turn() {
    if (pulled_.empty()) {
      pulled_.resize(64 * 1024);
      pulled_.resize(session_.pull(pulled_));
      events();
    }
    pollfd waited{socket_, static_cast<short>(POLLIN | (pulled_.empty() ? 0 : POLLOUT)), 0};
    if (poll(&waited, 1, 1000) <= 0) return;
    if ((waited.revents & POLLOUT) != 0 && !pulled_.empty()) {
      const auto n = ::write(socket_, pulled_.data(), pulled_.size());
      if (n > 0) pulled_.erase(pulled_.begin(), pulled_.begin() + n);
    }
    if ((waited.revents & (POLLIN | POLLHUP)) == 0) return;
    Bytes buffer(64 * 1024);
    const auto n = ::read(socket_, buffer.data(), buffer.size());
    if (n == 0) give_up("the other side hung up");
    if (n < 0) return;
    const auto status = session_.receive(ByteView(buffer).first(static_cast<std::size_t>(n)), std::chrono::steady_clock::now());
    if (!status) give_up(status.error().message);
    events();
  }

  YamuxSession session_;
  int socket_;
  std::map<StreamId, Talk> talks_;
  Bytes pulled_;
};

Bytes random_bytes(Random& random, std::size_t size) {
  Bytes out(size);
  random.fill(out);
  return out;
}

void order(Host& host, StreamId control, const std::string& line) {
  Talk& talk = host.talk(control);
  talk.in.clear();
  host.say(control, line + "\n");
  host.run_until(line.c_str(), [&] { return !talk.in.empty() && talk.in.back() == '\n'; });
  const std::string answer(text_of(talk.in));
  if (answer != "ok\n") give_up(line + ": " + answer);
}

/// Opens `count` streams; each half closes after its bytes and reads the same back to the end.
void echoes(Host& host, Random& random, std::size_t count, std::size_t most) {
  std::map<StreamId, Bytes> asked;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes body = random_bytes(random, 1 + random.below(most));
    Bytes out = body;
    out.insert(out.begin(), 'E');
    asked[host.open(std::move(out), true)] = std::move(body);
  }
  for (const auto& [id, body] : asked) {
    Talk& talk = host.talk(id);
    host.run_until("an echo", [&] { return talk.ended || talk.reset; });
    require(!talk.reset, "an echo was reset");
    require(talk.in == body, "other bytes came back");
    host.drop(id);
  }
}

void exercise(MuxRole role, int socket) {
  SeededRandom random(7);
  Host host(role, socket);
  const StreamId control = host.open(Bytes{'C'}, false);
  order(host, control, "ping");
  host.session().ping(std::chrono::steady_clock::now());
  host.run_until("a pong", [&] { return host.pongs == 1; });

  echoes(host, random, 1000, 3000);
  order(host, control, "open 500 1000");
  host.run_until("the ends of their streams", [&] { return host.answered == 500; });

  // Both ways at once, more than any window.
  Bytes body = random_bytes(random, 48U << 20U);
  Bytes out = body;
  out.insert(out.begin(), 'E');
  const StreamId large = host.open(std::move(out), true);
  order(host, control, "open 2 20000000");
  Talk& talk = host.talk(large);
  host.run_until("the large echo", [&] { return talk.ended || talk.reset; });
  require(talk.in == body, "the large echo has other bytes");
  host.drop(large);

  host.reset_next_one = true;
  order(host, control, "reset");
  host.run_until("the last streams", [&] { return host.session().streams() == 1; });

  order(host, control, "goaway");
  host.run_until("their goodbye", [&] { return host.goodbye; });
  const auto late = host.session().open();
  require(!late && late.error().code == Errc::Unavailable, "a stream opened after their goodbye");
  host.session().go_away();
  order(host, control, "refused");
}

void run(const char* program, MuxRole role) {
  int sockets[2] = {-1, -1};
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0, "no socket pair");
  const pid_t child = fork();
  require(child >= 0, "no process");
  if (child == 0) {
    const int theirs = sockets[1] == 3 ? fcntl(sockets[1], F_DUPFD, 4) : sockets[1];
    dup2(theirs, 3);  // without close-on-exec
    execl(program, program, role == MuxRole::Client ? "server" : "client", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(sockets[1]);
  exercise(role, sockets[0]);
  close(sockets[0]);
  int status = 0;
  waitpid(child, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the reference program failed");
  std::printf("our %s against their %s: well\n", role == MuxRole::Client ? "client" : "server",
              role == MuxRole::Client ? "server" : "client");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) give_up("usage: interop_yamux_host PEER_PROGRAM");
  run(argv[1], MuxRole::Client);
  run(argv[1], MuxRole::Server);
  return 0;
}
