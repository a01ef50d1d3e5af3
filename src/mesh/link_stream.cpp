// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for bytes or for credit; the link decides, the stream only asks again.
#include "link_stream.hpp"

#include <unistd.h>

#include <algorithm>

namespace soulfabric::mesh {
namespace {

constexpr std::size_t kFileStep = 64 * 1024;

class LinkStream final : public Stream {
 public:
  explicit LinkStream(std::shared_ptr<StreamEnd> end) : end_(std::move(end)), peer_(end_->link->peer()) {}
  ~LinkStream() override {
    close_end();
    end_->link->forget(*end_);
  }
  LinkStream(const LinkStream&) = delete;
  LinkStream& operator=(const LinkStream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto end = end_;
    for (;;) {
      if (end->closed) co_return fail(Errc::Cancelled, "the stream was closed");
      auto got = end->link->read(*end, into);
      if (!got || *got > 0 || into.empty()) co_return got;
      const bool woken = co_await end->readable.wait(end->link->clock(), deadline);
      if (!woken && end->link->clock().now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
    }
  }

  Task<Status> wait_readable(MonoTime deadline) override {
    const auto end = end_;
    while (!end->closed && !end->link->is_readable(*end)) {
      const bool woken = co_await end->readable.wait(end->link->clock(), deadline);
      if (!woken && end->link->clock().now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
    }
    co_return Status{};
  }

  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto end = end_;
    for (;;) {
      if (end->closed) co_return fail(Errc::Cancelled, "the stream was closed");
      auto taken = end->link->write(*end, data);
      if (!taken) co_return std::unexpected(std::move(taken).error());
      data = data.subspan(*taken);
      if (data.empty()) co_return Status{};
      const bool woken = co_await end->writable.wait(end->link->clock(), deadline);
      if (!woken && end->link->clock().now() >= deadline) co_return fail(Errc::TimedOut, "the other side did not take more for too long");
    }
  }

  Task<Status> send_file(int descriptor, std::uint64_t offset, std::uint64_t count, MonoTime deadline) override {
    Bytes part(static_cast<std::size_t>(std::min<std::uint64_t>(count, kFileStep)));
    while (count > 0) {
      const auto got = ::pread(descriptor, part.data(), static_cast<std::size_t>(std::min<std::uint64_t>(count, part.size())),
                               static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) co_return std::unexpected(error_from_errno(errno, "the file could not be read"));
      if (got == 0) co_return fail(Errc::Io, "the file became shorter while it was sent");
      const auto size = static_cast<std::size_t>(got);
      auto written = co_await write(ByteView(part).first(size), deadline);
      if (!written) co_return written;
      offset += size;
      count -= size;
    }
    co_return Status{};
  }

  void shutdown_write() override { end_->link->finish(*end_); }
  void close() override {
    if (end_->closed) return;
    close_end();
    end_->link->reset(*end_);
  }
  bool is_open() const noexcept override { return !end_->closed && !end_->link->is_over(); }
  Endpoint remote() const override { return end_->link->remote(); }
  Endpoint local() const override { return end_->link->local(); }
  const PeerId& peer() const noexcept override { return peer_; }
  Protocol protocol() const noexcept override { return end_->protocol; }
  Direction direction() const noexcept override { return end_->link->direction(); }

 private:
  void close_end() {
    end_->closed = true;
    end_->readable.notify_all();
    end_->writable.notify_all();
  }
  std::shared_ptr<StreamEnd> end_;
  PeerId peer_;
};

}  // namespace

StreamPtr make_link_stream(std::shared_ptr<StreamEnd> end) { return std::make_unique<LinkStream>(std::move(end)); }

}  // namespace soulfabric::mesh
