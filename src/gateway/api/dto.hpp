// SPDX-License-Identifier: GPL-3.0-or-later
// How values look as JSON: exactly slskd's names, casing, state strings and times. `now` is for elapsed times.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_writer.hpp"
#include "soulfabric/base/config_node.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::gateway {

void write(JsonWriter& json, const soulseek::Search& search);
/// `filename` is the whole path in search answers.
void write(JsonWriter& json, const soulseek::SearchResponse& response);
void write(JsonWriter& json, const soulseek::Transfer& transfer, WallTime now);
void write(JsonWriter& json, const soulseek::RemoteFolder& folder);
/// A file of a folder list: leaf name.
void write_leaf(JsonWriter& json, const soulseek::RemoteFile& file);
void write(JsonWriter& json, const soulseek::UserInfo& info);
void write(JsonWriter& json, const soulseek::UserStatus& status);
void write(JsonWriter& json, const soulseek::PrivateMessage& message);
void write(JsonWriter& json, const soulseek::Conversation& conversation, const std::vector<soulseek::PrivateMessage>* messages);
void write(JsonWriter& json, const soulseek::BrowseStatus& status);
void write(JsonWriter& json, const ConfigNode& node);
void write(JsonWriter& json, const log::Record& record);
/// slskd's UserGroup list: by user, then by remote folder, both in the order they were first seen.
void write_groups(JsonWriter& json, std::span<const soulseek::Transfer> transfers, WallTime now);
/// One UserGroup of transfers that are all of the same user.
void write_group(JsonWriter& json, std::string_view username, std::span<const soulseek::Transfer> transfers, WallTime now);

[[nodiscard]] std::string_view state_of(soulseek::SearchOutcome outcome) noexcept;
/// Up to the last separator, without it; empty where there is none.
[[nodiscard]] std::string_view folder_of(std::string_view remote_path) noexcept;
[[nodiscard]] std::string_view leaf_of(std::string_view remote_path) noexcept;

/// Writes one thing as a whole text.
template <class... Args>
[[nodiscard]] std::string to_json(const Args&... args) {
  std::string out;
  JsonWriter json(out);
  write(json, args...);
  return out;
}
/// The same for a list.
template <class T, class... Args>
[[nodiscard]] std::string list_to_json(const std::vector<T>& items, const Args&... args) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const auto& item : items) write(json, item, args...);
  json.end_array();
  return out;
}

}  // namespace soulfabric::gateway
