// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of a download beside its partial file, so that it goes on after a kill. Blocking: on a worker.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "soulfabric/fabric/fields.hpp"
#include "soulfabric/relay/content.hpp"

namespace soulfabric::relay {

struct StoredFetch {
  std::uint64_t version = 1;
  std::string id;
  crypto::Sha256 sha256{};
  std::optional<std::uint64_t> size;
  std::string name;
  std::int64_t asked = 0;  // Unix microseconds
  std::vector<PeerId> from;
  std::optional<bool> cancelled{};  // its part is kept for another time
  template <class Visitor>
  void fields(Visitor& f) {
    f("version", version);
    f("id", id, 36);
    f("sha256", sha256);
    f("size", size);
    f("name", name, 255);
    f("asked", asked);
    f("from", from, 64);
    f("cancelled", cancelled);
  }
};

inline constexpr std::string_view kStoredFetchEnding = ".fetch";
constexpr std::size_t kFetches = 1000;  // at a time

/// A name for a file and nothing else: no path, no control characters, not hidden, at most 255 bytes.
[[nodiscard]] bool is_file_name(std::string_view name) noexcept;
/// Those in the folder, at most kFetches; what cannot be read is passed over.
[[nodiscard]] std::vector<StoredFetch> read_fetches(const std::filesystem::path& folder);
/// Reads the file whole.
[[nodiscard]] bool has_content(FileLayer& files, const std::filesystem::path& path, const library::ContentId& id);
[[nodiscard]] Status write_fetch(FileLayer& files, const std::filesystem::path& path, const StoredFetch& fetch);

}  // namespace soulfabric::relay
