// SPDX-License-Identifier: GPL-3.0-or-later
// Fields as pods spell them in CBOR: arrays of a known length, fixed bytes, small enumerations, times, ids. Pure.
#pragma once
#include <algorithm>
#include <array>

#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::services {

/// Far beyond any date: what is above cannot be compared without care, so it is refused.
constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 60U;

[[nodiscard]] bool is_pod_id(std::string_view text) noexcept;

inline std::unexpected<Error> malformed_field() { return fail(Errc::Malformed, "A message between pods does not have its form."); }

inline Status read_array(cbor::Reader& reader, std::size_t entries) {
  SF_TRY_ASSIGN(const std::size_t found, reader.array(entries));
  if (found != entries) return malformed_field();
  return {};
}

template <std::size_t N>
Status read_fixed(cbor::Reader& reader, std::array<std::uint8_t, N>& out) {
  SF_TRY_ASSIGN(const ByteView bytes, reader.bytes(N));
  if (bytes.size() != N) return malformed_field();
  std::ranges::copy(bytes, out.begin());
  return {};
}

template <class Enum>
Status read_enum(cbor::Reader& reader, Enum& out, Enum last) {
  SF_TRY_ASSIGN(const std::uint64_t value, reader.number());
  if (value > static_cast<std::uint64_t>(last)) return malformed_field();
  out = static_cast<Enum>(value);
  return {};
}

inline void write_time(cbor::Writer& writer, std::int64_t micros) {
  writer.number(std::min(kLatestTime, static_cast<std::uint64_t>(std::max<std::int64_t>(0, micros))));
}

inline Status read_time(cbor::Reader& reader, std::int64_t& out) {
  SF_TRY_ASSIGN(const std::uint64_t value, reader.number());
  if (value > kLatestTime) return malformed_field();
  out = static_cast<std::int64_t>(value);
  return {};
}

inline Status read_pod_id(cbor::Reader& reader, std::string& out) {
  SF_TRY_ASSIGN(const std::string_view text, reader.text(64));
  if (!is_pod_id(text)) return malformed_field();
  out = text;
  return {};
}

inline Status read_peer(cbor::Reader& reader, PeerId& out) {
  SF_TRY_ASSIGN(const std::string_view text, reader.text(64));
  const auto peer = PeerId::parse(text);
  if (!peer) return malformed_field();
  out = *peer;
  return {};
}

}  // namespace soulfabric::services
