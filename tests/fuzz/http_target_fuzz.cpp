// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a request target: split, routed and decoded, or refused; what is found keeps its promises.
#include <cstdlib>

#include "gateway/core/router.hpp"
#include "gateway/core/url.hpp"
#include "soulfabric/base/bytes.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::gateway;

const Router& router() {
  static Router routes;
  static const bool filled = [] {
    std::size_t number = 0;
    for (const auto* path : {"/", "/health", "/api/v0/searches", "/api/v0/searches/{id}", "/api/v0/searches/{id}/responses", "/api/v0/users/{username}/info",
                             "/api/v0/transfers/downloads/all/completed", "/api/v0/transfers/downloads/{username}", "/api/v0/transfers/downloads/{username}/{id}"}) {
      routes.add("GET", path, number++);
    }
    routes.add("DELETE", "/api/v0/searches/{id}", number);
    return true;
  }();
  static_cast<void>(filled);
  return routes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of({data, size});
  const auto decoded = percent_decode(text);
  if (decoded && decoded->size() > size) std::abort();
  if (decoded && text.find('%') == std::string_view::npos && *decoded != text) std::abort();
  const auto target = split_target(text);
  if (!target) return 0;
  if (!target->path.starts_with('/') && !target->path.empty()) std::abort();
  for (const auto* method : {"GET", "DELETE", "HEAD", "POST"}) {
    const auto match = router().match(method, target->path);
    if (match.found == Found::Route && match.route > 9) std::abort();
    if (match.found == Found::WrongMethod && match.allow.empty()) std::abort();
    for (const auto& value : match.values) {
      if (match.found == Found::Route && value.empty()) std::abort();
    }
  }
  if (const auto query = Query::parse(target->query)) {
    (void)query->find("searchText");
    (void)query->flag("remove", false);
    const auto number = query->number("limit", 1, 1000);
    if (number && *number > 1000) std::abort();
  }
  return 0;
}
