// SPDX-License-Identifier: GPL-3.0-or-later
// Where a remote file may lie on our disk: names of strangers made harmless. Pure text, no disk.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::soulseek::core {

/// One name as a file or folder of ours: UTF-8, no separator, control or reserved character, no "." or "..", no trailing dot or
/// blank, never empty, at most `cap` bytes (>= 32) with the extension kept where it is short.
[[nodiscard]] std::string safe_component(std::string_view raw, std::size_t cap = 255);

/// The names of a remote path, split at backslashes and slashes, empty ones left out; raw.
[[nodiscard]] std::vector<std::string_view> remote_parts(std::string_view remote_path);

/// Below the folder for unfinished files: `<user>/<remote path>`, "/" between; different users and paths never share a name.
[[nodiscard]] std::string incomplete_path(std::string_view user, std::string_view remote_path);

struct TargetRequest {
  std::string_view user;
  std::string_view remote_path;
  std::string_view pattern;  // with ${SOURCE_USERNAME}, ${SOURCE_PATH}, ${SOURCE_DIRECTORY}, ${BATCH_ID}, ...; "{}" = no folder
  std::string_view batch_id;
  std::string_view batch_external_id;
  std::string_view search_id;
};
/// Below the downloads folder: the folder that the pattern gives and the leaf. The default gives `<last remote folder>/<leaf>`.
[[nodiscard]] std::string target_path(const TargetRequest& request);
/// The same with a folder that the caller chose (slskd's batch option `destination`), relative to the downloads folder.
[[nodiscard]] std::string target_path_in(std::string_view folder, std::string_view remote_path);

/// False for absolute folders, drive letters, NUL and any "..": what a caller may not choose.
[[nodiscard]] bool is_relative_folder(std::string_view folder);
/// True where one of the parts is "..".
[[nodiscard]] bool has_parent_part(std::string_view remote_path);

/// "<stem>_<.NET ticks>.<ext>": slskd's way out when a name is taken.
[[nodiscard]] std::string with_ticks(std::string_view leaf, WallTime now);

}  // namespace soulfabric::soulseek::core
