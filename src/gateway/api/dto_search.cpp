// SPDX-License-Identifier: GPL-3.0-or-later
// Searches, their responses, files and folders of others as JSON.
#include "api/dto.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::RemoteFile;
using soulseek::SearchOutcome;

void write_attributes(JsonWriter& json, const soulseek::FileAttributes& attributes) {
  json.member("bitRate", attributes.bit_rate).member("bitDepth", attributes.bit_depth).member("sampleRate", attributes.sample_rate);
  json.member("length", attributes.length).member("isVariableBitRate", attributes.variable_bit_rate);
}

void write_found(JsonWriter& json, const RemoteFile& file, bool locked) {
  json.begin_object().member("filename", file.name).member("size", file.size).member("code", file.code);
  json.member("extension", file.extension).member("isLocked", locked);
  write_attributes(json, file.attributes);
  json.end_object();
}

class AttributeList {
 public:
  explicit AttributeList(JsonWriter& json) : json_(json) {}
  template <class T>
  void add(std::string_view type, const std::optional<T>& value) {
    if (value) json_.begin_object().member("type", type).member("value", static_cast<std::uint32_t>(*value)).end_object();
  }

 private:
  JsonWriter& json_;
};

int count_of(const soulseek::FileAttributes& attributes) {
  return attributes.bit_rate.has_value() + attributes.length.has_value() + attributes.variable_bit_rate.has_value() +
         attributes.sample_rate.has_value() + attributes.bit_depth.has_value();
}

}  // namespace

std::string_view state_of(SearchOutcome outcome) noexcept {
  switch (outcome) {
    case SearchOutcome::Running: return "InProgress";  // also while it waits for its turn: clients take anything else for finished
    case SearchOutcome::TimedOut: return "Completed, TimedOut";
    case SearchOutcome::ResponseLimitReached: return "Completed, ResponseLimitReached";
    case SearchOutcome::FileLimitReached: return "Completed, FileLimitReached";
    case SearchOutcome::Cancelled: return "Completed, Cancelled";
    case SearchOutcome::Errored: return "Completed, Errored";
  }
  return "None";
}

void write(JsonWriter& json, const soulseek::Search& search) {
  json.begin_object().member("id", search.id).member("searchText", search.text).member("state", state_of(search.outcome));
  json.member("isComplete", search.outcome != SearchOutcome::Running).member("fileCount", search.file_count);
  json.member("lockedFileCount", search.locked_file_count).member("responseCount", search.response_count);
  json.key("responses").begin_array().end_array();
  json.member("startedAt", format_iso(search.started_at));
  if (search.ended_at) json.member("endedAt", format_iso(*search.ended_at));
  json.member("token", search.token).member("queuePosition", search.queue_place).member("problem", search.problem).end_object();
}

void write(JsonWriter& json, const soulseek::SearchResponse& response) {
  json.begin_object().member("username", response.username).member("token", response.token);
  json.member("hasFreeUploadSlot", response.has_free_upload_slot).member("uploadSpeed", response.upload_speed);
  json.member("queueLength", response.queue_length).member("fileCount", response.files.size());
  json.key("files").begin_array();
  for (const auto& file : response.files) write_found(json, file, false);
  json.end_array().member("lockedFileCount", response.locked_files.size()).key("lockedFiles").begin_array();
  for (const auto& file : response.locked_files) write_found(json, file, true);
  json.end_array().end_object();
}

void write_leaf(JsonWriter& json, const RemoteFile& file) {
  const auto& attributes = file.attributes;
  json.begin_object().member("filename", leaf_of(file.name)).member("size", file.size).member("code", file.code);
  json.member("extension", file.extension).member("attributeCount", count_of(attributes)).key("attributes").begin_array();
  AttributeList list(json);
  list.add("BitRate", attributes.bit_rate);
  list.add("Length", attributes.length);
  list.add("VariableBitRate", attributes.variable_bit_rate);
  list.add("SampleRate", attributes.sample_rate);
  list.add("BitDepth", attributes.bit_depth);
  json.end_array();
  write_attributes(json, attributes);
  json.end_object();
}

void write(JsonWriter& json, const soulseek::RemoteFolder& folder) {
  json.begin_object().member("name", folder.path).member("fileCount", folder.files.size()).key("files").begin_array();
  for (const auto& file : folder.files) write_leaf(json, file);
  json.end_array().end_object();
}

std::string_view folder_of(std::string_view remote_path) noexcept {
  const auto at = remote_path.find_last_of("\\/");
  return at == std::string_view::npos ? std::string_view{} : remote_path.substr(0, at);
}

std::string_view leaf_of(std::string_view remote_path) noexcept {
  const auto at = remote_path.find_last_of("\\/");
  return at == std::string_view::npos ? remote_path : remote_path.substr(at + 1);
}

}  // namespace soulfabric::gateway
