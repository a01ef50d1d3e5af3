// SPDX-License-Identifier: GPL-3.0-or-later
// What the demo's stand-in for MusicBrainz and the Cover Art Archive says about the songbook. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::daemon::demo {

struct CatalogueReply {
  int status = 404;
  std::string content_type = "application/json";
  Bytes body;
};

/// `target`: path and query of a GET, such as "/ws/2/release/<mbid>?inc=recordings&fmt=json" or "/release/<mbid>/front-250".
[[nodiscard]] CatalogueReply answer_of_catalogue(std::string_view target);

}  // namespace soulfabric::daemon::demo
