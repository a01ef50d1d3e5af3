// SPDX-License-Identifier: GPL-3.0-or-later
// Kinds and keys of the catalogue.
#include <algorithm>
#include <array>
#include <utility>

#include "soulfabric/base/random.hpp"
#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::array<std::pair<CatalogueKind, std::string_view>, 6> kNames{{
    {CatalogueKind::Release, "release"},
    {CatalogueKind::Recording, "recording"},
    {CatalogueKind::Artist, "artist"},
    {CatalogueKind::ReleaseGroup, "release-group"},
    {CatalogueKind::CoverFront250, "cover-250"},
    {CatalogueKind::CoverFront500, "cover-500"},
}};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view name_of(CatalogueKind kind) noexcept {
  for (const auto& [one, name] : kNames) {
    if (one == kind) return name;
  }
  return "unknown";
}

std::optional<CatalogueKind> catalogue_kind(std::string_view name) noexcept {
  for (const auto& [kind, one] : kNames) {
    if (one == name) return kind;
  }
  return std::nullopt;
}

std::string CatalogueKey::text() const { return std::string(name_of(kind)) + '/' + mbid; }

Result<CatalogueKey> CatalogueKey::make(CatalogueKind kind, std::string_view mbid) {
  const bool known = std::ranges::any_of(kNames, [kind](const auto& one) { return one.first == kind; });
  if (!known || !is_guid(mbid))
    return fail(Errc::InvalidArgument,
                "This is no MusicBrainz id; it has 32 hexadecimal digits in five groups, as in the address of its page.");
  CatalogueKey key{kind, std::string(mbid)};
  std::ranges::transform(key.mbid, key.mbid.begin(), lower);
  return key;
}

}  // namespace soulfabric::relay
