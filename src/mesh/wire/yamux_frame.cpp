// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux headers to bytes and back.
#include "wire/yamux_frame.hpp"

namespace soulfabric::mesh::wire {
namespace {

constexpr std::uint16_t kKnownFlags = kYamuxSyn | kYamuxAck | kYamuxFin | kYamuxRst;

void put_u32(std::uint8_t* to, std::uint32_t value) noexcept {
  to[0] = static_cast<std::uint8_t>(value >> 24U);
  to[1] = static_cast<std::uint8_t>(value >> 16U);
  to[2] = static_cast<std::uint8_t>(value >> 8U);
  to[3] = static_cast<std::uint8_t>(value);
}

std::uint32_t get_u32(const std::uint8_t* from) noexcept {
  return (std::uint32_t{from[0]} << 24U) | (std::uint32_t{from[1]} << 16U) | (std::uint32_t{from[2]} << 8U) | std::uint32_t{from[3]};
}

}  // namespace

YamuxHeaderBytes encode_yamux_header(const YamuxHeader& header) noexcept {
  YamuxHeaderBytes out{};
  out[1] = static_cast<std::uint8_t>(header.type);
  out[2] = static_cast<std::uint8_t>(header.flags >> 8U);
  out[3] = static_cast<std::uint8_t>(header.flags);
  put_u32(out.data() + 4, header.stream);
  put_u32(out.data() + 8, header.length);
  return out;
}

Result<YamuxHeader> decode_yamux_header(ByteView bytes) {
  if (bytes.size() < kYamuxHeaderSize) return fail(Errc::Malformed, "a frame header of the link is cut short");
  if (bytes[0] != 0) return fail(Errc::Malformed, "a frame of the link has an unknown version");
  if (bytes[1] > static_cast<std::uint8_t>(YamuxType::GoAway)) return fail(Errc::Malformed, "a frame of the link has an unknown type");
  YamuxHeader header;
  header.type = static_cast<YamuxType>(bytes[1]);
  header.flags = static_cast<std::uint16_t>((std::uint32_t{bytes[2]} << 8U) | bytes[3]);
  header.stream = get_u32(bytes.data() + 4);
  header.length = get_u32(bytes.data() + 8);
  if ((header.flags & ~kKnownFlags) != 0) return fail(Errc::Malformed, "a frame of the link has an unknown flag");
  const bool of_a_stream = header.type == YamuxType::Data || header.type == YamuxType::WindowUpdate;
  if (of_a_stream != (header.stream != 0)) return fail(Errc::Malformed, "a frame of the link names a wrong stream");
  if (header.type == YamuxType::Ping && header.flags != kYamuxSyn && header.flags != kYamuxAck) {
    return fail(Errc::Malformed, "a ping of the link is neither question nor answer");
  }
  return header;
}

}  // namespace soulfabric::mesh::wire
