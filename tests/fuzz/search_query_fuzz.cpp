// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a search: parsed or refused; what is parsed keeps its promises and finds the same as looking at each path.
#include <algorithm>
#include <cstdlib>

#include "soulfabric/base/text.hpp"
#include "soulfabric/library/snapshot.hpp"
#include "soulfabric/library/snapshot_builder.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::library;

const Snapshot& small_share() {
  static const std::shared_ptr<const Snapshot> snapshot = [] {
    SnapshotBuilder builder(1);
    builder.add_share("Music", "/m");
    for (int i = 0; i < 120; ++i) {
      static constexpr const char* kNames[] = {"love song", "live love", "\xC3\xA9t\xC3\xA9 song", "AC-DC", "foo_bar", "one two three"};
      const std::string folder = std::string(kNames[i % 6]) + "/" + kNames[i / 6 % 6];
      const std::string leaf = std::to_string(i) + " " + kNames[i / 20] + ".mp3";
      SharedFile file;
      file.folder = folder;
      file.leaf = leaf;
      builder.add(file);
    }
    return builder.finish().value();
  }();
  return *snapshot;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = Query::parse(text_of({data, size}));
  if (!query) return 0;
  const auto is_word = [](const std::string& word) { return !word.empty() && is_utf8(word) && word == to_lower(word); };
  if (query->words.empty() || query->words.size() > kMaxQueryWords || size > kMaxQueryBytes) std::abort();
  if (!std::all_of(query->words.begin(), query->words.end(), is_word)) std::abort();
  if (!std::all_of(query->suffixes.begin(), query->suffixes.end(), is_word)) std::abort();
  for (const FileId id : small_share().search(*query)) {
    const std::string path = to_lower(small_share().virtual_path(id));
    for (const std::string& word : query->words) {
      if (path.find(word) == std::string::npos) std::abort();
    }
  }
  return 0;
}
