// SPDX-License-Identifier: GPL-3.0-or-later
// Values that several Soulseek messages share. Every string holds raw bytes as received; show it with display_text().
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::soulseek::wire {

/// A message whose code nobody knows; the frame is skipped by its length and the connection stays.
struct Unknown {
  std::uint32_t code = 0;
};

/// Values outside the three may arrive and are kept as they are.
enum class UserStatus : std::uint32_t { Offline = 0, Away = 1, Online = 2 };

struct UserStats {
  std::uint32_t avg_speed = 0;  // bytes per second, as the server averaged it
  std::uint32_t uploads = 0;
  std::uint32_t unknown = 0;
  std::uint32_t files = 0;
  std::uint32_t folders = 0;
};

/// Attribute types of a file entry (protocol note, section 8); others may arrive and are kept.
enum class AttributeType : std::uint32_t { BitRate = 0, Duration = 1, Vbr = 2, Encoder = 3, SampleRate = 4, BitDepth = 5 };

struct FileAttribute {
  AttributeType type = AttributeType::BitRate;
  std::uint32_t value = 0;  // kbit/s, s, 0/1, -, Hz, bit
  friend bool operator==(const FileAttribute&, const FileAttribute&) = default;
};

/// `name` is the full virtual path in search answers, the bare file name inside folder lists; separator is the backslash.
struct FileEntry {
  std::uint8_t code = 1;
  std::string name{};
  std::uint64_t size = 0;  // bytes; the garbage high half that old clients send was cut off (protocol note, section 8)
  std::string extension{};
  std::vector<FileAttribute> attributes{};
  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

[[nodiscard]] std::optional<std::uint32_t> attribute_of(const FileEntry& entry, AttributeType type) noexcept;

struct Folder {
  std::string folder{};  // full virtual path
  std::vector<FileEntry> files{};
  friend bool operator==(const Folder&, const Folder&) = default;
};

/// Sizes whose top byte is 0xFF carry 32 valid bits only; all others are returned unchanged.
[[nodiscard]] constexpr std::uint64_t effective_size(std::uint64_t size) noexcept {
  return (size >> 56U) == 0xFFU ? size & 0xFFFF'FFFFU : size;
}

/// A port field of 32 bits as a port; nothing for 0 and for values no port can have.
[[nodiscard]] constexpr std::optional<std::uint16_t> port_of(std::uint32_t field) noexcept {
  if (field == 0 || field > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(field);
}

/// What a connection is for, as PeerInit and ConnectToPeer spell it.
inline constexpr std::string_view kPeerType = "P";
inline constexpr std::string_view kFileType = "F";
inline constexpr std::string_view kDistributedType = "D";

}  // namespace soulfabric::soulseek::wire
