// SPDX-License-Identifier: GPL-3.0-or-later
// Obfuscation of type 1.
#include "wire/obfuscation.hpp"

#include <algorithm>
#include <bit>

namespace soulfabric::soulseek::wire {

void apply_obfuscation(const ObfuscationKey& key, std::uint64_t offset, MutableByteView data) noexcept {
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < key.size(); ++i) start |= static_cast<std::uint32_t>(key[i]) << (8 * i);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::uint64_t at = offset + i;
    const std::uint32_t group = std::rotl(start, static_cast<int>((at / 4 + 1) % 32));
    data[i] ^= static_cast<std::uint8_t>(group >> (8 * (at % 4)));
  }
}

Bytes obfuscate(const ObfuscationKey& key, ByteView frame) {
  Bytes out(key.begin(), key.end());
  out.insert(out.end(), frame.begin(), frame.end());
  apply_obfuscation(key, 0, MutableByteView(out).subspan(key.size()));
  return out;
}

Bytes deobfuscate(ByteView wire) {
  ObfuscationKey key{};
  if (wire.size() < key.size()) return {};
  std::copy_n(wire.begin(), key.size(), key.begin());
  Bytes out(wire.begin() + static_cast<std::ptrdiff_t>(key.size()), wire.end());
  apply_obfuscation(key, 0, out);
  return out;
}

}  // namespace soulfabric::soulseek::wire
