// SPDX-License-Identifier: GPL-3.0-or-later
// shares.directories and shares.filters: what is refused, and with which sentence.
#include "core/share_rules.hpp"

#include <gtest/gtest.h>

#include "core/folder_record.hpp"
#include "core/scan_meter.hpp"

namespace soulfabric::library {
namespace {

ShareDirectory line(const std::string& path, const std::string& alias = {}, bool excluded = false) {
  ShareDirectory out;
  out.path = path;
  out.alias = alias;
  out.excluded = excluded;
  return out;
}

Result<ShareRules> rules_of(std::vector<ShareDirectory> lines, std::vector<std::string> filters = {}) {
  ShareOptions options;
  options.directories = std::move(lines);
  options.filters = std::move(filters);
  return ShareRules::make(options, {"/app/incomplete/"});
}

std::string fault_of(std::vector<ShareDirectory> lines, std::vector<std::string> filters = {}) {
  const auto rules = rules_of(std::move(lines), std::move(filters));
  if (rules) return "accepted";
  EXPECT_EQ(rules.error().code, Errc::InvalidArgument);
  return rules.error().message;
}

TEST(ShareRules, NameTheShareByItsLastFolderOrItsAlias) {
  const auto rules = rules_of({line("/data/Music/"), line("/data/Other", "Mine"), line("/data/Music/private", "", true)});
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_EQ(rules->shares().size(), 2U);
  EXPECT_EQ(rules->shares()[0].alias, "Music");
  EXPECT_EQ(rules->shares()[0].path, "/data/Music");
  EXPECT_EQ(rules->shares()[0].networks, kSoulseekNetwork);
  EXPECT_EQ(rules->shares()[1].raw, "[Mine]/data/Other");
  EXPECT_EQ(rules->lines()[2].raw, "!/data/Music/private");
  EXPECT_TRUE(rules->is_left_out("/data/Music/private"));
  EXPECT_TRUE(rules->is_left_out("/app/incomplete"));
  EXPECT_FALSE(rules->is_left_out("/data/Music/privateer"));
}

TEST(ShareRules, RefuseWhatCannotBeShared) {
  EXPECT_NE(fault_of({line("music")}).find("not an absolute path"), std::string::npos);
  EXPECT_NE(fault_of({line("/")}).find("root of the file system"), std::string::npos);
  EXPECT_NE(fault_of({line("///")}).find("root of the file system"), std::string::npos);
  EXPECT_NE(fault_of({line("/a/../b")}).find("'..'"), std::string::npos);
  EXPECT_NE(fault_of({line("/a", "x/y")}).find("slash"), std::string::npos);
  EXPECT_NE(fault_of({line("/a", "x\\y")}).find("slash"), std::string::npos);
  EXPECT_NE(fault_of({line("/a/music"), line("/b/music")}).find("same alias 'music'"), std::string::npos);
  EXPECT_NE(fault_of({line("/a")}, {"("}).find("'(' is not a regular expression"), std::string::npos);
  ShareDirectory nowhere = line("/a");
  nowhere.soulseek = false;
  EXPECT_NE(fault_of({nowhere}).find("on no network"), std::string::npos);
}

TEST(ShareRules, FilterTheWholePathIgnoringCase) {
  const auto rules = rules_of({line("/a")}, {"\\.ini$", "/@eaDir/"});
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->is_filtered("/a/b/Desktop.INI"));
  EXPECT_TRUE(rules->is_filtered("/a/@eadir/x.jpg"));
  EXPECT_FALSE(rules->is_filtered("/a/b.ini/x.mp3"));
  EXPECT_FALSE(rules->is_filtered("/" + std::string(100'000, 'x')));
}

TEST(ShareRules, HaveAnotherFingerprintWhenAnythingDiffers) {
  const auto one = rules_of({line("/a")})->fingerprint();
  EXPECT_EQ(one, rules_of({line("/a")})->fingerprint());
  EXPECT_NE(one, rules_of({line("/a", "b")})->fingerprint());
  EXPECT_NE(one, rules_of({line("/a")}, {"x"})->fingerprint());
  ShareDirectory mesh = line("/a");
  mesh.mesh = true;
  EXPECT_NE(one, rules_of({mesh})->fingerprint());
}

MediaInfo some_info() {
  MediaInfo info;
  info.known = true;
  info.attributes = {std::nullopt, 245, std::nullopt, 96'000, 24};
  info.tags.title = "t";
  info.tags.recording_id = "11111111-2222-4333-8444-555555555555";
  return info;
}

Bytes some_packed() {
  Bytes out;
  pack(some_info(), out);
  return out;
}

TEST(FolderRecord, ReadsBackWhatWasWritten) {
  FolderRecordWriter writer;
  writer.add("a.txt", {1, -5, 3}, TagState::None);
  writer.add_read("b.flac", {1ULL << 40, 1'700'000'000'123'456'789, 1ULL << 60}, some_packed());
  writer.add("c.mp3", {0, 0, 0}, TagState::Pending);
  writer.add("d.mp3", {9, 9, 9}, TagState::Unreadable);
  EXPECT_EQ(writer.files(), 4U);
  EXPECT_EQ(writer.pending(), 1U);
  const Bytes blob = writer.finish();
  FolderRecordReader reader(blob);
  FolderFileView file;
  ASSERT_TRUE(reader.next(file));
  EXPECT_EQ(file.name, "a.txt");
  EXPECT_EQ(file.stamp, (FileStamp{1, -5, 3}));
  ASSERT_TRUE(reader.next(file));
  EXPECT_EQ(file.stamp.inode, 1ULL << 60);
  EXPECT_EQ(unpack_attributes(file.packed), some_info().attributes);
  EXPECT_EQ(unpack_tags(file.packed), some_info().tags);
  ASSERT_TRUE(reader.next(file));
  EXPECT_EQ(file.state, TagState::Pending);
  ASSERT_TRUE(reader.next(file));
  EXPECT_EQ(file.state, TagState::Unreadable);
  EXPECT_FALSE(reader.next(file));
}

TEST(FolderRecord, EndsAtWhatNoWriterMade) {
  FolderRecordWriter writer;
  for (int i = 0; i < 5; ++i) writer.add_read("file" + std::to_string(i), {1, 2, 3}, some_packed());
  const Bytes blob = writer.finish();
  for (std::size_t n = 0; n < blob.size(); ++n) {
    FolderRecordReader reader(ByteView(blob).first(n));
    int files = 0;
    for (FolderFileView file; reader.next(file);) {
      (void)unpack_tags(file.packed);
      ++files;
    }
    EXPECT_LE(files, 5);
  }
  for (std::size_t at = 0; at < blob.size(); ++at) {
    Bytes broken = blob;
    broken[at] ^= 0xFF;
    FolderRecordReader reader(broken);
    for (FolderFileView file; reader.next(file);) (void)unpack_tags(file.packed);
  }
}

TEST(AudioExtension, IsKnownInAnyCaseAndNothingElseIs) {
  EXPECT_EQ(audio_extension("a.MP3"), "mp3");
  EXPECT_EQ(audio_extension("a.b.flac"), "flac");
  for (const char* name : {"mp3", "a.", "a.jpg", "", "a.flacx", "a.mp3.part"}) EXPECT_EQ(audio_extension(name), "") << name;
}

TEST(ScanMeter, TellsRateAndTimeLeft) {
  ScanMeter meter;
  const MonoTime start{};
  meter.begin(start, 1000);
  const auto half = meter.look(start + std::chrono::seconds(2), ScanMeter::Part::Names, 500, 0);
  EXPECT_DOUBLE_EQ(half.files_per_second, 250);
  EXPECT_EQ(half.seconds_left, 2U);
  EXPECT_DOUBLE_EQ(half.percent, 10);
  (void)meter.look(start + std::chrono::seconds(4), ScanMeter::Part::Tags, 0, 100);
  const auto tags = meter.look(start + std::chrono::seconds(5), ScanMeter::Part::Tags, 10, 100);
  EXPECT_DOUBLE_EQ(tags.files_per_second, 10);
  EXPECT_EQ(tags.seconds_left, 9U);
  EXPECT_GT(tags.percent, 25);
  EXPECT_LT(tags.percent, 98);
}

TEST(ScanMeter, SaysNothingOfTheTimeLeftWithoutGround) {
  ScanMeter meter;
  meter.begin(MonoTime{}, 0);
  EXPECT_EQ(meter.look(MonoTime{} + std::chrono::seconds(1), ScanMeter::Part::Names, 500, 0).seconds_left, std::nullopt);
}

}  // namespace
}  // namespace soulfabric::library
