// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the two archives and the form of their answers (MusicBrainz web service version 2, JSON).
#include "core/catalogue_origin.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/json_tree.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

/// What belongs to an entity, within what one lookup gives.
std::string_view parts_of(CatalogueKind kind) noexcept {
  switch (kind) {
    case CatalogueKind::Release: return "artist-credits+labels+media+recordings+release-groups";
    case CatalogueKind::Recording: return "artist-credits+isrcs+releases";
    case CatalogueKind::Artist: return "aliases+release-groups";
    case CatalogueKind::ReleaseGroup: return "artist-credits+releases";
    case CatalogueKind::CoverFront250:
    case CatalogueKind::CoverFront500: break;
  }
  return "";
}

std::string_view base_of(CatalogueKind kind, const CatalogueHosts& hosts) noexcept {
  std::string_view base = is_cover(kind) ? hosts.cover_art : hosts.musicbrainz;
  while (base.ends_with('/')) base.remove_suffix(1);
  return base;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool has_any(const JsonTree& tree, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(keys, [&tree](std::string_view key) { return tree.member(0, key).has_value(); });
}

/// Members that only this kind of entity has beside its name.
bool is_kind(const JsonTree& tree, CatalogueKind kind) {
  switch (kind) {
    case CatalogueKind::Release:
      return tree.text(0, "title") && has_any(tree, {"media", "status", "status-id", "barcode", "cover-art-archive"});
    case CatalogueKind::Recording: return tree.text(0, "title") && has_any(tree, {"length", "video"});
    case CatalogueKind::Artist: return tree.text(0, "name") && tree.text(0, "sort-name");
    case CatalogueKind::ReleaseGroup: return tree.text(0, "title") && has_any(tree, {"primary-type", "primary-type-id", "secondary-types"});
    case CatalogueKind::CoverFront250:
    case CatalogueKind::CoverFront500: break;
  }
  return false;
}

bool is_json_type(std::string_view stated) {
  const std::string type = lower(stated.substr(0, stated.find(';')));
  const auto end = type.find_last_not_of(" \t");
  return end != std::string::npos && std::string_view(type).substr(0, end + 1) == "application/json";
}

}  // namespace

std::string url_of(const CatalogueKey& key, const CatalogueHosts& hosts) {
  std::string url(base_of(key.kind, hosts));
  if (is_cover(key.kind)) return url + "/release/" + key.mbid + (key.kind == CatalogueKind::CoverFront250 ? "/front-250" : "/front-500");
  return url + "/ws/2/" + std::string(name_of(key.kind)) + '/' + key.mbid + "?inc=" + std::string(parts_of(key.kind)) + "&fmt=json";
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const auto user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  if (authority.starts_with('[')) return lower(authority.substr(0, authority.find(']') + 1));
  return lower(authority.substr(0, authority.find(':')));
}

bool is_allowed_host(CatalogueKind kind, std::string_view host, const CatalogueHosts& hosts) {
  std::string asked = lower(host);
  // An address literal of IPv6 stands in brackets in a URL; some who take one apart drop them.
  if (asked.find(':') != std::string::npos && !asked.starts_with('[')) asked = '[' + asked + ']';
  if (asked.empty()) return false;
  if (asked == host_of(base_of(kind, hosts))) return true;
  if (std::ranges::any_of(hosts.domains, [&](const std::string& domain) { return lower(domain) == asked; })) return true;
  if (!is_cover(kind)) return false;
  constexpr std::string_view kArchive = ".us.archive.org";
  return asked == "archive.org" || (asked.ends_with(kArchive) && asked.size() > kArchive.size());
}

std::string_view sniff_image(ByteView body) noexcept {
  const std::string_view text = text_of(body);
  if (text.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (text.size() >= 16 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP") return "image/webp";
  return "";
}

Result<std::string> check_body(const CatalogueKey& key, std::string_view stated, ByteView body) {
  if (body.size() > kCatalogueBodyCap)
    return fail(Errc::TooLarge, "The answer is larger than 256 KiB, which is more than is kept of one entry.");
  if (is_cover(key.kind)) {
    const std::string_view type = sniff_image(body);
    if (type.empty()) return fail(Errc::Malformed, "The cover that was sent is no JPEG, PNG or WebP picture.");
    return std::string(type);
  }
  if (!is_json_type(stated)) return fail(Errc::Malformed, "The answer is not marked as JSON.");
  SF_TRY_ASSIGN(const JsonTree tree, JsonTree::parse(text_of(body)));
  const auto id = tree.text(0, "id");
  if (!id || !is_guid(*id) || !is_kind(tree, key.kind))
    return fail(Errc::Malformed, "The answer describes no " + std::string(name_of(key.kind)) + ".");
  return "application/json";
}

}  // namespace soulfabric::relay
