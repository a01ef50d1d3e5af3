// SPDX-License-Identifier: GPL-3.0-or-later
// One audio file read by TagLib.
#pragma once
#include <cstdint>
#include <string>

#include "core/media_frames.hpp"

namespace soulfabric::library {

/// `known` is false where TagLib finds no audio it understands. Never writes, never throws.
[[nodiscard]] MediaInfo read_media(int descriptor, std::uint64_t size, const std::string& extension) noexcept;

}  // namespace soulfabric::library
