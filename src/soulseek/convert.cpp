// SPDX-License-Identifier: GPL-3.0-or-later
// Field by field; absurd attribute values are left out (protocol note, section 8).
#include "convert.hpp"

namespace soulfabric::soulseek {

RemoteFile to_remote(const wire::FileEntry& entry) {
  using wire::AttributeType;
  RemoteFile file;
  file.name = entry.name;
  file.size = entry.size;
  file.extension = entry.extension;
  file.code = entry.code;
  const auto positive = [&](AttributeType type) {
    auto value = wire::attribute_of(entry, type);
    if (value && *value == 0) value.reset();
    return value;
  };
  file.attributes.bit_rate = positive(AttributeType::BitRate);
  file.attributes.length = positive(AttributeType::Duration);
  file.attributes.sample_rate = positive(AttributeType::SampleRate);
  file.attributes.bit_depth = positive(AttributeType::BitDepth);
  if (const auto vbr = wire::attribute_of(entry, AttributeType::Vbr)) file.attributes.variable_bit_rate = *vbr != 0;
  return file;
}

SearchResponse to_response(const wire::peer::FileSearchResponse& answer, std::string username) {
  SearchResponse out;
  out.username = std::move(username);
  out.token = answer.token;
  out.has_free_upload_slot = answer.free_slot;
  out.upload_speed = answer.avg_speed;
  out.queue_length = answer.queue_length;
  out.files.reserve(answer.files.size());
  for (const auto& entry : answer.files) out.files.push_back(to_remote(entry));
  if (answer.private_files) {
    for (const auto& entry : *answer.private_files) out.locked_files.push_back(to_remote(entry));
  }
  return out;
}

wire::FileEntry to_wire(const library::FileEntry& entry, std::string name) {
  using wire::AttributeType;
  wire::FileEntry out;
  out.name = std::move(name);
  out.size = entry.size;
  const auto& audio = entry.attributes;
  const auto add = [&](AttributeType type, std::optional<std::uint32_t> value) {
    if (value) out.attributes.push_back({type, *value});
  };
  // Lossless files carry duration, rate and depth; others bit rate, duration and whether it varies.
  if (audio.bit_depth) {
    add(AttributeType::Duration, audio.duration_s);
    add(AttributeType::SampleRate, audio.sample_rate_hz);
    add(AttributeType::BitDepth, audio.bit_depth);
  } else {
    add(AttributeType::BitRate, audio.bitrate_kbps);
    add(AttributeType::Duration, audio.duration_s);
    if (audio.is_vbr) add(AttributeType::Vbr, *audio.is_vbr ? 1U : 0U);
  }
  return out;
}

}  // namespace soulfabric::soulseek
