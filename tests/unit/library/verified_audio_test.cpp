// SPDX-License-Identifier: GPL-3.0-or-later
// Audio is verified only where it decodes to its end; each refusal has its reason.
#include "verified_fixture.hpp"

namespace soulfabric::library {
namespace {

using testing::make_flac;
using testing::make_mp3;
using testing::make_wav;
using testing::Tone;

class VerifiedAudioTest : public VerifiedTest {
 protected:
  VerifiedAudioTest() { verified_.media_program = settings_.media_program; }
};

constexpr Tone kTone{44'100, 2, 16, 3};

Task<void> expect_states(VerifiedTest& test, VerifiedCopies& copies, std::vector<std::pair<std::string, CopyState>> expected) {
  std::size_t verified = 0;
  for (const auto& [name, state] : expected) {
    const CopyStatus status = co_await test.settled(copies, "music\\" + name);
    EXPECT_EQ(name_of(status.state), name_of(state)) << name << ": " << status.reason;
    EXPECT_EQ(status.reason.empty(), state == CopyState::Verified) << name;
    if (state == CopyState::Verified) ++verified;
  }
  EXPECT_EQ(copies.served().size(), verified);
  EXPECT_EQ(copies.progress().refused, expected.size() - verified);
}

Task<void> judge_all(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  co_await expect_states(test, copies,
                         {{"good.flac", CopyState::Verified},
                          {"good.mp3", CopyState::Verified},
                          {"good.WAV", CopyState::Verified},
                          {"damaged.flac", CopyState::Undecodable},
                          {"short.wav", CopyState::WrongLength},
                          {"silent.flac", CopyState::Silent},
                          {"text.mp3", CopyState::NotAudio}});
  const auto status = co_await copies.status_of("music\\good.flac");
  EXPECT_TRUE(status && status->seconds && *status->seconds == 3.0);
  const auto all = co_await copies.status_in("music");
  EXPECT_TRUE(all && all->size() == 7U);
  // Why a content is refused, for our own counters.
  for (const auto& one : *all) {
    if (!one.id) continue;
    EXPECT_EQ(name_of(copies.state_of(*one.id)), name_of(one.state)) << one.virtual_path;
  }
}

TEST_F(VerifiedAudioTest, IsServedOnlyWhereItDecodesToItsEnd) {
  put_file(music() / "good.flac", make_flac(kTone));
  put_file(music() / "good.mp3", make_mp3(kTone, 128));
  put_file(music() / "good.WAV", make_wav(kTone));
  Bytes damaged = make_flac(kTone);
  for (std::size_t i = 0; i < 4; ++i) damaged[damaged.size() / 2 + i] ^= 0xFFU;
  put_file(music() / "damaged.flac", damaged);
  Bytes cut = make_wav(kTone);
  cut.resize(cut.size() / 2);
  put_file(music() / "short.wav", cut);
  put_file(music() / "silent.flac", make_flac({44'100, 2, 16, 3, 0}));
  put_file(music() / "text.mp3", "no audio at all");
  with_copies(judge_all);
  // The verdicts last: nothing is read or decoded in the second run.
  verified_.enabled = false;
  verified_.media_program = "/nowhere";
  with_copies(judge_all);
}

Task<void> go_on_after_crash(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  co_await expect_states(test, copies, {{"a.mp3", CopyState::MediaFailed}, {"b.flac", CopyState::Verified}, {"c.bin", CopyState::Verified}});
}

TEST_F(VerifiedAudioTest, GoesOnPastAFileThatCrashesTheDecoder) {
  verified_.media_program = std::filesystem::path(SF_BINARY_DIR) / "tests/soulfabric-media-double";
  put_file(music() / "a.mp3", "!crash");
  put_file(music() / "b.flac", make_flac(kTone));
  put_file(music() / "c.bin", "!crash");
  with_copies(go_on_after_crash);
}

Task<void> wait_for_program(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  const CopyStatus other = co_await test.settled(copies, "music\\b.bin");
  EXPECT_EQ(other.state, CopyState::Verified);
  const auto audio = co_await copies.status_of("music\\a.flac");
  EXPECT_EQ(audio->state, CopyState::Waiting);
  EXPECT_NE(audio->reason.find("soulfabric-media"), std::string::npos) << audio->reason;
  EXPECT_EQ(copies.progress().fault, audio->reason);
}

TEST_F(VerifiedAudioTest, WaitsWhereTheProgramIsMissingAndSaysSo) {
  verified_.media_program = "/nowhere/soulfabric-media";
  put_file(music() / "a.flac", make_flac(kTone));
  put_file(music() / "b.bin", "b");
  with_copies(wait_for_program);
}

}  // namespace
}  // namespace soulfabric::library
