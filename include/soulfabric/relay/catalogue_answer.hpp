// SPDX-License-Identifier: GPL-3.0-or-later
// What the catalogue is asked and what it answers, as values. Pure.
#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

enum class CatalogueKind : std::uint8_t { Release = 1, Recording = 2, Artist = 3, ReleaseGroup = 4, CoverFront250 = 5, CoverFront500 = 6 };
[[nodiscard]] std::string_view name_of(CatalogueKind kind) noexcept;  // "release", ..., "cover-250"
[[nodiscard]] std::optional<CatalogueKind> catalogue_kind(std::string_view name) noexcept;
[[nodiscard]] constexpr bool is_cover(CatalogueKind kind) noexcept { return kind == CatalogueKind::CoverFront250 || kind == CatalogueKind::CoverFront500; }

/// What is asked: a kind and an id, never a URL.
struct CatalogueKey {
  CatalogueKind kind = CatalogueKind::Release;
  std::string mbid;  // lower-case GUID with hyphens; of a release for covers
  friend auto operator<=>(const CatalogueKey&, const CatalogueKey&) = default;
  /// "release/<mbid>": the salt by which all nodes agree on an owner.
  [[nodiscard]] std::string text() const;
  /// InvalidArgument.
  [[nodiscard]] static Result<CatalogueKey> make(CatalogueKind kind, std::string_view mbid);
};

/// Where an answer came from, for the page.
enum class CatalogueVia : std::uint8_t { Memory, Disk, Origin, Mesh };

struct CatalogueAnswer {
  int status = 0;            // of the origin: 200 or 404
  std::string content_type;
  std::shared_ptr<const Bytes> body;
  WallTime fetched{};
  WallTime expires{};
  CatalogueVia via = CatalogueVia::Memory;
  bool stale = false;        // past its time, served because the origin cannot be reached
  std::optional<PeerId> fetcher;  // nothing: this node, or nobody in particular (privacy `reduced`)
};

}  // namespace soulfabric::relay
