// SPDX-License-Identifier: GPL-3.0-or-later
// Users, conversations, logs and the option tree as JSON.
#include "api/dto.hpp"
#include "soulfabric/base/bytes.hpp"

namespace soulfabric::gateway {

void write(JsonWriter& json, const soulseek::UserInfo& info) {
  json.begin_object().member("description", info.description).member("hasFreeUploadSlot", info.has_free_upload_slot);
  json.member("hasPicture", info.picture.has_value());
  if (info.picture) json.member("picture", to_base64(*info.picture));
  json.member("queueLength", info.queue_length).member("uploadSlots", info.upload_slots).end_object();
}

void write(JsonWriter& json, const soulseek::UserStatus& status) {
  json.begin_object().member("isPrivileged", status.privileged).member("presence", to_string(status.presence)).end_object();
}

void write(JsonWriter& json, const soulseek::PrivateMessage& message) {
  json.begin_object().member("timestamp", format_iso(message.timestamp)).member("id", message.id).member("username", message.username);
  json.member("direction", message.incoming ? "In" : "Out").member("message", message.text);
  json.member("isAcknowledged", message.acknowledged).member("wasReplayed", message.was_replayed).end_object();
}

void write(JsonWriter& json, const soulseek::Conversation& conversation, const std::vector<soulseek::PrivateMessage>* messages) {
  json.begin_object().member("username", conversation.username).member("isActive", conversation.active);
  json.member("unAcknowledgedMessageCount", conversation.unacknowledged);
  json.member("hasUnAcknowledgedMessages", conversation.unacknowledged > 0);
  if (messages != nullptr) {
    json.key("messages").begin_array();
    for (const auto& message : *messages) write(json, message);
    json.end_array();
  }
  json.end_object();
}

void write(JsonWriter& json, const soulseek::BrowseStatus& status) {
  const auto done = std::min(status.bytes_transferred, status.size);
  const double percent = status.done ? 100.0 : status.size == 0 ? 0.0 : static_cast<double>(done) / static_cast<double>(status.size) * 100.0;
  json.begin_object().member("username", status.username).member("bytesTransferred", status.bytes_transferred);
  json.member("bytesRemaining", status.size - done).member("percentComplete", percent).member("size", status.size);
  if (status.problem) json.member("error", status.problem->message);
  json.end_object();
}

void write(JsonWriter& json, const ConfigNode& node) {
  if (const auto* flag = std::get_if<bool>(&node.value)) {
    json.value(*flag);
  } else if (const auto* number = std::get_if<std::int64_t>(&node.value)) {
    json.value(*number);
  } else if (const auto* text = std::get_if<std::string>(&node.value)) {
    json.value(*text);
  } else if (const auto* list = std::get_if<ConfigNode::List>(&node.value)) {
    json.begin_array();
    for (const auto& item : *list) write(json, item);
    json.end_array();
  } else if (const auto* map = std::get_if<ConfigNode::Map>(&node.value)) {
    json.begin_object();
    for (const auto& [key, child] : *map) {
      if (child.is_null()) continue;
      json.key_text(key);
      write(json, child);
    }
    json.end_object();
  } else {
    json.null();
  }
}

void write(JsonWriter& json, const log::Record& record) {
  json.begin_object().member("timestamp", format_iso(record.time)).member("context", record.context);
  json.member("level", log::name_of(record.level)).member("message", record.message).end_object();
}

}  // namespace soulfabric::gateway
