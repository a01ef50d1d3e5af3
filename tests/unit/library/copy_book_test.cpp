// SPDX-License-Identifier: GPL-3.0-or-later
// The book of copies: what is queued, counted and found after each step.
#include "core/copy_book.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace soulfabric::library {
namespace {

SeenCopy seen(const std::string& path, std::uint64_t size, std::int64_t modified = 1) {
  return {{"/srv", path}, FileId{0}, {size, modified, 7}, true};
}

CopyReading verified(const SeenCopy& file, std::uint8_t content) {
  Manifest manifest;
  manifest.id.sha256.fill(content);
  manifest.size = file.stamp.size;
  return {CopyState::Verified, file.stamp, manifest, -1, {}};
}

struct Book : ::testing::Test {
  void look(const std::vector<SeenCopy>& files) {
    book.begin_look();
    for (const SeenCopy& file : files) book.see(file);
    gone = book.end_look();
  }
  /// Takes the next file and ends its reading.
  void read(const SeenCopy& file, std::uint8_t content) {
    const CopyRecord* record = book.next();
    ASSERT_NE(record, nullptr);
    ASSERT_EQ(record->place, file.place);
    ASSERT_NE(book.finish(file.place, verified(file, content), 1), nullptr);
  }
  [[nodiscard]] std::size_t found(std::uint8_t content) const {
    ContentId id;
    id.sha256.fill(content);
    return book.of(id).size();
  }
  CopyBook book;
  std::vector<CopyPlace> gone;
};

TEST_F(Book, ReadsEachFileOnceInOrder) {
  const auto a = seen("a", 10);
  const auto b = seen("b", 20);
  look({a, b});
  EXPECT_EQ(book.counts().files, 2U);
  EXPECT_EQ(book.counts().bytes, 30U);
  read(a, 1);
  EXPECT_EQ(book.counts().files_done, 1U);
  EXPECT_EQ(book.counts().bytes_done, 10U);
  read(b, 1);
  EXPECT_EQ(book.next(), nullptr);
  look({a, b});
  EXPECT_EQ(book.next(), nullptr) << "nothing changed";
  EXPECT_EQ(found(1), 2U) << "two files of one content";
}

TEST_F(Book, QueuesWhatChangedAndForgetsWhatIsGone) {
  const auto a = seen("a", 10);
  const auto b = seen("b", 20);
  look({a, b});
  read(a, 1);
  read(b, 2);
  const auto changed = seen("a", 10, 2);
  look({changed});
  EXPECT_EQ(found(1), 0U);
  EXPECT_EQ(found(2), 0U);
  EXPECT_EQ(gone, (std::vector<CopyPlace>{b.place}));
  EXPECT_EQ(book.counts().files, 1U);
  EXPECT_EQ(book.counts().verified, 0U);
  read(changed, 3);
  EXPECT_EQ(found(3), 1U);
}

TEST_F(Book, ServesWhatAnEarlierRunKnewOnlyOnceItWasSeen) {
  const auto a = seen("a", 10);
  CopyRecord record;
  record.place = a.place;
  record.stamp = a.stamp;
  record.state = CopyState::Verified;
  record.is_hashed = true;
  record.id.sha256.fill(1);
  book.load(record);
  EXPECT_EQ(found(1), 0U);
  EXPECT_EQ(book.counts().files, 0U);
  look({a});
  EXPECT_EQ(found(1), 1U);
  EXPECT_EQ(book.next(), nullptr);
}

TEST_F(Book, RemembersWhatAChangedFileWasUntilItIsReadAgain) {
  const auto a = seen("a", 10);
  ContentId before;
  before.sha256.fill(1);
  look({a});
  EXPECT_TRUE(book.known_as(before).empty());
  read(a, 1);
  ASSERT_TRUE(book.withdraw(a.place));
  EXPECT_EQ(found(1), 0U);
  ASSERT_EQ(book.known_as(before).size(), 1U);
  EXPECT_FALSE(book.known_as(before)[0]->is_hashed);
  const auto changed = seen("a", 11, 2);
  look({changed});
  EXPECT_EQ(book.known_as(before).size(), 1U);
  read(changed, 2);
  EXPECT_TRUE(book.known_as(before).empty()) << "one id for each file";
  EXPECT_EQ(found(2), 1U);
  look({});
  ContentId after;
  after.sha256.fill(2);
  EXPECT_TRUE(book.known_as(after).empty());
}

TEST_F(Book, KnowsAHashedFileThatIsNotServed) {
  const auto a = seen("a", 10);
  look({a});
  ASSERT_NE(book.next(), nullptr);
  CopyReading silent = verified(a, 3);
  silent.state = CopyState::Silent;
  ASSERT_NE(book.finish(a.place, silent, 1), nullptr);
  ContentId id;
  id.sha256.fill(3);
  EXPECT_EQ(found(3), 0U);
  ASSERT_EQ(book.known_as(id).size(), 1U);
  EXPECT_EQ(book.known_as(id)[0]->state, CopyState::Silent);
}

TEST_F(Book, ShowsItsVerifiedFilesInParts) {
  std::vector<SeenCopy> files;
  for (int i = 0; i < 25; ++i) files.push_back(seen("f" + std::to_string(i), 10));
  look(files);
  for (std::size_t i = 0; i < files.size(); ++i) read(files[i], static_cast<std::uint8_t>(i + 1));
  const auto all = [this] {
    std::set<std::uint8_t> out;
    std::size_t at = 0;
    std::size_t parts = 0;
    do {
      at = book.visit_verified(at, 10, [&](const CopyRecord& record) { out.insert(record.id.sha256[0]); });
      ++parts;
    } while (at != 0 && parts < 10);
    return std::pair(out.size(), parts);
  };
  EXPECT_EQ(all(), std::pair(std::size_t{25}, std::size_t{3}));
  for (const std::size_t i : {24U, 0U, 7U}) ASSERT_TRUE(book.withdraw(files[i].place));
  EXPECT_EQ(all(), std::pair(std::size_t{22}, std::size_t{3}));
  look({});
  EXPECT_EQ(all(), std::pair(std::size_t{0}, std::size_t{1}));
}

TEST_F(Book, WithdrawsOnceAndReadsAgain) {
  const auto a = seen("a", 10);
  look({a});
  read(a, 1);
  EXPECT_TRUE(book.withdraw(a.place));
  EXPECT_FALSE(book.withdraw(a.place));
  EXPECT_EQ(found(1), 0U);
  EXPECT_EQ(book.counts().refused, 1U);
  read(a, 1);
  EXPECT_EQ(found(1), 1U);
}

TEST_F(Book, TakesAFileThatLeftWhileItWasReadForNothing) {
  const auto a = seen("a", 10);
  look({a});
  ASSERT_NE(book.next(), nullptr);
  look({});
  EXPECT_EQ(book.finish(a.place, verified(a, 1), 1), nullptr);
  EXPECT_EQ(found(1), 0U);
  EXPECT_EQ(book.counts().files, 0U);
  EXPECT_EQ(book.counts().bytes, 0U);
}

TEST_F(Book, ReadsWhatWasSetAsideAtTheNextRetryOnly) {
  const auto a = seen("a", 10);
  look({a});
  ASSERT_NE(book.next(), nullptr);
  book.set_aside(a.place);
  EXPECT_EQ(book.next(), nullptr);
  EXPECT_EQ(book.retry(), 1U);
  EXPECT_EQ(book.retry(), 0U) << "queued already";
  ASSERT_NE(book.next(), nullptr);
  book.give_back(a.place);
  EXPECT_NE(book.next(), nullptr);
}

TEST_F(Book, KeepsTheResultsOfADiskThatIsAway) {
  const auto a = seen("a", 10);
  const auto b = seen("b", 20);
  look({a, b});
  read(a, 1);
  book.begin_look();
  EXPECT_TRUE(book.end_look({"/srv"}).empty());
  EXPECT_EQ(found(1), 0U) << "but nothing is served from it";
  EXPECT_EQ(book.counts().files, 0U);
  EXPECT_EQ(book.next(), nullptr);
  look({a, b});
  EXPECT_EQ(found(1), 1U);
  read(b, 2);
  EXPECT_EQ(book.next(), nullptr);
}

TEST_F(Book, MissingFileIsRefusedUntilItIsSeenAgain) {
  auto a = seen("a", 10);
  look({a});
  read(a, 1);
  SeenCopy missing = a;
  missing.is_there = false;
  look({missing});
  EXPECT_EQ(found(1), 0U);
  EXPECT_EQ(book.next(), nullptr);
  look({a});
  read(a, 1);
  EXPECT_EQ(found(1), 1U);
}

TEST(PrivatePaths, CoverWhatLiesBelowAndNothingBeside) {
  PrivatePaths paths;
  paths.add("/srv/music/own", "music\\own");
  EXPECT_TRUE(paths.covers("/srv/music/own"));
  EXPECT_TRUE(paths.covers("/srv/music/own/deep/file"));
  EXPECT_FALSE(paths.covers("/srv/music/owner"));
  EXPECT_FALSE(paths.covers("/srv/music"));
  EXPECT_TRUE(paths.remove("music\\other", "/elsewhere").empty());
  EXPECT_EQ(paths.remove("music\\own", ""), std::vector<std::string>{"/srv/music/own"});
  EXPECT_FALSE(paths.covers("/srv/music/own"));
}

TEST(CopyStates, HaveOneNameAndOneSentenceEach) {
  std::vector<std::string_view> names;
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(CopyState::MediaFailed); ++i) {
    const auto state = static_cast<CopyState>(i);
    EXPECT_EQ(std::count(names.begin(), names.end(), name_of(state)), 0) << name_of(state);
    names.push_back(name_of(state));
    const std::string reason = reason_of(state);
    EXPECT_EQ(reason.empty(), state == CopyState::Verified);
    if (!reason.empty()) EXPECT_EQ(reason.find_first_of(".\n"), reason.size() - 1) << reason;
  }
}

}  // namespace
}  // namespace soulfabric::library
