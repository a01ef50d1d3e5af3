// SPDX-License-Identifier: GPL-3.0-or-later
// Fixed fields, big-endian; a checksum over what never changes, another over the name that is written once.
#include "core/piece_map.hpp"

#include <algorithm>
#include <iterator>

namespace soulfabric::swarm::core {
namespace {

constexpr std::string_view kMagic = "SFSWARM1";
constexpr std::size_t kHash = 32;

void put(Bytes& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t number(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return value;
}

crypto::Sha256 hash_at(ByteView bytes, std::size_t at) {
  crypto::Sha256 out{};
  std::ranges::copy(bytes.subspan(at, kHash), out.begin());
  return out;
}

}  // namespace

Bytes PieceMap::bits() const {
  Bytes out((pieces.size() + 7) / 8);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i]) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 0x80U >> i % 8);
  }
  return out;
}

Bytes PieceMap::encode() const {
  Bytes out;
  std::ranges::copy(bytes_of(kMagic), std::back_inserter(out));
  std::ranges::copy(sha256, std::back_inserter(out));
  put(out, size, 8);
  std::ranges::copy(root, std::back_inserter(out));
  put(out, pieces.size(), 4);
  std::ranges::copy(crypto::sha256(out), std::back_inserter(out));
  std::ranges::copy(bits(), std::back_inserter(out));
  if (placing.empty()) return out;
  put(out, placing.size(), 4);
  std::ranges::copy(bytes_of(placing), std::back_inserter(out));
  std::ranges::copy(crypto::sha256(bytes_of(placing)), std::back_inserter(out));
  return out;
}

Result<PieceMap> PieceMap::parse(ByteView bytes) {
  if (bytes.size() < kMapHeader || text_of(bytes.first(kMagic.size())) != kMagic) return fail(Errc::Malformed, "this is no bitmap of a partial file");
  if (crypto::sha256(bytes.first(kMapHeader - kHash)) != hash_at(bytes, kMapHeader - kHash)) return fail(Errc::Malformed, "the bitmap of the partial file is damaged");
  PieceMap map;
  map.sha256 = hash_at(bytes, 8);
  map.size = number(bytes.subspan(40, 8));
  map.root = hash_at(bytes, 48);
  const std::uint64_t count = number(bytes.subspan(80, 4));
  if (count > kMostMapPieces) return fail(Errc::Malformed, "the bitmap of the partial file has too many pieces");
  bytes = bytes.subspan(kMapHeader);
  map.pieces.resize(count);
  for (std::size_t i = 0; i < count && i / 8 < bytes.size(); ++i) map.pieces[i] = (bytes[i / 8] & 0x80U >> i % 8) != 0;
  const std::size_t after = (count + 7) / 8;
  if (bytes.size() < after + 4 + kHash) return map;
  const std::uint64_t length = number(bytes.subspan(after, 4));
  if (length > kLongestMapPath || bytes.size() != after + 4 + length + kHash) return map;
  const ByteView name = bytes.subspan(after + 4, length);
  if (crypto::sha256(name) == hash_at(bytes, after + 4 + length)) map.placing = text_of(name);
  return map;
}

}  // namespace soulfabric::swarm::core
