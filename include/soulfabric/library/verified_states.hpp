// SPDX-License-Identifier: GPL-3.0-or-later
// The answers to "why is this file not verified".
#pragma once
#include <cstdint>
#include <string_view>

namespace soulfabric::library {

/// Why a shared file is not served to the mesh; Verified is the one answer that lets it be.
enum class CopyState : std::uint8_t {
  Verified,
  NotShared,    // no such file in any share
  NotForMesh,   // its share is not offered to the mesh
  Private,      // the file or a folder above it is marked private
  Waiting,      // not looked at yet
  Working,      // being read now
  Changed,      // it changed while it was read, or since
  Unreadable,
  Undecodable,  // the audio has errors, or its checksum differs
  WrongLength,  // the audio ends more than 1 % away from what its header says
  Silent,
  NotAudio,     // it says by its name that it is audio, and is none
  MediaFailed,  // the sandboxed child died over it
};
[[nodiscard]] std::string_view name_of(CopyState state) noexcept;  // "verified", "notShared", ...

}  // namespace soulfabric::library
