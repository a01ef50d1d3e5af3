// SPDX-License-Identifier: GPL-3.0-or-later
// Openings, questions for pieces and heads of pieces, written and read.
#include "wire/content_frames.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::size_t kHash = sizeof(crypto::Sha256);

template <class Number>
void put(std::uint8_t* out, Number value) noexcept {
  for (std::size_t i = sizeof(Number); i-- > 0; value = static_cast<Number>(value >> 8U)) out[i] = static_cast<std::uint8_t>(value & 0xFFU);
}

template <class Number>
Number get(ByteView in) noexcept {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) value = static_cast<Number>((value << 8U) | in[i]);
  return value;
}

std::unexpected<Error> malformed() { return fail(Errc::Malformed, "The other node's content relay does not keep to its form."); }

crypto::Sha256 hash_at(ByteView body, std::size_t at) {
  crypto::Sha256 out;
  std::ranges::copy(body.subspan(at, kHash), out.begin());
  return out;
}

}  // namespace

Bytes encode_manifest(const library::Manifest& manifest) {
  const std::size_t body = kManifestLeast + manifest.layer.size() * kHash;
  Bytes out(kOpeningHead + body);
  out[0] = static_cast<std::uint8_t>(Opening::Manifest);
  put(out.data() + 1, static_cast<std::uint32_t>(body));
  put(out.data() + kOpeningHead, manifest.size);
  auto at = out.begin() + kOpeningHead + sizeof(std::uint64_t);
  at = std::ranges::copy(manifest.root, at).out;
  for (const auto& hash : manifest.layer) at = std::ranges::copy(hash, at).out;
  return out;
}

Bytes encode_opening(Opening opening) {
  Bytes out(kOpeningHead);
  out[0] = static_cast<std::uint8_t>(opening);
  return out;
}

Result<std::optional<OpeningHead>> parse_opening(ByteView received) {
  if (received.size() < kOpeningHead) return std::nullopt;
  if (received[0] > static_cast<std::uint8_t>(Opening::Busy)) return malformed();
  const OpeningHead head{static_cast<Opening>(received[0]), get<std::uint32_t>(received.subspan(1))};
  if (head.body > kManifestMost) return fail(Errc::TooLarge, "The other node states a manifest that is larger than any can be.");
  const bool is_manifest = head.opening == Opening::Manifest;
  if (is_manifest ? head.body < kManifestLeast || (head.body - kManifestLeast) % kHash != 0 : head.body != 0) return malformed();
  return head;
}

Result<library::Manifest> parse_manifest(ByteView body, const library::ContentId& asked) {
  if (body.size() < kManifestLeast || body.size() > kManifestMost || (body.size() - kManifestLeast) % kHash != 0) return malformed();
  library::Manifest manifest;
  manifest.id = asked;
  manifest.size = get<std::uint64_t>(body);
  if (manifest.size > library::kLargestContent) return malformed();
  manifest.root = hash_at(body, sizeof(std::uint64_t));
  for (std::size_t at = kManifestLeast; at < body.size(); at += kHash) manifest.layer.push_back(hash_at(body, at));
  SF_TRY(manifest.check());
  return manifest;
}

std::array<std::uint8_t, kPieceAsk> encode_ask(std::uint32_t piece) noexcept {
  std::array<std::uint8_t, kPieceAsk> out;
  put(out.data(), piece);
  return out;
}

std::optional<std::uint32_t> parse_ask(ByteView received) noexcept {
  if (received.size() < kPieceAsk) return std::nullopt;
  return get<std::uint32_t>(received);
}

void write_piece_head(std::span<std::uint8_t, kPieceHead> out, const PieceHead& head) noexcept {
  put(out.data(), head.piece);
  put(out.data() + sizeof head.piece, head.size);
}

Result<std::optional<PieceHead>> parse_piece_head(ByteView received, const PieceHead& due) {
  if (received.size() < kPieceHead) return std::nullopt;
  const PieceHead head{get<std::uint32_t>(received), get<std::uint64_t>(received.subspan(sizeof(std::uint32_t)))};
  if (head != due) return malformed();
  return head;
}

}  // namespace soulfabric::relay
