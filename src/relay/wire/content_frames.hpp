// SPDX-License-Identifier: GPL-3.0-or-later
// What is said on a stream of the content relay (docs/relays.md): one opening by the server, then pieces asked for and given. All numbers
// are big endian. Sans-IO.
#pragma once
#include <array>
#include <optional>

#include "soulfabric/library/manifest.hpp"

namespace soulfabric::relay {

/// The server's first byte.
enum class Opening : std::uint8_t {
  Manifest = 0,
  NotFound = 1,  // the one refusal of everything that is not served (security rule S13)
  Busy = 2,      // places, rates or memory are used up: said before the id is looked at
};

constexpr std::size_t kOpeningHead = 5;         // u8 opening, u32 bytes that follow
constexpr std::size_t kManifestLeast = 8 + 32;  // u64 size, pieces root; then 32 bytes for each piece where there are two or more
constexpr std::size_t kManifestMost = kManifestLeast + library::kMostPieces * 32;
constexpr std::size_t kPieceAsk = 4;            // u32 piece
constexpr std::size_t kPieceHead = 4 + 8;       // u32 piece, u64 bytes that follow: the whole piece
constexpr std::size_t kPiecesAsked = 8;         // asked for and not answered, on one stream

struct OpeningHead {
  Opening opening = Opening::NotFound;
  std::size_t body = 0;  // kManifestLeast..kManifestMost for a manifest, else 0
  friend bool operator==(const OpeningHead&, const OpeningHead&) = default;
};
struct PieceHead {
  std::uint32_t piece = 0;
  std::uint64_t size = 0;
  friend bool operator==(const PieceHead&, const PieceHead&) = default;
};

/// Head and body; the manifest's id is not said again.
[[nodiscard]] Bytes encode_manifest(const library::Manifest& manifest);
/// NotFound or Busy: a head without a body.
[[nodiscard]] Bytes encode_opening(Opening opening);
/// Nothing while it is not whole. Malformed, TooLarge.
[[nodiscard]] Result<std::optional<OpeningHead>> parse_opening(ByteView received);
/// The body, whole. Malformed: not the form, or a layer that does not lead to the root.
[[nodiscard]] Result<library::Manifest> parse_manifest(ByteView body, const library::ContentId& asked);

[[nodiscard]] std::array<std::uint8_t, kPieceAsk> encode_ask(std::uint32_t piece) noexcept;
/// Nothing while it is not whole; every number has the form.
[[nodiscard]] std::optional<std::uint32_t> parse_ask(ByteView received) noexcept;
void write_piece_head(std::span<std::uint8_t, kPieceHead> out, const PieceHead& head) noexcept;
/// Nothing while it is not whole. Malformed: not the head of the piece that is due.
[[nodiscard]] Result<std::optional<PieceHead>> parse_piece_head(ByteView received, const PieceHead& due);

}  // namespace soulfabric::relay
