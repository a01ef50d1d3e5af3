// SPDX-License-Identifier: GPL-3.0-or-later
// The held stream: everything goes to the inner one, after the bytes that were read too far.
#include "peer_link.hpp"

#include <algorithm>

namespace soulfabric::soulseek {
namespace {

class HeldStream final : public net::ByteStream {
 public:
  HeldStream(std::unique_ptr<net::ByteStream> inner, guard::ConnectionSlot slot, Bytes first)
      : inner_(std::move(inner)), slot_(std::move(slot)), first_(std::move(first)) {}

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    if (used_ == first_.size()) {
      auto got = co_await inner_->read_some(into, deadline);
      co_return got;
    }
    const std::size_t count = std::min(into.size(), first_.size() - used_);
    std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(used_), count, into.begin());
    used_ += count;
    co_return count;
  }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_->write(data, deadline); }
  Task<Status> send_file(int descriptor, std::uint64_t offset, std::uint64_t count, MonoTime deadline) override {
    return inner_->send_file(descriptor, offset, count, deadline);
  }
  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override {
    inner_->close();
    slot_.release();
  }
  bool is_open() const noexcept override { return inner_->is_open(); }
  Endpoint remote() const override { return inner_->remote(); }
  Endpoint local() const override { return inner_->local(); }

 private:
  std::unique_ptr<net::ByteStream> inner_;
  guard::ConnectionSlot slot_;
  Bytes first_;
  std::size_t used_ = 0;
};

}  // namespace

std::unique_ptr<net::ByteStream> make_held_stream(std::unique_ptr<net::ByteStream> inner, guard::ConnectionSlot slot, Bytes first) {
  return std::make_unique<HeldStream>(std::move(inner), std::move(slot), std::move(first));
}

}  // namespace soulfabric::soulseek
