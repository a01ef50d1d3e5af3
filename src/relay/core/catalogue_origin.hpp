// SPDX-License-Identifier: GPL-3.0-or-later
// How a key becomes a request to MusicBrainz or the Cover Art Archive, which hosts it may reach, and what an answer must look like. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

/// Of one answer (architecture, section 11): more is an error, never cut.
constexpr std::uint64_t kCatalogueBodyCap = 256 * 1024;

struct CatalogueHosts {
  std::string musicbrainz;  // base URLs
  std::string cover_art;
  std::vector<std::string> domains;  // that the operator added
};

[[nodiscard]] std::string url_of(const CatalogueKey& key, const CatalogueHosts& hosts);
/// Lower case, without port; empty where there is none.
[[nodiscard]] std::string host_of(std::string_view url);
/// Whether a request for this kind may reach `host`, itself or by a redirect.
[[nodiscard]] bool is_allowed_host(CatalogueKind kind, std::string_view host, const CatalogueHosts& hosts);

/// "image/jpeg", "image/png", "image/webp" by what the bytes are (security rule S15); empty for anything else.
[[nodiscard]] std::string_view sniff_image(ByteView body) noexcept;

/// The type to serve a body under. Malformed: not what was asked for; TooLarge. `stated` is what the other side calls it, and is believed
/// for nothing but JSON. An entity that was merged answers with the id it has now, so its id need not be the one that was asked for.
[[nodiscard]] Result<std::string> check_body(const CatalogueKey& key, std::string_view stated, ByteView body);

}  // namespace soulfabric::relay
