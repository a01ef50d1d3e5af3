// SPDX-License-Identifier: GPL-3.0-or-later
// Checks and checksums of the flat form.
#include "core/blob.hpp"

namespace soulfabric::library {
namespace {

constexpr std::uint64_t kOdd1 = 0x9E3779B97F4A7C15ULL;
constexpr std::uint64_t kOdd2 = 0xD6E8FEB86659FD93ULL;

std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 32)) * kOdd2;
  x = (x ^ (x >> 29)) * kOdd1;
  return x ^ (x >> 32);
}

}  // namespace

std::uint64_t hash64(ByteView bytes) noexcept {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t lane[4] = {kOdd1, kOdd2, kOdd1 ^ kOdd2, ~kOdd1};
  for (; left >= 32; left -= 32, at += 32) {
    for (std::size_t i = 0; i < 4; ++i) lane[i] = std::rotl((lane[i] ^ load<std::uint64_t>(at + 8 * i)) * kOdd1, 29);
  }
  std::uint64_t hash = bytes.size() * kOdd2;
  for (const std::uint64_t value : lane) hash = mix(hash ^ value) + value;
  for (; left >= 8; left -= 8, at += 8) hash = mix(hash ^ load<std::uint64_t>(at));
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < left; ++i) tail |= static_cast<std::uint64_t>(at[i]) << (8 * i);
  return mix(hash ^ tail);
}

Result<BlobHeader> read_header(ByteView blob, bool verify) {
  const auto corrupt = [] { return fail(Errc::Corrupt, "The search index cache is damaged; it is built again."); };
  if (blob.size() < sizeof(BlobHeader)) return corrupt();
  const auto header = load<BlobHeader>(blob.data());
  if (header.magic != kBlobMagic || header.total_size != blob.size()) return corrupt();
  if (header.header_hash != hash64(blob.subspan(16, sizeof(BlobHeader) - 16))) return corrupt();
  std::uint64_t end = sizeof(BlobHeader);
  for (const BlobHeader::Range& range : header.sections) {
    // Sections stand in order with only padding between them, so that no byte escapes the checksums but padding.
    if (range.offset < end || range.offset - end >= kSectionAlignment || range.offset > blob.size()) return corrupt();
    for (std::uint64_t i = end; i < range.offset; ++i) {
      if (blob[i] != 0) return corrupt();
    }
    if (range.size > blob.size() - range.offset) return corrupt();
    end = range.offset + range.size;
    if (verify && hash64(blob.subspan(range.offset, range.size)) != range.hash) return corrupt();
  }
  if (end != blob.size()) return corrupt();
  return header;
}

}  // namespace soulfabric::library
