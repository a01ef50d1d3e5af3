// SPDX-License-Identifier: GPL-3.0-or-later
// inotify behind a coroutine: two watches, events filtered by name, quiet time before a change is reported.
#include "config_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <string>

#include "soulfabric/base/timeout.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR;
constexpr std::uint32_t kFileEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr int kLongestUnrest = 10;  // quiet times after which a file that never rests is reported all the same

}  // namespace

struct ConfigWatch::State {
  State(IoContext& context, int descriptor, std::filesystem::path watched) : events(context, descriptor), file(std::move(watched)) {}

  /// Follows the file that has the name now.
  void watch_inode() {
    const int descriptor = events.native_handle();
    const int fresh = ::inotify_add_watch(descriptor, file.c_str(), kFileEvents);
    if (inode_watch >= 0 && fresh != inode_watch) (void)::inotify_rm_watch(descriptor, inode_watch);
    inode_watch = fresh;
  }
  /// True where one of the events means our file.
  [[nodiscard]] bool concerns_us(const char* data, std::size_t size) const {
    const std::string name = file.filename().string();
    std::size_t at = 0;
    while (at + sizeof(inotify_event) <= size) {
      inotify_event event{};
      std::memcpy(&event, data + at, sizeof(event));
      if (event.len > size - at - sizeof(event)) return true;
      const char* const text = data + at + sizeof(event);
      if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
      if (event.wd == inode_watch && (event.mask & IN_IGNORED) == 0) return true;
      if (event.wd == folder_watch && event.len > 0 && name == std::string(text, ::strnlen(text, event.len))) return true;
      at += sizeof(event) + event.len;
    }
    return false;
  }

  boost::asio::posix::stream_descriptor events;
  std::filesystem::path file;
  int folder_watch = -1;
  int inode_watch = -1;
};

ConfigWatch::ConfigWatch(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
ConfigWatch::~ConfigWatch() = default;

Result<std::unique_ptr<ConfigWatch>> ConfigWatch::create(IoContext& context, const std::filesystem::path& file) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0)
    return std::unexpected(
        error_from_errno(errno, "The configuration file cannot be watched; raise fs.inotify.max_user_instances, or restart after changes"));
  auto state = std::make_unique<State>(context, descriptor, file);
  state->folder_watch = ::inotify_add_watch(descriptor, file.parent_path().c_str(), kFolderEvents);
  if (state->folder_watch < 0)
    return std::unexpected(error_from_errno(
        errno, "The folder of the configuration file cannot be watched; raise fs.inotify.max_user_watches, or restart after changes"));
  state->watch_inode();
  return std::unique_ptr<ConfigWatch>(new ConfigWatch(std::move(state)));
}

Task<Status> ConfigWatch::wait_for_events() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  for (;;) {
    const auto space = boost::asio::buffer(buffer);
    const auto [error, size] = co_await state_->events.async_read_some(space, kAwait);
    if (error) co_return fail(Errc::Closed, "The configuration file is not watched any more (" + error.message() + ").");
    if (!state_->concerns_us(buffer.data(), size)) continue;
    state_->watch_inode();
    co_return Status();
  }
}

Task<Status> ConfigWatch::next_change(IoClock& clock) {
  const Status first = co_await wait_for_events();
  if (!first) co_return first;
  for (int i = 0; i < kLongestUnrest; ++i) {
    const MonoTime until = clock.now() + kQuiet;
    const Status more = co_await with_timeout(clock, wait_for_events(), until);
    if (!more && more.error().code == Errc::TimedOut) break;
    if (!more) co_return more;
  }
  co_return Status();
}

}  // namespace soulfabric::daemon
