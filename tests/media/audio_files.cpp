// SPDX-License-Identifier: GPL-3.0-or-later
// A sine in four formats.
#include "audio_files.hpp"

#include <FLAC/metadata.h>
#include <FLAC/stream_encoder.h>
#include <lame/lame.h>

#include <array>
#include <cmath>
#include <concepts>
#include <numbers>
#include <vector>

namespace soulfabric::testing {
namespace {

template <std::integral T>
void put(Bytes& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t shift = 8 * i;
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> shift));
  }
}
void put(Bytes& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

std::vector<std::int32_t> samples_of(const Tone& tone) {
  const auto frames = static_cast<std::size_t>(tone.seconds * tone.sample_rate);
  const double top = std::ldexp(tone.level, static_cast<int>(tone.bits) - 1);
  std::vector<std::int32_t> out;
  out.reserve(frames * tone.channels);
  for (std::size_t i = 0; i < frames; ++i) {
    const double phase = 2 * std::numbers::pi * 440 * static_cast<double>(i) / tone.sample_rate;
    for (std::uint32_t c = 0; c < tone.channels; ++c) out.push_back(static_cast<std::int32_t>(top * std::sin(phase)));
  }
  return out;
}

using Comment = std::pair<const char*, std::string library::MediaTags::*>;
constexpr std::array<Comment, 8> kComments = {{{"TITLE", &library::MediaTags::title},
                                               {"ARTIST", &library::MediaTags::artist},
                                               {"ALBUM", &library::MediaTags::album},
                                               {"MUSICBRAINZ_TRACKID", &library::MediaTags::recording_id},
                                               {"MUSICBRAINZ_ALBUMID", &library::MediaTags::release_id},
                                               {"MUSICBRAINZ_ARTISTID", &library::MediaTags::artist_id},
                                               {"MUSICBRAINZ_RELEASEGROUPID", &library::MediaTags::release_group_id},
                                               {"MUSICBRAINZ_RELEASETRACKID", &library::MediaTags::track_id}}};

struct FlacOutput {
  Bytes bytes;
  std::size_t at = 0;
};
FLAC__StreamEncoderWriteStatus flac_write(const FLAC__StreamEncoder*, const FLAC__byte* data, size_t length, uint32_t, uint32_t, void* to) {
  auto& out = *static_cast<FlacOutput*>(to);
  if (out.at + length > out.bytes.size()) out.bytes.resize(out.at + length);
  std::copy(data, data + length, out.bytes.begin() + static_cast<std::ptrdiff_t>(out.at));
  out.at += length;
  return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}
FLAC__StreamEncoderSeekStatus flac_seek(const FLAC__StreamEncoder*, FLAC__uint64 offset, void* to) {
  static_cast<FlacOutput*>(to)->at = offset;
  return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}
FLAC__StreamEncoderTellStatus flac_tell(const FLAC__StreamEncoder*, FLAC__uint64* offset, void* to) {
  *offset = static_cast<FlacOutput*>(to)->at;
  return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

void id3_frame(Bytes& out, std::string_view id, std::string_view body) {
  put(out, id);
  const auto n = static_cast<std::uint32_t>(body.size());
  for (const unsigned shift : {21U, 14U, 7U, 0U}) out.push_back(static_cast<std::uint8_t>((n >> shift) & 0x7FU));
  put(out, std::uint16_t{0});
  put(out, body);
}

Bytes id3_tag(const library::MediaTags& tags) {
  using namespace std::string_literals;
  Bytes frames;
  const std::string utf8 = "\x03"s;
  if (!tags.title.empty()) id3_frame(frames, "TIT2", utf8 + tags.title);
  if (!tags.artist.empty()) id3_frame(frames, "TPE1", utf8 + tags.artist);
  if (!tags.album.empty()) id3_frame(frames, "TALB", utf8 + tags.album);
  if (!tags.recording_id.empty()) id3_frame(frames, "UFID", "http://musicbrainz.org\0"s + tags.recording_id);
  const auto text = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) id3_frame(frames, "TXXX", utf8 + name + "\0"s + value);
  };
  text("MusicBrainz Album Id", tags.release_id);
  text("MusicBrainz Artist Id", tags.artist_id);
  text("MusicBrainz Release Group Id", tags.release_group_id);
  text("MusicBrainz Release Track Id", tags.track_id);
  Bytes out;
  put(out, std::string_view("ID3\x04\0\0", 6));
  const auto n = static_cast<std::uint32_t>(frames.size());
  for (const unsigned shift : {21U, 14U, 7U, 0U}) out.push_back(static_cast<std::uint8_t>((n >> shift) & 0x7FU));
  out.insert(out.end(), frames.begin(), frames.end());
  return frames.empty() ? Bytes() : out;
}

std::uint32_t ogg_checksum(const Bytes& page) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : page) {
    sum ^= static_cast<std::uint32_t>(byte) << 24;
    for (int bit = 0; bit < 8; ++bit) sum = (sum << 1) ^ ((sum & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
  }
  return sum;
}

void ogg_page(Bytes& out, std::uint8_t flags, std::uint64_t granule, std::uint32_t number, const Bytes& packet) {
  Bytes page;
  put(page, std::string_view("OggS\0", 5));
  page.push_back(flags);
  put(page, granule);
  put(page, std::uint32_t{0x5F5F});
  put(page, number);
  put(page, std::uint32_t{0});
  page.push_back(static_cast<std::uint8_t>(packet.size() / 255 + 1));
  for (std::size_t left = packet.size();; left -= 255) {
    page.push_back(static_cast<std::uint8_t>(std::min<std::size_t>(left, 255)));
    if (left < 255) break;
  }
  page.insert(page.end(), packet.begin(), packet.end());
  const std::uint32_t sum = ogg_checksum(page);
  for (std::size_t i = 0; i < 4; ++i) page[22 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
  out.insert(out.end(), page.begin(), page.end());
}

}  // namespace

Bytes make_wav(const Tone& tone) {
  const auto samples = samples_of(tone);
  const std::uint32_t bytes_each = tone.bits / 8;
  const auto data = static_cast<std::uint32_t>(samples.size() * bytes_each);
  Bytes out;
  put(out, "RIFF");
  put(out, std::uint32_t{36} + data);
  put(out, "WAVEfmt ");
  put(out, std::uint32_t{16});
  put(out, std::uint16_t{1});
  put(out, static_cast<std::uint16_t>(tone.channels));
  put(out, tone.sample_rate);
  put(out, tone.sample_rate * tone.channels * bytes_each);
  put(out, static_cast<std::uint16_t>(tone.channels * bytes_each));
  put(out, static_cast<std::uint16_t>(tone.bits));
  put(out, "data");
  put(out, data);
  for (const std::int32_t sample : samples) {
    for (std::uint32_t i = 0; i < bytes_each; ++i) out.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(sample) >> (8 * i)));
  }
  return out;
}

Bytes make_flac(const Tone& tone, const library::MediaTags& tags) {
  FlacOutput out;
  FLAC__StreamEncoder* encoder = FLAC__stream_encoder_new();
  FLAC__stream_encoder_set_channels(encoder, tone.channels);
  FLAC__stream_encoder_set_sample_rate(encoder, tone.sample_rate);
  FLAC__stream_encoder_set_bits_per_sample(encoder, tone.bits);
  FLAC__StreamMetadata* comment = FLAC__metadata_object_new(FLAC__METADATA_TYPE_VORBIS_COMMENT);
  for (const auto& [name, field] : kComments) {
    FLAC__StreamMetadata_VorbisComment_Entry entry;
    if ((tags.*field).empty()) continue;
    FLAC__metadata_object_vorbiscomment_entry_from_name_value_pair(&entry, name, (tags.*field).c_str());
    FLAC__metadata_object_vorbiscomment_append_comment(comment, entry, false);
  }
  FLAC__stream_encoder_set_metadata(encoder, &comment, 1);
  FLAC__stream_encoder_init_stream(encoder, flac_write, flac_seek, flac_tell, nullptr, &out);
  const auto samples = samples_of(tone);
  FLAC__stream_encoder_process_interleaved(encoder, samples.data(), static_cast<std::uint32_t>(samples.size() / tone.channels));
  FLAC__stream_encoder_finish(encoder);
  FLAC__stream_encoder_delete(encoder);
  FLAC__metadata_object_delete(comment);
  return out.bytes;
}

Bytes make_mp3(const Tone& tone, std::uint32_t kbps, const library::MediaTags& tags) {
  Tone sixteen = tone;
  sixteen.bits = 16;
  sixteen.channels = 2;
  std::vector<short> pcm;
  for (const std::int32_t sample : samples_of(sixteen)) pcm.push_back(static_cast<short>(sample));
  lame_t lame = lame_init();
  lame_set_in_samplerate(lame, static_cast<int>(tone.sample_rate));
  lame_set_num_channels(lame, 2);
  lame_set_quality(lame, 9);
  if (kbps == 0) {
    lame_set_VBR(lame, vbr_default);
  } else {
    lame_set_brate(lame, static_cast<int>(kbps));
  }
  lame_set_bWriteVbrTag(lame, 1);
  lame_init_params(lame);
  Bytes sound(pcm.size() * 2 + 16'384);
  const int body = lame_encode_buffer_interleaved(lame, pcm.data(), static_cast<int>(pcm.size() / 2), sound.data(), static_cast<int>(sound.size()));
  const int rest = lame_encode_flush(lame, sound.data() + body, static_cast<int>(sound.size()) - body);
  sound.resize(static_cast<std::size_t>(body + rest));
  Bytes head(4096);
  const std::size_t head_size = lame_get_lametag_frame(lame, head.data(), head.size());
  std::copy(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(head_size), sound.begin());
  lame_close(lame);
  Bytes out = id3_tag(tags);
  out.insert(out.end(), sound.begin(), sound.end());
  return out;
}

Bytes make_ogg(const Tone& tone, const library::MediaTags& tags) {
  Bytes identification;
  put(identification, std::string_view("\x01vorbis", 7));
  put(identification, std::uint32_t{0});
  identification.push_back(static_cast<std::uint8_t>(tone.channels));
  put(identification, tone.sample_rate);
  put(identification, std::uint32_t{0});
  put(identification, std::uint32_t{128'000});
  put(identification, std::uint32_t{0});
  identification.push_back(0xB8);
  identification.push_back(1);
  Bytes comments;
  put(comments, std::string_view("\x03vorbis", 7));
  put(comments, std::uint32_t{4});
  put(comments, "test");
  std::vector<std::string> entries;
  for (const auto& [name, field] : kComments) {
    if (!(tags.*field).empty()) entries.push_back(std::string(name) + "=" + tags.*field);
  }
  put(comments, static_cast<std::uint32_t>(entries.size()));
  for (const std::string& entry : entries) {
    put(comments, static_cast<std::uint32_t>(entry.size()));
    put(comments, entry);
  }
  comments.push_back(1);
  Bytes out;
  ogg_page(out, 2, 0, 0, identification);
  ogg_page(out, 0, 0, 1, comments);
  ogg_page(out, 4, static_cast<std::uint64_t>(tone.seconds * tone.sample_rate), 2, Bytes(200, 0));
  return out;
}

}  // namespace soulfabric::testing
