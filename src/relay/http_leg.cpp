// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ahead.
#include "http_leg.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kStep = 64 * 1024;

}  // namespace

void HttpLeg::use(std::size_t count) {
  from_ += count;
  if (has_bytes()) return;
  Bytes().swap(bytes_);
  from_ = 0;
}

Task<Status> HttpLeg::more(MonoTime deadline) {
  const auto ready = co_await stream_.wait_readable(deadline);
  if (!ready) co_return ready;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(from_));
  from_ = 0;
  /// However the read ends, only what came stays.
  struct Trim {
    Bytes& bytes;
    std::size_t size;
    ~Trim() { bytes.resize(size); }
  };
  Trim trim{bytes_, bytes_.size()};
  bytes_.resize(trim.size + kStep);
  const auto got = co_await stream_.read_some(MutableByteView(bytes_).subspan(trim.size), deadline);
  trim.size += got.value_or(0);
  if (!got) co_return std::unexpected(got.error());
  co_return Status{};
}

}  // namespace soulfabric::relay
