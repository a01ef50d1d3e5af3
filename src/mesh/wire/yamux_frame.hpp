// SPDX-License-Identifier: GPL-3.0-or-later
// The 12-byte header before every frame of a link, by the yamux specification (hashicorp/yamux, spec.md, section Framing).
#pragma once
#include <array>
#include <cstdint>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::mesh::wire {

enum class YamuxType : std::uint8_t {
  Data = 0,          // length: bytes of payload that follow
  WindowUpdate = 1,  // length: credit added
  Ping = 2,          // length: opaque, given back
  GoAway = 3,        // length: a YamuxGoodbye
};

enum YamuxFlag : std::uint16_t {
  kYamuxSyn = 1,
  kYamuxAck = 2,
  kYamuxFin = 4,
  kYamuxRst = 8,
};

enum class YamuxGoodbye : std::uint32_t { Normal = 0, ProtocolError = 1, InternalError = 2 };

struct YamuxHeader {
  YamuxType type = YamuxType::Data;
  std::uint16_t flags = 0;
  std::uint32_t stream = 0;
  std::uint32_t length = 0;
  [[nodiscard]] bool has(YamuxFlag flag) const noexcept { return (flags & flag) != 0; }
  friend bool operator==(const YamuxHeader&, const YamuxHeader&) = default;
};

constexpr std::size_t kYamuxHeaderSize = 12;
using YamuxHeaderBytes = std::array<std::uint8_t, kYamuxHeaderSize>;

/// Version 0, numbers big endian.
[[nodiscard]] YamuxHeaderBytes encode_yamux_header(const YamuxHeader& header) noexcept;
/// Form only. Malformed: another version, an unknown type, a flag of no meaning, a stream where there must be none or the reverse.
/// `bytes` has at least kYamuxHeaderSize bytes, else Malformed too.
[[nodiscard]] Result<YamuxHeader> decode_yamux_header(ByteView bytes);

}  // namespace soulfabric::mesh::wire
