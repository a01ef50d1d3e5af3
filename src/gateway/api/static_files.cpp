// SPDX-License-Identifier: GPL-3.0-or-later
// The page: compressed forms by Accept-Encoding, entity tags, names with a hash kept for ever.
#include "api/context.hpp"
#include "assets.hpp"
#include "core/headers.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::string_view kPage = "/index.html";

bool has_extension(std::string_view path) { return path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos; }

}  // namespace

Response static_response(const Request& request, std::string_view raw_path) {
  const auto path = percent_decode(raw_path);
  if (!path) return empty_response(400);
  const Asset* asset = find_asset(*path);
  if (asset == nullptr && !has_extension(*path)) asset = find_asset(kPage);
  if (asset == nullptr) return empty_response(404);
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = empty_response(405);
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  Response response;
  response.content_type = asset->content_type;
  response.headers.emplace_back("etag", asset->etag);
  response.headers.emplace_back("vary", "accept-encoding");
  response.headers.emplace_back("cache-control", asset->path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  if (matches_etag(request.header("If-None-Match"), asset->etag)) {
    response.status = 304;
    return response;
  }
  response.shared = asset->plain;
  const auto encoding = choose_encoding(request.header("Accept-Encoding"), !asset->brotli.empty(), !asset->gzip.empty());
  if (encoding == Encoding::Brotli) {
    response.shared = asset->brotli;
    response.headers.emplace_back("content-encoding", "br");
  } else if (encoding == Encoding::Gzip) {
    response.shared = asset->gzip;
    response.headers.emplace_back("content-encoding", "gzip");
  }
  return response;
}

}  // namespace soulfabric::gateway
