// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes, titles and MusicBrainz ids of one file by TagLib.
#include <aifffile.h>
#include <apefile.h>
#include <fileref.h>
#include <flacfile.h>
#include <mp4file.h>
#include <mpegfile.h>
#include <tpropertymap.h>
#include <trueaudiofile.h>
#include <wavfile.h>
#include <wavpackfile.h>
#include <xingheader.h>

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

std::string first_of(const TagLib::PropertyMap& map, const TagLib::String& key) {
  const auto found = map.find(key);
  if (found == map.end() || found->second.isEmpty()) return {};
  return cut_utf8(found->second.front().to8Bit(true));
}

std::string guid_of(const TagLib::PropertyMap& map, const TagLib::String& key) {
  std::string text = first_of(map, key);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

MediaTags tags_of(const TagLib::PropertyMap& map) {
  static const TagLib::String keys[] = {"TITLE",
                                        "ARTIST",
                                        "ALBUM",
                                        "MUSICBRAINZ_TRACKID",
                                        "MUSICBRAINZ_ALBUMID",
                                        "MUSICBRAINZ_ARTISTID",
                                        "MUSICBRAINZ_RELEASEGROUPID",
                                        "MUSICBRAINZ_RELEASETRACKID"};
  MediaTags tags;
  for (std::size_t i = 0; i < kTagFields.size(); ++i) tags.*kTagFields[i] = i < kFirstGuidField ? first_of(map, keys[i]) : guid_of(map, keys[i]);
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
  info.tags = tags_of(reference.file()->properties());
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
