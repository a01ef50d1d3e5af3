// SPDX-License-Identifier: GPL-3.0-or-later
// Ended early and begun again: what was proven is not fetched twice, whatever ended it.
#include "core/piece_map.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "swarm_world.hpp"

namespace soulfabric::swarm {
namespace {

constexpr std::uint64_t kPiece = library::kSmallestPiece;
using testing::make_content;

MemoryPlan paced(double bytes_per_second, Misdeed misdeed = Misdeed::None, std::uint64_t from = 0) {
  MemoryPlan plan;
  plan.bytes_per_second = bytes_per_second;
  plan.misdeed = misdeed;
  plan.from_piece = from;
  return plan;
}

TEST(SwarmResume, GoesOnWithOtherSourcesAfterAllHaveDied) {
  SwarmWorld world;
  const auto content = make_content(20 * kPiece, 1);
  world.begin(content->manifest.id);
  (void)world.add(content, paced(4e6, Misdeed::Closes, 5));
  (void)world.add(content, paced(4e6, Misdeed::FallsSilent, 5));
  const auto ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::Unavailable);
  EXPECT_TRUE(fs::exists(world.partial()));
  EXPECT_TRUE(fs::exists(world.map()));
  EXPECT_EQ(world.download->report().state, DownloadReport::State::Failed);
  EXPECT_EQ(world.download->report().pieces_done, 10U);
  const auto fresh = world.add(content, paced(4e6));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(fresh->asked, 10U) << "proven pieces were fetched again";
}

TEST(SwarmResume, CancelledBeforeItBeganItDoesNotBegin) {
  SwarmWorld world;
  const auto content = make_content(2 * kPiece, 3);
  world.begin(content->manifest.id);
  const auto source = world.add(content, paced(4e6));
  world.download->cancel();
  const auto ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::Cancelled);
  EXPECT_EQ(world.download->report().state, DownloadReport::State::Cancelled);
  EXPECT_EQ(source->asked, 0U);
  EXPECT_FALSE(fs::exists(world.partial()));
}

/// The largest manifest that is sound in itself: nobody has to have the file for that.
library::Manifest huge_claim() {
  library::Manifest out;
  out.size = library::kLargestContent;
  out.layer.resize(library::kMostPieces);
  auto nodes = out.layer;
  while (nodes.size() > 1) {
    for (std::size_t i = 0; i < nodes.size(); i += 2) {
      Bytes both(nodes[i].begin(), nodes[i].end());
      both.insert(both.end(), nodes[i + 1].begin(), nodes[i + 1].end());
      nodes[i / 2] = crypto::sha256(both);
    }
    nodes.resize(nodes.size() / 2);
  }
  out.root = nodes.front();
  return out;
}

TEST(SwarmResume, AFileThatCannotFitOnTheDiskIsNotBegun) {
  SwarmWorld world;
  const auto claim = std::make_shared<const Content>(Content{{}, huge_claim()});
  ASSERT_TRUE(claim->manifest.check());
  world.begin(claim->manifest.id);
  const auto source = world.add(claim, paced(4e6));
  const auto ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::NoSpace);
  EXPECT_EQ(source->asked, 0U);
}

TEST(SwarmResume, CancelKeepsWhatHasCome) {
  SwarmWorld world;
  const auto content = make_content(20 * kPiece, 2);
  world.begin(content->manifest.id);
  const auto source = world.add(content, paced(1e6));
  world.start();
  world.clock.run_for(std::chrono::seconds(3));
  world.download->cancel();
  const auto ended = world.finish();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::Cancelled);
  EXPECT_EQ(world.download->report().state, DownloadReport::State::Cancelled);
  EXPECT_TRUE(source->closed);
  EXPECT_GT(source->praised, 5U);
  const std::uint64_t before = source->praised;
  world.begin(content->manifest.id);
  const auto fresh = world.add(content, paced(1e6));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(fresh->asked, 20 - before);
}

TEST(SwarmResume, CancelledTaskEndsTheRunInOrder) {
  SwarmWorld world;
  const auto content = make_content(20 * kPiece, 2);
  world.begin(content->manifest.id);
  (void)world.add(content, paced(1e6));
  TaskScope scope(world.context, "test");
  scope.spawn("run", run_to(*world.download, world.outcome));
  world.clock.run_for(std::chrono::seconds(3));
  scope.cancel();
  world.clock.run_for(std::chrono::seconds(1));
  EXPECT_EQ(scope.size(), 0U);
  EXPECT_EQ(world.download->report().state, DownloadReport::State::Cancelled);
  EXPECT_TRUE(fs::exists(world.map()));
}

TEST(SwarmResume, DamagedPieceIsSeenAndFetchedAgainWithoutBlame) {
  SwarmWorld world;
  const auto content = make_content(20 * kPiece, 3);
  world.begin(content->manifest.id);
  (void)world.add(content, paced(4e6, Misdeed::Closes, 12));
  ASSERT_FALSE(world.run());
  const auto file = world.files.open(world.partial(), OpenMode::Create);
  ASSERT_TRUE(file);
  const Bytes wrong(100, 0xEE);
  ASSERT_TRUE((*file)->write_at(4 * kPiece + 1000, wrong));
  world.begin(content->manifest.id);
  const auto fresh = world.add(content, paced(4e6));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(fresh->asked, 9U);
  EXPECT_TRUE(fresh->blamed.empty());
}

TEST(SwarmResume, DamageWhileItRunsIsChargedToTheDiskNotToTheRoot) {
  SwarmWorld world;
  const auto content = make_content(20 * kPiece, 3);
  SwarmSettings settings;
  settings.memory = 3 * kPiece;  // two under way, none held: the whole is hashed from the disk
  world.begin(content->manifest.id, {}, settings);
  MemoryPlan late = paced(1e6);
  late.late = std::chrono::milliseconds(1'000);
  const auto slow = world.add(content, late);
  const auto source = world.add(content, paced(1e6));
  world.download->no_more_sources();
  world.start();
  // The first piece comes last of the first few: those behind it wait on the disk.
  EXPECT_TRUE(world.clock.run_while_not([&] { return source->praised >= 3; }, std::chrono::seconds(10)));
  const auto file = world.files.open(world.partial(), OpenMode::Create);
  ASSERT_TRUE(file);
  const Bytes wrong(100, 0xEE);
  ASSERT_TRUE((*file)->write_at(source->pieces.at(1) * kPiece, wrong));
  const auto placed = world.finish();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(slow->count(Fault::FalseRoot) + source->count(Fault::FalseRoot), 0U);
}

TEST(SwarmResume, ForeignOrDamagedBitmapIsNotBelieved) {
  const auto content = make_content(8 * kPiece, 4);
  for (const bool foreign : {true, false}) {
    SwarmWorld world;
    fs::create_directories(world.folder / "incomplete");
    core::PieceMap map{content->manifest.id.sha256, content->manifest.size, content->manifest.root, std::vector<bool>(8, true), ""};
    if (foreign) map.sha256[0] ^= 1;
    Bytes bytes = map.encode();
    if (!foreign) bytes[50] ^= 1;
    ASSERT_TRUE(write_whole(world.map(), bytes, 0644));
    ASSERT_TRUE(write_whole(world.partial(), Bytes(8 * kPiece), 0644));
    world.begin(content->manifest.id);
    const auto source = world.add(content);
    const auto placed = world.run();
    ASSERT_TRUE(placed) << placed.error().message;
    EXPECT_EQ(world.read(*placed), content->bytes);
    EXPECT_EQ(source->asked, 8U);
  }
}

TEST(SwarmResume, FinishedFileWhoseBitmapIsStillThereIsTakenAsItIs) {
  SwarmWorld world;
  const auto content = make_content(3 * kPiece, 5);
  fs::create_directories(world.folder / "incomplete");
  fs::create_directories(world.folder / "done");
  const fs::path place = world.folder / "done" / "file (2).bin";
  const core::PieceMap map{content->manifest.id.sha256, content->manifest.size, content->manifest.root, std::vector<bool>(3, true), place.string()};
  ASSERT_TRUE(write_whole(world.map(), map.encode(), 0644));
  ASSERT_TRUE(write_whole(place, content->bytes, 0644));
  ASSERT_TRUE(write_whole(world.partial(), content->bytes, 0644));  // as a move to another disk leaves it
  world.begin(content->manifest.id);
  const auto source = world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(*placed, place);
  EXPECT_EQ(source->asked, 0U);
  EXPECT_FALSE(fs::exists(world.map()));
  EXPECT_FALSE(fs::exists(world.partial()));
}

/// A disk that is full after so many bytes.
class FullDisk final : public FileLayer {
 public:
  class Limited final : public File {
   public:
    Limited(std::unique_ptr<File> file, std::uint64_t& left) : file_(std::move(file)), left_(left) {}
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override { return file_->read_at(offset, out); }
    Status write_at(std::uint64_t offset, ByteView data) override {
      if (data.size() > left_) return fail(Errc::NoSpace, "could not write");
      left_ -= data.size();
      return file_->write_at(offset, data);
    }
    Status sync() override { return file_->sync(); }
    Status truncate(std::uint64_t size) override { return file_->truncate(size); }
    Result<std::uint64_t> size() override { return file_->size(); }
    int descriptor() const noexcept override { return -1; }

   private:
    std::unique_ptr<File> file_;
    std::uint64_t& left_;
  };
  Result<std::unique_ptr<File>> open(const fs::path& path, OpenMode mode) override {
    SF_TRY_ASSIGN(auto file, system_.open(path, mode));
    if (path.extension() != ".part") return file;
    return std::make_unique<Limited>(std::move(file), left);
  }
  Status rename(const fs::path& from, const fs::path& to, bool replace) override { return system_.rename(from, to, replace); }
  Status remove(const fs::path& path) override { return system_.remove(path); }
  Status create_folders(const fs::path& path) override { return system_.create_folders(path); }
  Status sync_folder(const fs::path& path) override { return system_.sync_folder(path); }
  Result<std::uint64_t> size_of(const fs::path& path) override { return system_.size_of(path); }
  bool exists(const fs::path& path) override { return system_.exists(path); }
  std::uint64_t left = 0;

 private:
  SystemFiles system_;
};

TEST(SwarmResume, FullDiskEndsItInOneSentenceAndKeepsWhatHasCome) {
  FullDisk disk;
  disk.left = 7 * kPiece + 100;
  TemporaryFolder folder;
  SwarmWorld world(&disk, folder.path());
  const auto content = make_content(20 * kPiece, 6);
  world.begin(content->manifest.id);
  const auto source = world.add(content, paced(1e6));
  const auto ended = world.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::NoSpace);
  EXPECT_NE(ended.error().message.find("free some space"), std::string::npos);
  EXPECT_EQ(world.download->report().problem, ended.error().message);
  EXPECT_TRUE(source->blamed.empty());
  disk.left = 1'000 * kPiece;
  const auto fresh = world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(fresh->asked, 13U);
}

TEST(SwarmResume, MemoryOfPiecesUnderWayIsBounded) {
  SwarmWorld world;
  const auto content = make_content(64 * kPiece, 7);
  SwarmSettings settings;
  settings.memory = 8 * kPiece;  // a quarter of it for what waits to be hashed
  world.begin(content->manifest.id, {}, settings);
  std::vector<std::shared_ptr<MemoryRecord>> records;
  for (int i = 0; i < 12; ++i) records.push_back(world.add(content, paced(1e6)));
  world.start();
  std::uint64_t most = 0;
  (void)world.clock.run_while_not(
      [&] {
        std::uint64_t now = 0;
        for (const auto& record : records) now += record->asked - record->delivered;
        most = std::max(most, now);
        return world.outcome.has_value();
      },
      std::chrono::minutes(5));
  ASSERT_TRUE(world.outcome);
  ASSERT_TRUE(*world.outcome);
  EXPECT_EQ(most, 6U);
}

}  // namespace
}  // namespace soulfabric::swarm
