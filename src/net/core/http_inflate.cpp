// SPDX-License-Identifier: GPL-3.0-or-later
// The one place of this room that calls zlib.
#include "core/http_inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace soulfabric::net {
namespace {

constexpr std::uint64_t kRatioFrom = 64 * 1024;
constexpr std::uint64_t kRatioCap = 100;
constexpr std::size_t kPiece = 16 * 1024;
constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;

std::unexpected<HttpFault> damaged() { return refuse(HttpRefusal::Inflation, Errc::Malformed, "The packed body of an answer is damaged."); }

}  // namespace

struct HttpInflater::State {
  z_stream z{};
  explicit State(int window) {
    if (inflateInit2(&z, window) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

HttpInflater::HttpInflater(Kind kind) : state_(std::make_unique<State>(kind == Kind::Gzip ? kGzipWindow : kZlibWindow)) {}
HttpInflater::~HttpInflater() = default;

HttpStatus HttpInflater::run(ByteView packed, Bytes& out, std::uint64_t cap) {
  if (packed.empty()) return {};
  if (finished_) return damaged();
  z_stream& z = state_->z;
  std::array<std::uint8_t, kPiece> piece;
  while (!packed.empty() || z.avail_out == 0) {
    const auto offered = static_cast<uInt>(std::min(packed.size(), kPiece));
    std::uint8_t nothing = 0;
    z.next_in = const_cast<Bytef*>(packed.empty() ? &nothing : packed.data());
    z.avail_in = offered;
    z.next_out = piece.data();
    z.avail_out = kPiece;
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t used = offered - z.avail_in;
    const std::size_t made = kPiece - z.avail_out;
    packed = packed.subspan(used);
    came_ += used;
    if (made > cap - std::min<std::uint64_t>(cap, out.size()))
      return refuse(HttpRefusal::Inflation, Errc::TooLarge, "An answer unpacks to more than its kind may have.");
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(made));
    if (out.size() > kRatioFrom && out.size() / kRatioCap > came_)
      return refuse(HttpRefusal::Inflation, Errc::TooLarge, "An answer unpacks to far more than its size.");
    if (result == Z_STREAM_END) {
      finished_ = true;
      return packed.empty() ? HttpStatus{} : damaged();
    }
    if (result == Z_BUF_ERROR && used == 0 && made == 0) return packed.empty() ? HttpStatus{} : damaged();
    if (result != Z_OK && result != Z_BUF_ERROR) return damaged();
  }
  return {};
}

}  // namespace soulfabric::net
