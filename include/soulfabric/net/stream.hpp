// SPDX-License-Identifier: GPL-3.0-or-later
// A connection as bytes in and bytes out, with a deadline on every wait. Network thread only.
#pragma once
#include <memory>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::net {

/// At most one read and one write at a time. Errors: Closed (the other side ended it), TimedOut, Cancelled, Io.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// At least one byte; an orderly end gives Errc::Closed.
  [[nodiscard]] virtual Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) = 0;
  /// Ends when there is something to read or the stream has ended, so that nobody holds a buffer while nothing comes; may end early.
  [[nodiscard]] virtual Task<Status> wait_readable(MonoTime deadline);
  /// All of it; `data` must stay alive until the task ends.
  [[nodiscard]] virtual Task<Status> write(ByteView data, MonoTime deadline) = 0;
  /// Sends `count` bytes of an open file from `offset`, by sendfile where both ends can; the range should be resident.
  [[nodiscard]] virtual Task<Status> send_file(int descriptor, std::uint64_t offset, std::uint64_t count, MonoTime deadline) = 0;
  /// At most about so many bytes wait in the kernel to be sent, so that what is written next is not behind them. No effect in memory.
  virtual void limit_unsent(int bytes);
  /// No more writes; the other side reads to the end.
  virtual void shutdown_write() = 0;
  /// The same, after the goodbye of a layer in between has left.
  [[nodiscard]] virtual Task<Status> finish(MonoTime deadline);
  /// Ends pending reads and writes with Errc::Cancelled. May be called twice.
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const noexcept = 0;
  [[nodiscard]] virtual Endpoint remote() const = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;
};

/// Reads until `into` is full.
[[nodiscard]] Task<Status> read_exactly(ByteStream& stream, MutableByteView into, MonoTime deadline);

/// Two ends joined in memory, for tests: what one writes the other reads, in pieces of random size when `seed` is not 0.
struct StreamPair {
  std::unique_ptr<ByteStream> first;
  std::unique_ptr<ByteStream> second;
};
[[nodiscard]] StreamPair make_memory_streams(IoContext& context, IoClock& clock, std::uint64_t seed = 0);

}  // namespace soulfabric::net
