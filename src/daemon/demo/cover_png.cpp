// SPDX-License-Identifier: GPL-3.0-or-later
// A cover for every album: rings of two colours, as a PNG (RFC 2083) written by hand.
#include <zlib.h>

#include <array>
#include <cmath>

#include "demo/music_files.hpp"

namespace soulfabric::daemon::demo {
namespace {

void put_u32(Bytes& out, std::size_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>((value >> shift) & 0xFFU));
}

void put_chunk(Bytes& out, std::string_view kind, ByteView body) {
  put_u32(out, body.size());
  const auto begin = out.size();
  out.insert(out.end(), kind.begin(), kind.end());
  out.insert(out.end(), body.begin(), body.end());
  put_u32(out, ::crc32(0, out.data() + begin, static_cast<uInt>(out.size() - begin)));
}

Bytes pixels(std::uint64_t seed, std::uint32_t side) {
  const auto channel = [seed](unsigned index) { return static_cast<double>((seed >> (8U * index)) & 0xFFU); };
  const double middle = side / 2.0;
  Bytes rows;
  for (std::uint32_t y = 0; y < side; ++y) {
    rows.push_back(0);  // this row is not filtered
    for (std::uint32_t x = 0; x < side; ++x) {
      const double distance = std::hypot(x - middle, y - middle) / middle;
      const double mix = 0.5 + 0.5 * std::sin(distance * (6.0 + channel(6) / 32.0));
      for (unsigned c = 0; c < 3; ++c) rows.push_back(static_cast<std::uint8_t>(channel(c) * mix + channel(c + 3) * (1.0 - mix)));
    }
  }
  return rows;
}

}  // namespace

Bytes cover_png(std::uint64_t seed, std::uint32_t side) {
  const auto rows = pixels(seed, side);
  uLongf packed_size = ::compressBound(static_cast<uLong>(rows.size()));
  Bytes packed(packed_size);
  if (::compress2(packed.data(), &packed_size, rows.data(), static_cast<uLong>(rows.size()), 6) != Z_OK) return {};
  packed.resize(packed_size);
  Bytes out{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  put_u32(header, side);
  put_u32(header, side);
  header.insert(header.end(), {8, 2, 0, 0, 0});  // 8 bits, red green blue
  put_chunk(out, "IHDR", header);
  put_chunk(out, "IDAT", packed);
  put_chunk(out, "IEND", {});
  return out;
}

}  // namespace soulfabric::daemon::demo
