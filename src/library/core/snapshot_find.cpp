// SPDX-License-Identifier: GPL-3.0-or-later
// From a virtual path, as a peer wrote it, to a folder or file.
#include <algorithm>

#include "core/snapshot_parts.hpp"
#include "core/words.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

/// How closely a name must be met.
enum class Closeness : std::uint8_t { SameBytes, SameButCase };

bool is_same(std::string_view name, std::string_view wanted, std::string_view wanted_lowered, Closeness closeness) {
  if (closeness == Closeness::SameBytes) return name == wanted;
  std::string lowered;
  lower_into(name, lowered);
  return lowered == wanted_lowered;
}

/// The path as text, with "/" as separator accepted (protocol note, section 15).
std::string tidy(std::string_view path) {
  std::string text = display_text(path);
  std::replace(text.begin(), text.end(), '/', '\\');
  while (text.size() > 1 && text.back() == '\\') text.pop_back();
  return text;
}

/// Calls visit(folder id) for every folder of that path until it returns true.
template <class Parts, class Visit>
bool visit_folders(const Snapshot& snapshot, const Parts& parts, std::string_view path, Closeness closeness, Visit&& visit) {
  std::string lowered;
  lower_into(path, lowered);
  const std::size_t slots = parts.folder_hash.size();
  std::size_t slot = hash64(bytes_of(lowered)) & (slots - 1);
  for (std::size_t probed = 0; probed < slots; ++probed, slot = (slot + 1) & (slots - 1)) {
    const std::uint32_t entry = parts.folder_hash[slot];
    if (entry == 0) return false;
    const FolderId id{entry - 1};
    if (is_same(snapshot.folder(id).path, path, lowered, closeness) && visit(id)) return true;
  }
  return false;
}

/// First file of the folder with that very name; names are in byte order.
std::optional<FileId> find_leaf(const Snapshot& snapshot, const FolderEntry& folder, std::string_view leaf, NetworkMask network) {
  std::uint32_t low = folder.first_file;
  const std::uint32_t end = folder.first_file + folder.file_count;
  for (std::uint32_t high = end; low < high;) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (snapshot.file(FileId{middle}).leaf < leaf) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < end; ++low) {
    const FileEntry entry = snapshot.file(FileId{low});
    if (entry.leaf != leaf) return std::nullopt;
    if ((entry.networks & network) != 0) return entry.id;
  }
  return std::nullopt;
}

template <class Parts>
std::optional<FileId> find_file_as(const Snapshot& snapshot, const Parts& parts, std::string_view path, NetworkMask network,
                                   Closeness closeness) {
  const std::size_t cut = path.rfind('\\');
  if (cut == std::string_view::npos) return std::nullopt;
  const std::string_view leaf = path.substr(cut + 1);
  std::string lowered;
  lower_into(leaf, lowered);
  std::optional<FileId> found;
  visit_folders(snapshot, parts, path.substr(0, cut), closeness, [&](FolderId id) {
    found = find_leaf(snapshot, snapshot.folder(id), leaf, network);
    if (!found && closeness == Closeness::SameButCase) {
      snapshot.for_each_file(id, network, [&](const FileEntry& entry) {
        if (!found && is_same(entry.leaf, leaf, lowered, closeness)) found = entry.id;
      });
    }
    return found.has_value();
  });
  return found;
}

}  // namespace

std::optional<FileId> Snapshot::find_file(std::string_view virtual_path, NetworkMask network) const {
  if (const auto found = find_file_as(*this, *parts_, virtual_path, network, Closeness::SameBytes)) return found;
  const std::string path = tidy(virtual_path);
  if (path != virtual_path) {
    if (const auto found = find_file_as(*this, *parts_, path, network, Closeness::SameBytes)) return found;
  }
  return find_file_as(*this, *parts_, path, network, Closeness::SameButCase);
}

std::optional<FolderId> Snapshot::find_folder(std::string_view virtual_path, NetworkMask network) const {
  std::optional<FolderId> found;
  const auto take = [&](FolderId id) {
    const FolderEntry entry = folder(id);
    for (std::uint32_t i = 0; i < entry.file_count && !found; ++i) {
      if (is_visible(FileId{entry.first_file + i}, network)) found = id;
    }
    return found.has_value();
  };
  if (visit_folders(*this, *parts_, virtual_path, Closeness::SameBytes, take)) return found;
  const std::string path = tidy(virtual_path);
  if (path != virtual_path && visit_folders(*this, *parts_, path, Closeness::SameBytes, take)) return found;
  visit_folders(*this, *parts_, path, Closeness::SameButCase, take);
  return found;
}

}  // namespace soulfabric::library
