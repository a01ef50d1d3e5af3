// SPDX-License-Identifier: GPL-3.0-or-later
// The one place of this room that calls zlib.
#include "wire/zlib_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace soulfabric::soulseek::wire {
namespace {
constexpr int kDeflateLevel = 4;
constexpr std::size_t kPiece = 64 * kKiB;

uInt clamp(std::size_t n) noexcept { return static_cast<uInt>(std::min<std::size_t>(n, std::numeric_limits<uInt>::max())); }
}  // namespace

struct Inflater::State {
  z_stream z{};
  State() {
    if (inflateInit(&z) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater(std::uint64_t max_output) : state_(std::make_unique<State>()), max_output_(max_output) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Result<std::size_t> Inflater::run(ByteView& input, MutableByteView output) {
  if (finished_ || output.empty()) return std::size_t{0};
  // zlib may need a call without input to hand out what it holds back
  z_stream& z = state_->z;
  std::uint8_t nothing = 0;
  z.next_in = const_cast<Bytef*>(input.empty() ? &nothing : input.data());
  z.avail_in = clamp(input.size());
  z.next_out = output.data();
  z.avail_out = clamp(output.size());
  const uInt offered_in = z.avail_in;
  const uInt offered_out = z.avail_out;
  const int result = inflate(&z, Z_NO_FLUSH);
  const std::size_t used = offered_in - z.avail_in;
  const std::size_t made = offered_out - z.avail_out;
  input = input.subspan(used);
  consumed_ += used;
  produced_ += made;
  if (result == Z_STREAM_END) {
    finished_ = true;
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    return fail(Errc::Malformed, "A compressed message of a peer is damaged; it was dropped.");
  }
  if (produced_ > max_output_)
    return fail(Errc::TooLarge, "A compressed message of a peer is larger than its kind may be; it was dropped.");
  if (produced_ > kInflateRatioFrom && produced_ / kMaxInflateRatio > consumed_) {
    return fail(Errc::TooLarge, "A compressed message of a peer unpacks to far more than its size; it was dropped.");
  }
  return made;
}

struct Deflater::State {
  z_stream z{};
  State() {
    if (deflateInit(&z, kDeflateLevel) != Z_OK) throw std::bad_alloc();
  }
  ~State() { deflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Deflater::Deflater() : state_(std::make_unique<State>()) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

void Deflater::pump(ByteView data, int flush, Bytes& out) {
  std::array<std::uint8_t, 16 * kKiB> piece;
  z_stream& z = state_->z;
  do {
    const uInt offered = clamp(data.size());
    std::uint8_t nothing = 0;
    z.next_in = const_cast<Bytef*>(data.empty() ? &nothing : data.data());
    z.avail_in = offered;
    do {
      z.next_out = piece.data();
      z.avail_out = static_cast<uInt>(piece.size());
      deflate(&z, offered == data.size() ? flush : Z_NO_FLUSH);
      out.insert(out.end(), piece.begin(), piece.end() - z.avail_out);
    } while (z.avail_out == 0);
    data = data.subspan(offered);
  } while (!data.empty());
}

void Deflater::write(ByteView data, Bytes& out) {
  if (!data.empty()) pump(data, Z_NO_FLUSH, out);
}
void Deflater::finish(Bytes& out) { pump({}, Z_FINISH, out); }

Result<Bytes> inflate_all(ByteView compressed, std::uint64_t max_output) {
  Inflater inflater(max_output);
  Bytes out;
  std::size_t filled = 0;
  while (!inflater.finished()) {
    if (out.size() - filled < kPiece) out.resize(std::max(out.size() * 2, filled + std::max(kPiece, compressed.size())));
    auto made = inflater.run(compressed, MutableByteView(out).subspan(filled));
    if (!made) return std::unexpected(std::move(made).error());
    filled += *made;
    if (*made == 0 && compressed.empty() && !inflater.finished()) {
      return fail(Errc::Malformed, "A compressed message of a peer ends too early; it was dropped.");
    }
  }
  out.resize(filled);
  return out;
}

Bytes inflate_prefix(ByteView compressed, std::size_t wanted) {
  Inflater inflater(kMaxInflatedBrowse);
  Bytes out(wanted);
  std::size_t filled = 0;
  while (filled < wanted && !inflater.finished()) {
    const auto made = inflater.run(compressed, MutableByteView(out).subspan(filled));
    if (!made || *made == 0) break;
    filled += *made;
  }
  out.resize(filled);
  return out;
}

Bytes deflate_all(ByteView data) {
  Bytes out;
  Deflater deflater;
  deflater.write(data, out);
  deflater.finish(out);
  return out;
}

}  // namespace soulfabric::soulseek::wire
