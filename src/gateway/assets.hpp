// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the web page, built and compressed beforehand and linked into the program.
#pragma once
#include <span>
#include <string_view>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::gateway {

/// One file of the page. All views last as long as the program.
struct Asset {
  std::string_view path;          ///< from the root, e.g. "/index.html", "/assets/app-5K2Q7ZQX.js"
  std::string_view content_type;  ///< a whole Content-Type value
  std::string_view etag;          ///< a strong ETag with its quotes; the same for every encoding, so send Vary: Accept-Encoding
  ByteView plain;
  ByteView gzip;    ///< empty where compression gains nothing
  ByteView brotli;  ///< empty where compression gains nothing
};

/// The file at exactly this path ("/" is not translated), or nullptr. Any thread.
/// Names under "/assets/" contain the hash of their content and may be cached for ever.
[[nodiscard]] const Asset* find_asset(std::string_view path);

/// All files, sorted by path. Any thread.
[[nodiscard]] std::span<const Asset> all_assets();

}  // namespace soulfabric::gateway
