// SPDX-License-Identifier: GPL-3.0-or-later
// Obfuscation of type 1 ("rotated", protocol note, section 6): four key bytes in clear, then the frame XORed. Not encryption.
#pragma once
#include <array>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::soulseek::wire {

inline constexpr std::uint32_t kObfuscationNone = 0;
inline constexpr std::uint32_t kObfuscationRotated = 1;
inline constexpr std::size_t kObfuscationKeySize = 4;
using ObfuscationKey = std::array<std::uint8_t, kObfuscationKeySize>;

/// XORs `data` in place with the key stream from byte `offset` of a frame on; the same call undoes it.
void apply_obfuscation(const ObfuscationKey& key, std::uint64_t offset, MutableByteView data) noexcept;
/// Key and obfuscated frame as they go out; `key` is to be fresh and random for each frame.
[[nodiscard]] Bytes obfuscate(const ObfuscationKey& key, ByteView frame);
/// The frame behind the key; empty where `wire` is shorter than a key.
[[nodiscard]] Bytes deobfuscate(ByteView wire);

}  // namespace soulfabric::soulseek::wire
