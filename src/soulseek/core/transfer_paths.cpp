// SPDX-License-Identifier: GPL-3.0-or-later
// Cleaning, cutting, joining.
#include "core/transfer_paths.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::soulseek::core {
namespace {

constexpr std::size_t kLongestExtension = 32;    // with its dot; a longer one is no extension
constexpr std::size_t kIncompleteName = 200;     // leaves room for the temporary name of a copy across file systems
constexpr std::size_t kLongestIncomplete = 1500;  // below PATH_MAX with room for the folder before it
constexpr std::size_t kMostFolders = 24;

constexpr std::array<std::string_view, 22> kDevices = {"con",  "prn",  "aux",  "nul",  "com1", "com2", "com3", "com4", "com5", "com6", "com7",
                                                       "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};

bool is_device(std::string_view name) {
  const std::string stem = ascii_lower(name.substr(0, name.find('.')));
  return std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end();
}

/// Cuts UTF-8 at a character's boundary.
std::string_view cut(std::string_view text, std::size_t cap) {
  if (text.size() <= cap) return text;
  while (cap > 0 && (static_cast<unsigned char>(text[cap]) & 0xC0U) == 0x80U) --cap;
  return text.substr(0, cap);
}

std::pair<std::string_view, std::string_view> stem_and_extension(std::string_view leaf) {
  const auto dot = leaf.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || leaf.size() - dot > kLongestExtension) return {leaf, {}};
  return {leaf.substr(0, dot), leaf.substr(dot)};
}

void strip_end(std::string& name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
}

/// Eight hex digits that tell apart what became equal by cleaning.
std::string mark_of(std::string_view raw) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : raw) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  Bytes bytes;
  for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(hash >> shift));
  return to_hex(bytes);
}

std::string marked(std::string_view raw, std::string_view mark_source) {
  const std::string clean = safe_component(raw, kIncompleteName);
  const auto [stem, extension] = stem_and_extension(clean);
  return std::string(cut(stem, kIncompleteName - kLongestExtension - 17)) + "." + mark_of(mark_source) + std::string(extension);
}

std::string join_safe(const std::vector<std::string_view>& parts) {
  std::string joined;
  for (const auto part : parts) {
    if (!joined.empty()) joined += '/';
    joined += safe_component(part);
  }
  return joined;
}

void replace_token(std::string& text, std::string_view token, std::string_view value) {
  const std::string lower_token = ascii_lower(token);
  for (std::size_t at = 0;;) {
    at = ascii_lower(text).find(lower_token, at);
    if (at == std::string::npos) return;
    text.replace(at, token.size(), value);
    at += value.size();
  }
}

}  // namespace

std::string safe_component(std::string_view raw, std::size_t cap) {
  std::string name;
  for (const char c : display_text(raw)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool bad = byte < 0x20 || byte == 0x7F || std::string_view("<>:\"/\\|?*").find(c) != std::string_view::npos;
    if (byte == 0) continue;
    name += bad ? '_' : c;
  }
  while (!name.empty() && name.front() == ' ') name.erase(0, 1);
  strip_end(name);
  if (is_device(name)) name.insert(0, "_");
  if (name.size() > cap) {
    const auto [stem, extension] = stem_and_extension(name);
    std::string kept(cut(stem, cap - extension.size()));
    strip_end(kept);
    name = kept + std::string(extension);
  }
  return name.empty() ? "_" : name;
}

std::vector<std::string_view> remote_parts(std::string_view remote_path) {
  std::vector<std::string_view> parts;
  while (!remote_path.empty()) {
    const auto end = std::min(remote_path.find_first_of("\\/"), remote_path.size());
    if (end > 0) parts.push_back(remote_path.substr(0, end));
    remote_path.remove_prefix(std::min(end + 1, remote_path.size()));
  }
  return parts;
}

std::string incomplete_path(std::string_view user, std::string_view remote_path) {
  const std::string clean_user = safe_component(user, kIncompleteName);
  const std::string folder = clean_user == user ? clean_user : marked(user, user);
  const auto parts = remote_parts(remote_path);
  std::string plain;
  for (const auto part : parts) plain += (plain.empty() ? "" : "/") + safe_component(part, kIncompleteName);
  std::string same(remote_path);
  std::replace(same.begin(), same.end(), '\\', '/');
  const bool faithful = !parts.empty() && same == plain && remote_path.find('/') == std::string_view::npos;
  if (faithful && plain.size() <= kLongestIncomplete && parts.size() <= kMostFolders) return folder + "/" + plain;
  const std::string leaf = marked(parts.empty() ? "_" : parts.back(), remote_path);
  if (parts.size() < 2 || parts.size() > kMostFolders || plain.size() > kLongestIncomplete) return folder + "/" + leaf;
  std::string path = folder;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) path += "/" + safe_component(parts[i], kIncompleteName);
  return path + "/" + leaf;
}

std::string target_path_in(std::string_view folder, std::string_view remote_path) {
  const auto parts = remote_parts(remote_path);
  const std::string leaf = safe_component(parts.empty() ? "_" : parts.back());
  const std::string clean = join_safe(remote_parts(folder));
  return clean.empty() ? leaf : clean + "/" + leaf;
}

std::string target_path(const TargetRequest& request) {
  const auto parts = remote_parts(request.remote_path);
  const std::size_t folders = parts.empty() ? 0 : parts.size() - 1;
  std::string all;
  for (std::size_t i = 0; i < folders && i < kMostFolders; ++i) all += (all.empty() ? "" : "/") + safe_component(parts[i]);
  std::string folder(request.pattern == "{}" ? std::string_view{} : request.pattern);
  replace_token(folder, "${SOURCE_USERNAME}", safe_component(request.user));
  replace_token(folder, "${SOURCE_DIRECTORY}", folders == 0 ? std::string() : safe_component(parts[folders - 1]));
  replace_token(folder, "${SOURCE_PATH}", all);
  replace_token(folder, "${BATCH_ID}", request.batch_id);
  replace_token(folder, "${BATCH_EXTERNAL_ID}", request.batch_external_id);
  replace_token(folder, "${SEARCH_ID}", request.search_id);
  replace_token(folder, "${SEARCH_TEXT}", {});
  return target_path_in(folder, request.remote_path);
}

bool has_parent_part(std::string_view remote_path) {
  const auto parts = remote_parts(remote_path);
  return std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return trim(part) == ".."; });
}

bool is_relative_folder(std::string_view folder) {
  if (folder.starts_with('/') || folder.starts_with('\\') || folder.find('\0') != std::string_view::npos) return false;
  if (folder.size() >= 2 && folder[1] == ':') return false;
  return !has_parent_part(folder);
}

std::string with_ticks(std::string_view leaf, WallTime now) {
  constexpr std::int64_t kTicksAt1970 = 621'355'968'000'000'000;
  const std::string ticks = "_" + std::to_string(kTicksAt1970 + to_unix_micros(now) * 10);
  const auto [stem, extension] = stem_and_extension(leaf);
  return std::string(cut(stem, 255 - ticks.size() - extension.size())) + ticks + std::string(extension);
}

}  // namespace soulfabric::soulseek::core
