// SPDX-License-Identifier: GPL-3.0-or-later
// Share lists as streams: same contents as the whole decode, every chunk size, lies, bombs, early ends.
#include "soulseek/wire/browse_stream.hpp"

#include <gtest/gtest.h>

#include "soulseek/wire/wire.hpp"
#include "vectors.hpp"

namespace soulfabric::soulseek::wire {
namespace {

class Collect final : public BrowseSink {
 public:
  void on_folder(std::string_view path, std::uint32_t /*files*/, bool is_private) override {
    auto& list = is_private ? private_folders : folders;
    list.push_back({std::string(path), {}});
    current_ = &list;
  }
  void on_file(const BrowseFile& file) override {
    current_->back().files.push_back(
        {1, std::string(file.name), file.size, std::string(file.extension), {file.attributes.begin(), file.attributes.end()}});
  }
  std::vector<Folder> folders;
  std::vector<Folder> private_folders;

 private:
  std::vector<Folder>* current_ = nullptr;
};

class Count final : public BrowseSink {
 public:
  void on_folder(std::string_view /*path*/, std::uint32_t /*files*/, bool /*is_private*/) override { ++folders; }
  void on_file(const BrowseFile& /*file*/) override { ++files; }
  std::size_t folders = 0;
  std::size_t files = 0;
};

Bytes sample_body() {
  BrowseWriter writer(3);
  writer.folder("Music", 0);
  writer.folder("Music\\Album", 2);
  const FileAttribute attributes[] = {{AttributeType::BitRate, 320}, {AttributeType::Duration, 200}};
  writer.file({"a.mp3", 5'000'000'000, "mp3", attributes});
  writer.file({"b\xe9.mp3", 1, "", {}});
  writer.folder("Music\\Other", 1);
  writer.file({"c.flac", 0, "flac", {}});
  writer.begin_private(1);
  writer.folder("Secret", 1);
  writer.file({"d.ogg", 4, "", {}});
  const auto frame = writer.finish();
  EXPECT_TRUE(frame.has_value());
  return {frame->begin() + 8, frame->end()};
}

Status parse(ByteView body, std::size_t chunk, BrowseSink& sink) {
  BrowseParser parser;
  for (std::size_t at = 0; at < body.size(); at += chunk) SF_TRY(parser.feed(body.subspan(at, std::min(chunk, body.size() - at)), sink));
  return parser.finish();
}

TEST(BrowseStream, WritesWhatTheWholeDecodeReadsInEveryChunkSize) {
  const Bytes body = sample_body();
  const auto whole = std::get<peer::SharedFileListResponse>(*decode_peer(5, body));
  ASSERT_EQ(whole.folders.size(), 3U);
  ASSERT_TRUE(whole.private_folders.has_value());
  for (std::size_t chunk = 1; chunk <= body.size(); ++chunk) {
    Collect seen;
    const auto status = parse(body, chunk, seen);
    ASSERT_TRUE(status.has_value()) << status.error().message;
    ASSERT_EQ(seen.folders, whole.folders);
    ASSERT_EQ(seen.private_folders, *whole.private_folders);
  }
}

TEST(BrowseStream, ReadsTheCapturedShareLists) {
  std::size_t lists = 0;
  for (const Vector& vector : all_vectors()) {
    if (vector.message != "SharedFileListResponse") continue;
    SCOPED_TRACE(vector.name);
    const auto whole = std::get<peer::SharedFileListResponse>(*decode_peer(5, ByteView(vector.plain).subspan(8)));
    Collect seen;
    ASSERT_TRUE(parse(ByteView(vector.plain).subspan(8), 3, seen).has_value());
    EXPECT_EQ(seen.folders, whole.folders);
    ++lists;
  }
  EXPECT_GE(lists, 4U);
}

TEST(BrowseStream, EveryPrefixIsIncompleteAndNothingElse) {
  const Bytes body = sample_body();
  for (std::size_t n = 0; n + 8 < body.size(); ++n) {
    Count seen;
    const auto status = parse(ByteView(body).first(n), n + 1, seen);
    if (!status) EXPECT_EQ(status.error().code, Errc::Malformed);
    if (status) EXPECT_EQ(seen.files, 4U) << n;  // only what follows the last file may be missing
  }
}

Bytes list_of(std::initializer_list<std::uint32_t> values) {
  Bytes plain;
  for (const std::uint32_t value : values) {
    for (int i = 0; i < 4; ++i) plain.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return deflate_all(plain);
}

TEST(BrowseStream, RefusesCountsAndNamesThatAreLies) {
  for (const std::uint32_t lie : {0x8000'0000U, 0xFFFF'FFFFU}) {
    Count seen;
    EXPECT_FALSE(parse(list_of({lie}), 64, seen).has_value());
    EXPECT_FALSE(parse(list_of({1, 0, lie}), 64, seen).has_value());
    EXPECT_FALSE(parse(list_of({1, lie}), 64, seen).has_value());
    EXPECT_FALSE(parse(list_of({1, kMaxPath + 1}), 64, seen).has_value());
    EXPECT_FALSE(parse(list_of({0, 0, lie}), 64, seen).has_value());
  }
}

TEST(BrowseStream, StopsABomb) {
  // one folder of endless empty files: 21 zero bytes each, honest in form, absurd in ratio
  Bytes plain(12, 0);
  plain[0] = 1;
  plain[8] = plain[9] = plain[10] = 0xFF;
  plain.resize(48 * kMiB, 0);
  const Bytes bomb = deflate_all(plain);
  Count seen;
  const auto status = parse(bomb, 16 * kKiB, seen);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Errc::TooLarge);
}

TEST(BrowseStream, StopsAtItsCap) {
  const Bytes body = sample_body();
  Count seen;
  BrowseParser parser(64);
  const auto status = parser.feed(body, seen);
  ASSERT_FALSE(status.has_value());
}

TEST(BrowseStream, WriterRefusesCountsThatItDidNotKeep) {
  BrowseWriter fewer(2);
  fewer.folder("a", 0);
  EXPECT_FALSE(fewer.finish().has_value());
  BrowseWriter no_file(1);
  no_file.folder("a", 1);
  EXPECT_FALSE(no_file.finish().has_value());
  BrowseWriter early(2);
  early.folder("a", 1);
  early.folder("b", 0);
  EXPECT_FALSE(early.finish().has_value());
}

TEST(BrowseStream, ReadsAHundredThousandFilesInSmallMemory) {
  constexpr std::uint32_t kFolders = 1000;
  constexpr std::uint32_t kFiles = 100;
  BrowseWriter writer(kFolders);
  for (std::uint32_t f = 0; f < kFolders; ++f) {
    writer.folder("Music\\Artist " + std::to_string(f), kFiles);
    for (std::uint32_t i = 0; i < kFiles; ++i) writer.file({"Track " + std::to_string(i * 7919 % 1000) + ".mp3", f * i, "", {}});
  }
  const auto frame = writer.finish();
  ASSERT_TRUE(frame.has_value());
  Count seen;
  ASSERT_TRUE(parse(ByteView(*frame).subspan(8), 4096, seen).has_value());
  EXPECT_EQ(seen.folders, kFolders);
  EXPECT_EQ(seen.files, kFolders * kFiles);
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
