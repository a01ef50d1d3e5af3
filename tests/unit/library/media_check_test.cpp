// SPDX-License-Identifier: GPL-3.0-or-later
// The frames about one file that is to be decoded, and the child that answers them.
#include "core/media_check.hpp"

#include <fcntl.h>

#include "copy_reader.hpp"
#include "media/codec_files.hpp"
#include "media_judge.hpp"
#include "share_fixture.hpp"

namespace soulfabric::library {
namespace {

using testing::make_by_codec;
using testing::make_flac;
using testing::make_mp3;
using testing::make_ogg;
using testing::make_wav;
using testing::Tone;

const std::filesystem::path kProgram = std::filesystem::path(SF_BINARY_DIR) / "soulfabric-media";
const std::filesystem::path kDouble = std::filesystem::path(SF_BINARY_DIR) / "tests/soulfabric-media-double";

TEST(MediaCheckFrames, HaveTheirBytes) {
  EXPECT_EQ(to_hex(encode(MediaCheckRequest{7, 0x0102030405060708, "flac"})), "16000000" "03" "07000000" "0807060504030201" "04" "666c616300000000");
  EXPECT_EQ(to_hex(encode(MediaCheckAnswer{7, MediaVerdict::WrongLength, 1'000, 2})), "12000000" "04" "07000000" "03" "e803000000000000" "02000000");
}

TEST(MediaCheckFrames, CarryWhatWasPutIn) {
  const MediaCheckRequest request{0xFFFFFFFF, 1ULL << 44, "12345678"};
  EXPECT_EQ(decode_check_request(encode(request)), request);
  const MediaCheckAnswer answer{9, MediaVerdict::Silent, 1ULL << 60, 0xFFFFFFFF};
  EXPECT_EQ(decode_check_answer(encode(answer)), answer);
}

TEST(MediaCheckFrames, RefuseEveryPrefixExcessAndForeignValue) {
  const Bytes request = encode(MediaCheckRequest{7, 100, "mp3"});
  const Bytes answer = encode(MediaCheckAnswer{7, MediaVerdict::Sound, 100, 0});
  for (std::size_t n = 0; n < request.size(); ++n) EXPECT_FALSE(decode_check_request(ByteView(request).first(n))) << n;
  for (std::size_t n = 0; n < answer.size(); ++n) EXPECT_FALSE(decode_check_answer(ByteView(answer).first(n))) << n;
  EXPECT_FALSE(decode_check_answer(request));
  EXPECT_FALSE(decode_check_request(answer));
  const auto changed = [](Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = value;
    return bytes;
  };
  EXPECT_FALSE(decode_check_request(changed(request, 17, 9))) << "an extension over the cap";
  EXPECT_FALSE(decode_check_request(changed(request, 25, 'x'))) << "bytes behind the extension";
  EXPECT_FALSE(decode_check_answer(changed(answer, 9, kMediaVerdicts))) << "a verdict that means nothing";
  EXPECT_FALSE(decode_check_answer(changed(answer, 0, 0)));
  Bytes longer = answer;
  longer.push_back(0);
  EXPECT_FALSE(decode_check_answer(longer));
}

class MediaJudgeTest : public ::testing::Test {
 protected:
  /// Nothing where the child died over it.
  std::optional<MediaCheckAnswer> judge(const Bytes& content, const std::string& extension) {
    const auto path = folder_.path() / ("file." + extension);
    put_file(path, content);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const Status ready = judge_.prepare(program_);
    EXPECT_TRUE(ready) << ready.error().message;
    const auto answer = judge_.judge(file.get(), content.size(), extension, pace_);
    EXPECT_TRUE(answer);
    return answer ? *answer : std::nullopt;
  }
  void expect(MediaVerdict verdict, const Bytes& content, const std::string& extension, const char* what) {
    const auto answer = judge(content, extension);
    ASSERT_TRUE(answer) << what << ": the child died";
    EXPECT_EQ(answer->verdict, verdict) << what << ": " << answer->errors << " errors, " << answer->milliseconds << " ms";
  }
  TemporaryFolder folder_;
  std::filesystem::path program_ = kProgram;
  ReadPace pace_;
  MediaJudge judge_;
};

constexpr Tone kTone{44'100, 2, 16, 6};

Bytes damaged(Bytes bytes, std::size_t at) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(~bytes[at + i]);
  return bytes;
}
Bytes half(Bytes bytes) {
  bytes.resize(bytes.size() / 2);
  return bytes;
}

TEST_F(MediaJudgeTest, FindsGoodAudioSound) {
  MediaTags tags;
  tags.title = "Title";
  expect(MediaVerdict::Sound, make_flac(kTone, tags), "flac", "flac");
  expect(MediaVerdict::Sound, make_flac({96'000, 2, 24, 5}), "flac", "flac of 24 bits");
  expect(MediaVerdict::Sound, make_mp3(kTone, 128, tags), "mp3", "mp3 of constant rate");
  expect(MediaVerdict::Sound, make_mp3(kTone, 0, tags), "mp3", "mp3 of variable rate");
  expect(MediaVerdict::Sound, make_mp3({44'100, 2, 16, 1}, 320), "mp3", "short mp3");
  expect(MediaVerdict::Sound, make_wav(kTone), "wav", "wav");
  const auto answer = judge(make_flac(kTone), "flac");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->milliseconds, 6'000U);
}

struct Kind {
  const char* extension;
  const char* encoder;
  const char* container;
};
/// Each runs other code of the decoders, and the sandbox must let it.
constexpr Kind kKinds[] = {{"ogg", "libvorbis", "ogg"}, {"oga", "flac", "ogg"},   {"opus", "libopus", "ogg"}, {"spx", "libspeex", "ogg"},
                           {"m4a", "aac", "ipod"},      {"m4a", "alac", "ipod"},  {"mp4", "aac", "mp4"},      {"wma", "wmav2", "asf"},
                           {"tta", "tta", "tta"},       {"wv", "wavpack", "wv"},  {"aiff", "pcm_s16be", "aiff"}, {"mp2", "mp2", "mp2"}};

TEST_F(MediaJudgeTest, FindsGoodAudioOfOtherKindsSound) {
  int made = 0;
  for (const Kind& kind : kKinds) {
    const bool is_opus = std::string_view(kind.encoder) == "libopus";
    const bool is_speex = std::string_view(kind.encoder) == "libspeex";
    const Tone tone{is_opus ? 48'000U : is_speex ? 16'000U : 44'100U, is_speex ? 1U : 2U, 16, 6};
    const Bytes good = make_by_codec(tone, kind.encoder, kind.container);
    if (good.empty()) continue;  // this build of libavcodec cannot make it
    ++made;
    expect(MediaVerdict::Sound, good, kind.extension, kind.encoder);
    const auto cut = judge(half(good), kind.extension);
    EXPECT_TRUE(cut) << kind.encoder << ": the child died over half of it";
    const auto hurt = judge(damaged(good, good.size() / 2), kind.extension);
    EXPECT_TRUE(hurt) << kind.encoder << ": the child died over the damage";
    // Whatever states a length, or marks its last page, cannot lose half of itself unseen; MPEG audio without a header states none.
    if (cut && std::string_view(kind.encoder) != "mp2") EXPECT_NE(cut->verdict, MediaVerdict::Sound) << kind.encoder;
  }
  EXPECT_GE(made, 8);
}

TEST_F(MediaJudgeTest, TakesTagsBehindTheSoundForNoDamage) {
  Bytes mp3 = make_mp3(kTone, 128);
  const std::string tag = "TAG" + std::string(125, ' ');
  mp3.insert(mp3.end(), tag.begin(), tag.end());
  expect(MediaVerdict::Sound, mp3, "mp3", "mp3 with an ID3v1 tag");
}

TEST_F(MediaJudgeTest, FindsFourDamagedBytes) {
  const Bytes flac = make_flac(kTone);
  expect(MediaVerdict::Broken, damaged(flac, flac.size() / 2), "flac", "flac");
  // In a frame's head: the sound of an MP3 has no checksum that would tell.
  const Bytes mp3 = make_mp3(kTone, 128);
  std::size_t head = mp3.size() / 2;
  while (mp3[head] != 0xFF || mp3[head + 1] != 0xFB) ++head;
  expect(MediaVerdict::Broken, damaged(mp3, head), "mp3", "mp3");
}

TEST_F(MediaJudgeTest, FindsFilesThatEndEarly) {
  for (const char* kind : {"flac", "mp3", "wav"}) {
    const std::string extension = kind;
    const Bytes whole = extension == "flac" ? make_flac(kTone) : extension == "mp3" ? make_mp3(kTone, 128) : make_wav(kTone);
    const auto answer = judge(half(whole), extension);
    ASSERT_TRUE(answer) << kind;
    EXPECT_EQ(answer->verdict, MediaVerdict::WrongLength) << kind;
    EXPECT_NEAR(static_cast<double>(answer->milliseconds), 3'000, 300) << kind;
  }
}

TEST_F(MediaJudgeTest, FindsAHeaderThatLiesAboutTheLength) {
  Bytes wav = make_wav(kTone);
  const std::uint32_t twice = 2 * 6 * 44'100 * 4;
  for (std::size_t i = 0; i < 4; ++i) wav[40 + i] = static_cast<std::uint8_t>(twice >> (8 * i));
  expect(MediaVerdict::WrongLength, wav, "wav", "wav");
  // STREAMINFO: the number of samples is in the last 36 of the 64 bits from byte 18 on.
  Bytes flac = make_flac(kTone);
  flac[22] = 0x7F;
  expect(MediaVerdict::WrongLength, flac, "flac", "flac");
  expect(MediaVerdict::NotAudio, make_ogg(kTone), "ogg", "an Ogg stream that states a length and has no sound");
}

TEST_F(MediaJudgeTest, FindsSilence) {
  const Tone silence{44'100, 2, 16, 6, 0};
  expect(MediaVerdict::Silent, make_flac(silence), "flac", "flac");
  expect(MediaVerdict::Silent, make_mp3(silence, 128), "mp3", "mp3");
  expect(MediaVerdict::Silent, make_wav(silence), "wav", "wav");
}

TEST_F(MediaJudgeTest, FindsContentOfAnotherKindThanTheName) {
  const Bytes text(100'000, 'x');
  for (const char* extension : {"flac", "mp3", "ogg", "m4a", "wav", "ape", "wma", "opus", "tta", "wv", "mpc", "aiff"}) {
    expect(MediaVerdict::NotAudio, text, extension, extension);
    expect(MediaVerdict::NotAudio, Bytes(), extension, extension);
  }
  expect(MediaVerdict::NotAudio, make_mp3(kTone, 128), "flac", "mp3 as flac");
  expect(MediaVerdict::NotAudio, make_flac(kTone), "mp3", "flac as mp3");
  expect(MediaVerdict::NotAudio, make_wav(kTone), "ogg", "wav as ogg");
}

TEST_F(MediaJudgeTest, SurvivesEveryKindOfDamage) {
  const Tone tone{44'100, 2, 16, 0.5};
  const std::vector<std::pair<std::string, Bytes>> files = {{"flac", make_flac(tone)}, {"mp3", make_mp3(tone, 128)}, {"wav", make_wav(tone)}, {"ogg", make_ogg(tone)}};
  std::uint32_t lot = 12'345;
  for (const auto& [extension, whole] : files) {
    for (int round = 0; round < 30; ++round) {
      Bytes bytes = whole;
      for (int i = 0; i < 1 + round % 20; ++i) {
        lot = lot * 1'664'525 + 1'013'904'223;
        bytes[(lot >> 4U) % std::min<std::size_t>(bytes.size(), round % 2 == 0 ? 200 : bytes.size())] = static_cast<std::uint8_t>(lot >> 24U);
      }
      if (round % 7 == 0) bytes.resize((lot >> 8U) % bytes.size());
      const auto answer = judge(bytes, extension);
      EXPECT_TRUE(answer) << extension << " in round " << round << ": a call that the sandbox forbids, or a crash";
    }
  }
}

TEST_F(MediaJudgeTest, LosesOnlyTheFileThatCrashesOrHangsTheDecoder) {
  program_ = kDouble;
  judge_ = MediaJudge({std::chrono::milliseconds(500)});
  EXPECT_FALSE(judge(Bytes{'!', 'c', 'r', 'a', 's', 'h'}, "mp3"));
  expect(MediaVerdict::Sound, make_flac(kTone), "flac", "after a crash");
  EXPECT_FALSE(judge(Bytes{'!', 'h', 'a', 'n', 'g'}, "mp3"));
  expect(MediaVerdict::Sound, make_flac(kTone), "flac", "after a hang");
}

TEST_F(MediaJudgeTest, SaysWhichProgramIsMissing) {
  const Status ready = judge_.prepare("/nowhere/soulfabric-media");
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, Errc::Unavailable);
  EXPECT_FALSE(judge_.prepare({}));
}

TEST_F(MediaJudgeTest, EndsWhenTold) {
  program_ = kDouble;
  ASSERT_TRUE(judge_.prepare(program_));
  put_file(folder_.path() / "a.mp3", "!hang");
  const UniqueFd file(::open((folder_.path() / "a.mp3").c_str(), O_RDONLY | O_CLOEXEC));
  pace_.stop();
  const auto answer = judge_.judge(file.get(), 5, "mp3", pace_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Cancelled);
}

}  // namespace
}  // namespace soulfabric::library
