// SPDX-License-Identifier: GPL-3.0-or-later
// Two streams joined in memory, splitting bytes at random, for tests of every shell above.
#include <algorithm>
#include <deque>

#include "soulfabric/base/random.hpp"
#include "soulfabric/net/stream.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kWindow = 256 * 1024;  // a writer waits when this much is unread

struct Pipe {
  std::deque<std::uint8_t> bytes;
  bool ended = false;
  Notifier changed;
};

class MemoryStream final : public ByteStream {
 public:
  MemoryStream(IoClock& clock, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::uint64_t seed, std::uint16_t port)
      : clock_(clock), in_(std::move(in)), out_(std::move(out)), random_(seed), split_(seed != 0), port_(port) {}
  ~MemoryStream() override { end(); }
  MemoryStream(const MemoryStream&) = delete;
  MemoryStream& operator=(const MemoryStream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto pipe = in_;
    while (pipe->bytes.empty()) {
      if (!open_) co_return fail(Errc::Cancelled, "the stream was closed");
      if (pipe->ended) co_return fail(Errc::Closed, "the other side closed the stream");
      const bool woken = co_await pipe->changed.wait(clock_, deadline);
      if (!woken && pipe->bytes.empty() && clock_.now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
    }
    std::size_t count = std::min(into.size(), pipe->bytes.size());
    if (split_ && count > 1) count = 1 + static_cast<std::size_t>(random_.below(count));
    std::copy_n(pipe->bytes.begin(), count, into.begin());
    pipe->bytes.erase(pipe->bytes.begin(), pipe->bytes.begin() + static_cast<std::ptrdiff_t>(count));
    pipe->changed.notify_all();
    co_return count;
  }

  Task<Status> wait_readable(MonoTime deadline) override {
    const auto pipe = in_;
    while (open_ && pipe->bytes.empty() && !pipe->ended) {
      const bool woken = co_await pipe->changed.wait(clock_, deadline);
      if (!woken && clock_.now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
    }
    co_return Status{};
  }

  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto pipe = out_;
    while (!data.empty()) {
      if (!open_ || pipe->ended) co_return fail(open_ ? Errc::Closed : Errc::Cancelled, "the stream was closed");
      const std::size_t room = kWindow - std::min(kWindow, pipe->bytes.size());
      if (room == 0) {
        const bool woken = co_await pipe->changed.wait(clock_, deadline);
        if (!woken && clock_.now() >= deadline) co_return fail(Errc::TimedOut, "the stream did not take more for too long");
        continue;
      }
      const auto part = data.first(std::min(room, data.size()));
      pipe->bytes.insert(pipe->bytes.end(), part.begin(), part.end());
      data = data.subspan(part.size());
      pipe->changed.notify_all();
    }
    co_return Status{};
  }

  Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override {
    co_return fail(Errc::Unsupported, "a stream in memory sends no files");
  }
  void shutdown_write() override {
    out_->ended = true;
    out_->changed.notify_all();
  }
  void close() override { end(); }
  bool is_open() const noexcept override { return open_; }
  Endpoint remote() const override { return {IpAddress::v4(0x7F000001), static_cast<std::uint16_t>(port_ ^ 1U)}; }
  Endpoint local() const override { return {IpAddress::v4(0x7F000001), port_}; }

 private:
  void end() {
    open_ = false;
    in_->ended = out_->ended = true;
    in_->changed.notify_all();
    out_->changed.notify_all();
  }

  IoClock& clock_;
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  SeededRandom random_;
  bool split_;
  std::uint16_t port_;
  bool open_ = true;
};

}  // namespace

StreamPair make_memory_streams(IoContext&, IoClock& clock, std::uint64_t seed) {
  auto there = std::make_shared<Pipe>();
  auto back = std::make_shared<Pipe>();
  return {std::make_unique<MemoryStream>(clock, back, there, seed, std::uint16_t{40000}),
          std::make_unique<MemoryStream>(clock, there, back, seed, std::uint16_t{40001})};
}

Task<Status> ByteStream::wait_readable(MonoTime) { co_return Status{}; }
void ByteStream::limit_unsent(int) {}
Task<Status> ByteStream::finish(MonoTime) {
  shutdown_write();
  co_return Status{};
}

Task<Status> read_exactly(ByteStream& stream, MutableByteView into, MonoTime deadline) {
  while (!into.empty()) {
    const auto got = co_await stream.read_some(into, deadline);
    if (!got) co_return std::unexpected(got.error());
    into = into.subspan(*got);
  }
  co_return Status{};
}

}  // namespace soulfabric::net
