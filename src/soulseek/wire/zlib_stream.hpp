// SPDX-License-Identifier: GPL-3.0-or-later
// zlib streams (RFC 1950) in and out of memory, bounded while they grow. Pure: any thread, one object per stream.
#pragma once
#include <memory>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"
#include "wire/limits.hpp"

namespace soulfabric::soulseek::wire {

/// Inflates one stream piece by piece; stops with TooLarge at the output cap and where output runs away from input.
class Inflater {
 public:
  explicit Inflater(std::uint64_t max_output);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// Writes to the front of `output`, drops what it used from the front of `input`, returns how much it wrote.
  /// Zero with input left over means that the stream ended; zero with no input left means that more is needed.
  [[nodiscard]] Result<std::size_t> run(ByteView& input, MutableByteView output);
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] std::uint64_t produced() const noexcept { return produced_; }
  [[nodiscard]] std::uint64_t max_output() const noexcept { return max_output_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t max_output_;
  std::uint64_t produced_ = 0;
  std::uint64_t consumed_ = 0;
  bool finished_ = false;
};

/// Deflates one stream piece by piece.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  /// Appends what is ready to `out`.
  void write(ByteView data, Bytes& out);
  /// Ends the stream; no call may follow.
  void finish(Bytes& out);

 private:
  struct State;
  void pump(ByteView data, int flush, Bytes& out);
  std::unique_ptr<State> state_;
};

/// A whole stream at once. Malformed where it is damaged or ends early, TooLarge above `max_output` bytes.
[[nodiscard]] Result<Bytes> inflate_all(ByteView compressed, std::uint64_t max_output);
/// At most the first `wanted` bytes of a stream; fewer where it is shorter or damaged further on.
[[nodiscard]] Bytes inflate_prefix(ByteView compressed, std::size_t wanted);
[[nodiscard]] Bytes deflate_all(ByteView data);

}  // namespace soulfabric::soulseek::wire
