// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the body of a request: parsed within the caps, or refused in a sentence.
#include <cstdlib>

#include "gateway/api/download_input.hpp"
#include "gateway/core/json_writer.hpp"
#include "soulfabric/base/bytes.hpp"

namespace {

using soulfabric::gateway::Json;

std::size_t depth_of(const Json& json) {
  std::size_t deepest = 0;
  if (const auto* list = json.array()) {
    for (const auto& item : *list) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  if (const auto* members = json.object()) {
    for (const auto& [name, item] : *members) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric::gateway;
  const auto text = soulfabric::text_of({data, size});
  const auto json = Json::parse(text);
  if (!json) {
    if (json.error().message.empty()) std::abort();
    return 0;
  }
  if (depth_of(*json) > kMaxJsonDepth) std::abort();
  (void)json->text("searchText");
  (void)json->flag("filterResponses");
  const auto number = json->number("fileLimit", 1, 100);
  if (number && *number && (**number < 1 || **number > 100)) std::abort();
  for (const auto* list : {&*json, json->find("files")}) {
    const auto files = read_files(list);
    if (files && files->empty()) std::abort();
  }
  if (const auto* word = json->text()) {
    const auto again = parse_json_string(json_string(*word));
    if (!again || *again != *word) std::abort();
  }
  return 0;
}
