// SPDX-License-Identifier: GPL-3.0-or-later
// A stream with what was read from it and is not used up. Network thread only.
#pragma once
#include "core/http_head.hpp"
#include "soulfabric/net/stream.hpp"

namespace soulfabric::relay {

class HttpLeg {
 public:
  explicit HttpLeg(net::ByteStream& stream) : stream_(stream) {}
  [[nodiscard]] net::ByteStream& stream() noexcept { return stream_; }
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes_).subspan(from_); }
  [[nodiscard]] bool has_bytes() const noexcept { return from_ < bytes_.size(); }
  /// Nothing is kept where nothing waits.
  void use(std::size_t count);
  /// Waits for more bytes; no memory is held meanwhile, beyond what waits.
  [[nodiscard]] Task<Status> more(MonoTime deadline);

 private:
  net::ByteStream& stream_;
  Bytes bytes_;
  std::size_t from_ = 0;
};

}  // namespace soulfabric::relay
