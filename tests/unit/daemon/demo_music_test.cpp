// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's music is real: other people's decoders read it to the end, and tags say what the songbook says.
#include <FLAC/metadata.h>
#include <FLAC/stream_decoder.h>
#include <gtest/gtest.h>
#include <lame/lame.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>

#include "demo/music_files.hpp"
#include "demo/music_folder.hpp"
#include "demo/songbook.hpp"
#include "demo/synth.hpp"

namespace soulfabric::daemon::demo {
namespace {

/// What libFLAC finds in a file.
struct Decoded {
  Bytes input;
  std::size_t at = 0;
  std::uint64_t samples = 0;
  std::uint64_t promised = 0;
  unsigned bits = 0;
  bool error = false;
  std::map<std::string, std::string> comments;
};

FLAC__StreamDecoderReadStatus on_read(const FLAC__StreamDecoder* /*decoder*/, FLAC__byte* out, std::size_t* size, void* client) {
  auto& file = *static_cast<Decoded*>(client);
  *size = std::min(*size, file.input.size() - file.at);
  std::copy_n(file.input.begin() + static_cast<std::ptrdiff_t>(file.at), *size, out);
  file.at += *size;
  return *size == 0 ? FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM : FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

FLAC__StreamDecoderWriteStatus on_write(const FLAC__StreamDecoder* /*decoder*/, const FLAC__Frame* frame, const FLAC__int32* const* /*samples*/, void* client) {
  static_cast<Decoded*>(client)->samples += frame->header.blocksize;
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void on_metadata(const FLAC__StreamDecoder* /*decoder*/, const FLAC__StreamMetadata* block, void* client) {
  auto& file = *static_cast<Decoded*>(client);
  if (block->type == FLAC__METADATA_TYPE_STREAMINFO) {
    file.promised = block->data.stream_info.total_samples;
    file.bits = block->data.stream_info.bits_per_sample;
  }
  if (block->type != FLAC__METADATA_TYPE_VORBIS_COMMENT) return;
  for (FLAC__uint32 i = 0; i < block->data.vorbis_comment.num_comments; ++i) {
    const auto& entry = block->data.vorbis_comment.comments[i];
    const std::string text(entry.entry, entry.entry + entry.length);
    const auto equals = text.find('=');
    file.comments[text.substr(0, equals)] = text.substr(equals + 1);
  }
}

void on_error(const FLAC__StreamDecoder* /*decoder*/, FLAC__StreamDecoderErrorStatus /*status*/, void* client) { static_cast<Decoded*>(client)->error = true; }

/// True when it decodes to the end and its MD5 is that of the samples.
bool decode_flac(Decoded& file) {
  auto* const decoder = FLAC__stream_decoder_new();
  FLAC__stream_decoder_set_md5_checking(decoder, true);
  FLAC__stream_decoder_set_metadata_respond_all(decoder);
  bool good = FLAC__stream_decoder_init_stream(decoder, on_read, nullptr, nullptr, nullptr, nullptr, on_write, on_metadata, on_error, &file) == FLAC__STREAM_DECODER_INIT_STATUS_OK;
  good = good && FLAC__stream_decoder_process_until_end_of_stream(decoder) != 0;
  good = FLAC__stream_decoder_finish(decoder) != 0 && good;
  FLAC__stream_decoder_delete(decoder);
  return good && !file.error;
}

std::size_t decode_mp3(const Bytes& file) {
  auto* const decoder = hip_decode_init();
  Bytes input = file;
  std::vector<short> left(1152 * 4);
  std::vector<short> right(1152 * 4);
  std::size_t frames = 0;
  mp3data_struct header{};
  for (std::size_t at = 0; at < input.size(); at += 512) {
    const auto size = std::min<std::size_t>(512, input.size() - at);
    int got = hip_decode1_headers(decoder, input.data() + at, size, left.data(), right.data(), &header);
    while (got > 0) {
      frames += static_cast<std::size_t>(got);
      got = hip_decode1_headers(decoder, input.data(), 0, left.data(), right.data(), &header);
    }
  }
  hip_decode_exit(decoder);
  return frames;
}

const Album& album_of(Codec codec) {
  return *std::find_if(songbook().begin(), songbook().end(), [codec](const Album& album) { return album.codec == codec; });
}

TEST(DemoMusic, FlacDecodesToTheEndWithItsMd5AndTags) {
  for (const auto codec : {Codec::Flac16, Codec::Flac24}) {
    const auto& track = album_of(codec).tracks.front();
    const int bits = codec == Codec::Flac24 ? 24 : 16;
    const auto audio = render(album_of(codec).mood, track.seed, 2, sample_rate_of(codec));
    const auto file = encode_flac(audio, bits, track.tags);
    ASSERT_TRUE(file) << file.error().message;
    Decoded decoded;
    decoded.input = *file;
    EXPECT_TRUE(decode_flac(decoded));
    EXPECT_EQ(decoded.samples, audio.frames());
    EXPECT_EQ(decoded.promised, audio.frames());
    EXPECT_EQ(decoded.bits, static_cast<unsigned>(bits));
    EXPECT_EQ(decoded.comments["TITLE"], track.tags.title);
    EXPECT_EQ(decoded.comments["MUSICBRAINZ_TRACKID"], track.tags.recording_id);
  }
}

TEST(DemoMusic, ADamagedFlacIsNotedByTheSameDecoder) {
  const auto audio = render(Mood::Harbour, 7, 2, 44'100);
  auto file = encode_flac(audio, 16, {});
  ASSERT_TRUE(file);
  (*file)[file->size() / 2] ^= 0x55U;
  Decoded decoded;
  decoded.input = *file;
  EXPECT_FALSE(decode_flac(decoded));
}

TEST(DemoMusic, Mp3DecodesToItsWholeLength) {
  for (const bool variable : {false, true}) {
    const auto audio = render(Mood::Folk, 3, 2, 44'100);
    const auto file = encode_mp3(audio, variable, songbook()[2].tracks[0].tags);
    ASSERT_TRUE(file) << file.error().message;
    const auto frames = decode_mp3(*file);
    EXPECT_NEAR(static_cast<double>(frames), static_cast<double>(audio.frames()), 3 * 1152.0);
  }
}

TEST(DemoMusic, Mp3SaysHowItIsEncoded) {
  const auto audio = render(Mood::Folk, 3, 2, 44'100);
  const auto holds = [](const Bytes& file, std::string_view mark) {
    return std::search(file.begin(), file.end(), mark.begin(), mark.end()) != file.end();
  };
  EXPECT_TRUE(holds(encode_mp3(audio, false, {}).value_or(Bytes{}), "Info"));
  EXPECT_TRUE(holds(encode_mp3(audio, true, {}).value_or(Bytes{}), "Xing"));
}

TEST(DemoMusic, Id3FramesFillTheTagExactly) {
  const auto& tags = songbook()[3].tracks[2].tags;
  const auto tag = id3_tag(tags);
  const auto size_at = [&tag](std::size_t at) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = (size << 7U) | tag.at(at + i);
    return size;
  };
  ASSERT_EQ(size_at(6) + 10, tag.size());
  std::map<std::string, std::string> frames;
  std::size_t at = 10;
  while (at < tag.size()) {
    const auto size = size_at(at + 4);
    frames[std::string(tag.begin() + static_cast<std::ptrdiff_t>(at), tag.begin() + static_cast<std::ptrdiff_t>(at) + 4)] =
        std::string(tag.begin() + static_cast<std::ptrdiff_t>(at) + 11, tag.begin() + static_cast<std::ptrdiff_t>(at + 10 + size));
    at += 10 + size;
  }
  EXPECT_EQ(at, tag.size());
  EXPECT_EQ(frames["TIT2"], "Canção do Vento");
  EXPECT_EQ(frames["TRCK"], "3/4");
}

TEST(DemoMusic, SameArgumentsGiveTheSameSoundAndItIsNeitherSilentNorClipped) {
  for (const auto& album : songbook()) {
    const auto first = render(album.mood, album.tracks[0].seed, 3, 44'100);
    EXPECT_EQ(first.samples, render(album.mood, album.tracks[0].seed, 3, 44'100).samples);
    const auto [low, high] = std::minmax_element(first.samples.begin(), first.samples.end());
    EXPECT_LT(*low, -0.2F);
    EXPECT_GT(*high, 0.2F);
    EXPECT_GE(*low, -0.81F);
    EXPECT_LE(*high, 0.81F);
  }
}

TEST(DemoMusic, SongbookHasSevenAlbumsWithIdsOfTheirOwn) {
  std::set<std::string> recordings;
  std::size_t tracks = 0;
  for (const auto& album : songbook()) {
    for (const auto& track : album.tracks) {
      EXPECT_TRUE(is_guid(track.tags.recording_id)) << track.tags.recording_id;
      EXPECT_GE(track.seconds, 8);
      EXPECT_LE(track.seconds, 20);
      recordings.insert(track.tags.recording_id);
      ++tracks;
    }
  }
  EXPECT_EQ(songbook().size(), 7U);
  EXPECT_EQ(recordings.size(), tracks);
}

TEST(DemoMusic, CoverIsAPngWhoseRowsUnpack) {
  const auto png = cover_png(42, 16);
  ASSERT_GT(png.size(), 45U);
  EXPECT_EQ(std::string(png.begin() + 1, png.begin() + 4), "PNG");
  // After 8 bytes of signature and 25 of IHDR comes the length of IDAT.
  const std::size_t length = (std::size_t{png[33]} << 24U) | (std::size_t{png[34]} << 16U) | (std::size_t{png[35]} << 8U) | png[36];
  std::array<std::uint8_t, 16 * (1 + 3 * 16)> rows{};
  uLongf size = rows.size();
  EXPECT_EQ(::uncompress(rows.data(), &size, png.data() + 41, static_cast<uLong>(length)), Z_OK);
  EXPECT_EQ(size, rows.size());
}

}  // namespace
}  // namespace soulfabric::daemon::demo
