// SPDX-License-Identifier: GPL-3.0-or-later
// A key that changes, two who claim the same old one, and a key that was given up: what others make of it (security rule S10).
#include <gtest/gtest.h>

#include <filesystem>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "support/memory_dht.hpp"
#include "support/run_task.hpp"
#include "support/stepped_clock.hpp"

namespace soulfabric::mesh {
namespace {

using testing::MemoryDht;
using testing::MemoryTable;
using testing::run_task;
using testing::SteppedClock;
using namespace std::chrono_literals;

SigningKey key_of(std::uint32_t number) {
  SigningKey::Seed seed{};
  for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return SigningKey(seed);
}

PeerId id_of(std::uint32_t number) { return PeerId::of(key_of(number).public_key()); }
guard::Subject subject_of(std::uint32_t number) { return guard::Subject::peer(id_of(number).text()); }
Endpoint at(const char* address) { return {*IpAddress::parse(address), 50305}; }

constexpr std::uint32_t kUs = 1;

class RotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::initialise());
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-rotation-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }
  static Task<void> begin(PeerBook& book) {
    const auto started = co_await book.start();
    EXPECT_TRUE(started);
  }
  static Task<void> end(PeerBook& book, DbWriter& store) {
    co_await book.stop();
    co_await store.close();
  }
  void open() {
    auto db = Database::open(folder_ / "mesh.db", mesh_migrations());
    ASSERT_TRUE(db);
    store_ = std::make_unique<DbWriter>(context_, clock_, std::move(*db), 0);
    book_ = make_peer_book({context_, clock_, random_, guard_, dht_, *store_, key_of(kUs)}, settings_);
    run_task(context_, begin(*book_));
  }
  void close() {
    if (book_) run_task(context_, end(*book_, *store_));
    book_.reset();
    store_.reset();
  }
  Rotation rotation(std::uint32_t before, std::uint32_t after, bool compromised = false) const {
    return sign_rotation(key_of(before), key_of(after), clock_.wall(), compromised);
  }
  void meet(std::uint32_t number) { book_->linked(id_of(number), key_of(number).public_key(), at("5.9.0.3"), Direction::Outbound); }

  std::filesystem::path folder_;
  IoContext context_{1};
  SteppedClock clock_;
  SystemRandom random_;
  MemoryTable table_;
  guard::Guard guard_{{}, clock_};
  MemoryDht dht_{table_, clock_};
  PeerBookSettings settings_;
  std::unique_ptr<DbWriter> store_;
  std::unique_ptr<PeerBook> book_;
};

TEST_F(RotationTest, WhoClaimsAnOldKeyFirstKeepsNothingOnceAnotherClaimsItToo) {
  meet(5);
  guard_.import_reputations({{subject_of(5), 90, {}}});
  EXPECT_EQ(book_->learn(rotation(5, 6)), RotationOutcome::First);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 90) << "the thief was faster";
  EXPECT_EQ(book_->learn(rotation(5, 7)), RotationOutcome::Void);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 50);
  EXPECT_EQ(guard_.reputation(subject_of(7)), 50);
  EXPECT_EQ(guard_.reputation(subject_of(5)), 50);
  EXPECT_EQ(book_->learn(rotation(5, 8)), RotationOutcome::Known);
  EXPECT_EQ(guard_.reputation(subject_of(8)), 50) << "nothing is left to be moved";
}

TEST_F(RotationTest, BothClaimantsLoseAlsoWhereARestartLiesBetween) {
  meet(5);
  guard_.import_reputations({{subject_of(5), 90, {}}});
  EXPECT_EQ(book_->learn(rotation(5, 6)), RotationOutcome::First);
  close();
  open();
  EXPECT_EQ(book_->learn(rotation(5, 7)), RotationOutcome::Void);
  EXPECT_EQ(guard_.reputation(subject_of(6)), 50);
}

}  // namespace
}  // namespace soulfabric::mesh
