// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes, titles and MusicBrainz ids of one file by TagLib.
#include <aifffile.h>
#include <apefile.h>
#include <fileref.h>
#include <flacfile.h>
#include <id3v2tag.h>
#include <mp4file.h>
#include <mpegfile.h>
#include <textidentificationframe.h>
#include <tpropertymap.h>
#include <trueaudiofile.h>
#include <uniquefileidentifierframe.h>
#include <wavfile.h>
#include <wavpackfile.h>
#include <xingheader.h>
#include <xiphcomment.h>

#include <exception>

#include "fd_stream.hpp"
#include "media_reader.hpp"

namespace soulfabric::library {
namespace {

void set_positive(std::optional<std::uint32_t>& out, int value) {
  if (value > 0) out = static_cast<std::uint32_t>(value);
}

int bits_of(const TagLib::AudioProperties& properties) {
  if (const auto* p = dynamic_cast<const TagLib::FLAC::Properties*>(&properties)) return p->bitsPerSample();
  if (const auto* p = dynamic_cast<const TagLib::MP4::Properties*>(&properties)) return p->codec() == TagLib::MP4::Properties::ALAC ? p->bitsPerSample() : 0;
  if (const auto* p = dynamic_cast<const TagLib::RIFF::WAV::Properties*>(&properties)) return p->bitsPerSample();
  if (const auto* p = dynamic_cast<const TagLib::RIFF::AIFF::Properties*>(&properties)) return p->bitsPerSample();
  if (const auto* p = dynamic_cast<const TagLib::APE::Properties*>(&properties)) return p->bitsPerSample();
  if (const auto* p = dynamic_cast<const TagLib::WavPack::Properties*>(&properties)) return p->bitsPerSample();
  if (const auto* p = dynamic_cast<const TagLib::TrueAudio::Properties*>(&properties)) return p->bitsPerSample();
  return 0;
}

/// LAME names the header frame of a constant-rate file "Info" and of any other "Xing"; TagLib does not keep the two apart.
bool is_variable(TagLib::MPEG::File& file) {
  const auto* properties = file.audioProperties();
  if (properties == nullptr || properties->xingHeader() == nullptr) return false;
  if (properties->xingHeader()->type() == TagLib::MPEG::XingHeader::VBRI) return true;
  const long first = file.firstFrameOffset();
  if (first < 0) return false;
  file.seek(first);
  const TagLib::ByteVector frame = file.readBlock(64);  // the name stands 13 to 36 bytes in
  return frame.find("Xing") >= 0;
}

std::string cut_utf8(std::string text) {
  if (text.size() <= kMaxTagBytes) return text;
  std::size_t end = kMaxTagBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

void to_lower(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

/// Names in Vorbis comments and in TagLib's property map, in the order of kTagFields.
const TagLib::String* property_names() {
  static const TagLib::String names[] = {"TITLE",
                                         "ARTIST",
                                         "ALBUM",
                                         "MUSICBRAINZ_TRACKID",
                                         "MUSICBRAINZ_ALBUMID",
                                         "MUSICBRAINZ_ARTISTID",
                                         "MUSICBRAINZ_RELEASEGROUPID",
                                         "MUSICBRAINZ_RELEASETRACKID"};
  return names;
}

template <class Map>
MediaTags tags_of_map(const Map& map) {
  MediaTags tags;
  for (std::size_t i = 0; i < kTagFields.size(); ++i) {
    const auto found = map.find(property_names()[i]);
    if (found != map.end() && !found->second.isEmpty()) tags.*kTagFields[i] = cut_utf8(found->second.front().to8Bit(true));
  }
  return tags;
}

/// The frames themselves: making a property map of all of them costs as much as the rest of the file.
MediaTags tags_of_id3(const TagLib::ID3v2::Tag& tag) {
  MediaTags tags;
  tags.title = cut_utf8(tag.title().to8Bit(true));
  tags.artist = cut_utf8(tag.artist().to8Bit(true));
  tags.album = cut_utf8(tag.album().to8Bit(true));
  const TagLib::ID3v2::FrameListMap& frames = tag.frameListMap();
  if (const auto found = frames.find("UFID"); found != frames.end()) {
    for (const TagLib::ID3v2::Frame* frame : found->second) {
      const auto* id = dynamic_cast<const TagLib::ID3v2::UniqueFileIdentifierFrame*>(frame);
      if (id == nullptr || id->owner() != "http://musicbrainz.org") continue;
      const TagLib::ByteVector bytes = id->identifier();
      tags.recording_id.assign(bytes.data(), bytes.size());
    }
  }
  static const std::pair<TagLib::String, std::string MediaTags::*> kNames[] = {{"MUSICBRAINZ ALBUM ID", &MediaTags::release_id},
                                                                                {"MUSICBRAINZ ARTIST ID", &MediaTags::artist_id},
                                                                                {"MUSICBRAINZ RELEASE GROUP ID", &MediaTags::release_group_id},
                                                                                {"MUSICBRAINZ RELEASE TRACK ID", &MediaTags::track_id}};
  if (const auto found = frames.find("TXXX"); found != frames.end()) {
    for (const TagLib::ID3v2::Frame* frame : found->second) {
      const auto* text = dynamic_cast<const TagLib::ID3v2::UserTextIdentificationFrame*>(frame);
      if (text == nullptr || text->description().size() < 20) continue;
      const TagLib::String description = text->description().upper();
      const TagLib::StringList values = text->fieldList();  // the description, then the values
      for (const auto& [name, field] : kNames) {
        if (description == name && values.size() > 1) tags.*field = cut_utf8(values[1].to8Bit(true));
      }
    }
  }
  return tags;
}

MediaTags tags_of(TagLib::File& file) {
  MediaTags tags;
  auto* mpeg = dynamic_cast<TagLib::MPEG::File*>(&file);
  auto* flac = dynamic_cast<TagLib::FLAC::File*>(&file);
  if (mpeg != nullptr && mpeg->hasID3v2Tag()) {
    tags = tags_of_id3(*mpeg->ID3v2Tag());
  } else if (flac != nullptr && flac->hasXiphComment()) {
    tags = tags_of_map(flac->xiphComment()->fieldListMap());
  } else if (const auto* comment = dynamic_cast<const TagLib::Ogg::XiphComment*>(file.tag())) {
    tags = tags_of_map(comment->fieldListMap());
  } else {
    tags = tags_of_map(file.properties());
  }
  for (std::size_t i = kFirstGuidField; i < kTagFields.size(); ++i) to_lower(tags.*kTagFields[i]);
  return tags;
}

MediaInfo read(FdStream& stream) {
  MediaInfo info;
  const TagLib::FileRef reference(&stream, true, TagLib::AudioProperties::Average);
  if (reference.isNull() || reference.audioProperties() == nullptr) return info;
  const TagLib::AudioProperties& properties = *reference.audioProperties();
  info.known = true;
  set_positive(info.attributes.bitrate_kbps, properties.bitrate());
  set_positive(info.attributes.duration_s, properties.lengthInSeconds());
  set_positive(info.attributes.sample_rate_hz, properties.sampleRate());
  set_positive(info.attributes.bit_depth, bits_of(properties));
  if (auto* mpeg = dynamic_cast<TagLib::MPEG::File*>(reference.file())) info.attributes.is_vbr = is_variable(*mpeg);
  info.tags = tags_of(*reference.file());
  return info;
}

}  // namespace

MediaInfo read_media(int descriptor, std::uint64_t size, const std::string& extension) noexcept {
  try {
    FdStream stream(descriptor, size, extension);
    return read(stream);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace soulfabric::library
