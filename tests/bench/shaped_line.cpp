// SPDX-License-Identifier: GPL-3.0-or-later
// Carries packets between two TUN devices with a rate, a delay and loss.
#include "shaped_line.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <latch>
#include <random>
#include <thread>
#include <vector>

namespace soulfabric::bench {
namespace {

using Clock = std::chrono::steady_clock;

bool write_text(const char* file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.flush();
  return out.good();
}

int open_tun(const char* name) {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -1;
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (::ioctl(fd, TUNSETIFF, &request) == 0) return fd;
  ::close(fd);
  return -1;
}

bool bring_up(const char* device, const char* mine, const char* theirs, int mtu) {
  const std::string name = device;
  const std::string commands = "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip link set " + name + " mtu " + std::to_string(mtu) +
                               " txqueuelen 10000 up && ip address add " + mine + " peer " + theirs + " dev " + name;
  return std::system(commands.c_str()) == 0;
}

struct Packet {
  Clock::time_point due;
  std::vector<std::uint8_t> bytes;
};

/// One direction of the line.
struct Lane {
  int from = -1;
  int to = -1;
  Clock::time_point free{};
  std::deque<Packet> under_way;
};

}  // namespace

bool enter_user_namespace() {
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
         write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

struct ShapedLine::State {
  explicit State(const LineSettings& wanted) : settings(wanted) {}

  LineSettings settings;
  std::string trouble;
  int near_tun = -1;
  int far_tun = -1;
  int near_space = -1;
  int far_space = -1;
  std::atomic<bool> stop = false;
  std::thread relay;

  /// Makes one end on a thread of its own, whose namespace is kept by an open descriptor.
  bool make_end(const char* device, const char* mine, const char* theirs, int& tun, int& space) const {
    bool good = false;
    std::thread maker([&] {
      if (::unshare(CLONE_NEWNET) != 0) return;
      space = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
      tun = open_tun(device);
      // The machine's own default may be less than what the line holds under way.
      write_text("/proc/sys/net/ipv4/tcp_wmem", settings.socket_buffers);
      write_text("/proc/sys/net/ipv4/tcp_rmem", settings.socket_buffers);
      good = tun >= 0 && space >= 0 && bring_up(device, mine, theirs, settings.mtu);
    });
    maker.join();
    return good;
  }

  void take_in(Lane& lane, std::vector<std::uint8_t>& buffer, std::mt19937& lots) const {
    for (int i = 0; i < 256; ++i) {
      const auto got = ::read(lane.from, buffer.data(), buffer.size());
      if (got <= 0) return;
      const auto now = Clock::now();
      const auto begin = std::max(now, lane.free);
      if (begin - now > settings.queue) continue;  // the line's queue is full
      if (settings.loss > 0 && std::uniform_real_distribution<>(0, 1)(lots) < settings.loss) continue;
      const auto bits = static_cast<std::uint64_t>(got) * 8;
      lane.free = begin + std::chrono::nanoseconds(bits * 1'000'000'000 / settings.bits_per_second);
      lane.under_way.push_back({lane.free + settings.one_way, {buffer.begin(), buffer.begin() + got}});
    }
  }

  static void let_out(Lane& lane) {
    const auto now = Clock::now();
    while (!lane.under_way.empty() && lane.under_way.front().due <= now) {
      const auto& bytes = lane.under_way.front().bytes;
      if (::write(lane.to, bytes.data(), bytes.size()) < 0 && errno == EAGAIN) return;
      lane.under_way.pop_front();
    }
  }

  void carry() {
    std::mt19937 lots(77);
    std::vector<std::uint8_t> buffer(static_cast<std::size_t>(settings.mtu) + 64);
    std::array<Lane, 2> lanes{};
    lanes[0].from = lanes[1].to = near_tun;
    lanes[1].from = lanes[0].to = far_tun;
    while (!stop) {
      auto next = Clock::now() + std::chrono::milliseconds(20);
      for (const auto& lane : lanes)
        if (!lane.under_way.empty()) next = std::min(next, lane.under_way.front().due);
      const auto wait = std::max<std::chrono::nanoseconds>(next - Clock::now(), std::chrono::nanoseconds(0));
      timespec timeout{static_cast<time_t>(wait.count() / 1'000'000'000), wait.count() % 1'000'000'000};
      std::array<pollfd, 2> waiting{{{near_tun, POLLIN, 0}, {far_tun, POLLIN, 0}}};
      ::ppoll(waiting.data(), waiting.size(), &timeout, nullptr);
      for (auto& lane : lanes) take_in(lane, buffer, lots);
      for (auto& lane : lanes) let_out(lane);
    }
  }
};

ShapedLine::ShapedLine(const LineSettings& settings) : state_(std::make_unique<State>(settings)) {
  auto& state = *state_;
  if (!state.make_end("line0", "10.77.0.1", "10.77.0.2", state.near_tun, state.near_space) ||
      !state.make_end("line1", "10.77.0.2", "10.77.0.1", state.far_tun, state.far_space)) {
    state.trouble = "the devices of the line could not be made: /dev/net/tun and user namespaces are needed";
    return;
  }
  state.relay = std::thread([&state] { state.carry(); });
}

ShapedLine::~ShapedLine() {
  state_->stop = true;
  if (state_->relay.joinable()) state_->relay.join();
  for (const int fd : {state_->near_tun, state_->far_tun, state_->near_space, state_->far_space})
    if (fd >= 0) ::close(fd);
}

const std::string& ShapedLine::trouble() const noexcept { return state_->trouble; }

void ShapedLine::run(const std::function<void()>& near, const std::function<void()>& far) {
  const auto at = [](int space, const std::function<void()>& work) {
    if (::setns(space, CLONE_NEWNET) == 0) work();
  };
  std::thread first(at, state_->near_space, near);
  std::thread second(at, state_->far_space, far);
  first.join();
  second.join();
}

}  // namespace soulfabric::bench
