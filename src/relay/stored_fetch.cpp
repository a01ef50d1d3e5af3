// SPDX-License-Identifier: GPL-3.0-or-later
// One small file for each download that is not finished.
#include "stored_fetch.hpp"

#include <algorithm>
#include <system_error>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::uint64_t kStoredCap = 16 * 1024;
constexpr unsigned kMode = 0600;
constexpr std::size_t kNameCap = 255;
constexpr std::size_t kReadAtOnce = 1024 * 1024;

}  // namespace

bool is_file_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameCap || name.front() == '.') return false;
  return std::ranges::none_of(name, [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::vector<StoredFetch> read_fetches(const std::filesystem::path& folder) {
  std::vector<StoredFetch> out;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator() && out.size() < kFetches; at.increment(error)) {
    if (at->path().extension() != kStoredFetchEnding) continue;
    const auto bytes = read_whole(at->path(), kStoredCap);
    if (!bytes) continue;
    auto stored = fabric::decode<StoredFetch>(*bytes);
    const bool is_sound = stored && stored->version == 1 && is_guid(stored->id) && is_file_name(stored->name);
    if (is_sound) out.push_back(std::move(*stored));
  }
  return out;
}

bool has_content(FileLayer& files, const std::filesystem::path& path, const library::ContentId& id) {
  const auto size = files.size_of(path);
  const auto file = files.open(path, OpenMode::Read);
  if (!size || !file) return false;
  library::ContentHasher hasher(*size, false);
  Bytes part(kReadAtOnce);
  for (std::uint64_t at = 0; at < *size;) {
    const auto got = (*file)->read_at(at, part);
    if (!got || *got == 0) return false;
    hasher.update(ByteView(part).first(*got));
    at += *got;
  }
  const auto hashed = hasher.finish();
  return hashed && hashed->id == id;
}

Status write_fetch(FileLayer& files, const std::filesystem::path& path, const StoredFetch& fetch) {
  SF_TRY(files.create_folders(path.parent_path()));
  return write_whole(path, fabric::encode(fetch), kMode);
}

}  // namespace soulfabric::relay
