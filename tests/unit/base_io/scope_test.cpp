// SPDX-License-Identifier: GPL-3.0-or-later
// Scopes join and cancel, workers come back, a database batches, memory streams carry bytes in order.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/timeout.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/net/tcp.hpp"
#include "support/run_task.hpp"

namespace soulfabric {
namespace {

using testing::run_task;

Task<void> wait_for_ever(SystemIoClock& clock, int& ended) {
  struct Count {
    int& n;
    ~Count() { ++n; }
  };
  const Count count{ended};
  for (;;) co_await clock.sleep_until(kNever);
}

Task<void> close_three(IoContext& context, SystemIoClock& clock) {
  TaskScope scope(context, "test");
  int ended = 0;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(scope.spawn("child", wait_for_ever(clock, ended)));
  co_await clock.sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(scope.size(), 3U);
  co_await scope.close();
  EXPECT_EQ(ended, 3);
  EXPECT_FALSE(scope.spawn("late", wait_for_ever(clock, ended)));
}

TEST(TaskScope, CloseCancelsAndJoinsEveryChild) {
  IoContext context;
  SystemIoClock clock;
  run_task(context, close_three(context, clock));
}

Task<Result<int>> slow(SystemIoClock& clock) {
  co_await clock.sleep_until(kNever);
  co_return 1;
}

Task<void> time_out(SystemIoClock& clock) {
  const auto result = co_await with_timeout<int>(clock, slow(clock), clock.now() + std::chrono::milliseconds(5));
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::TimedOut);
}

TEST(WithTimeout, EndsAnOperationThatTakesTooLong) {
  IoContext context;
  SystemIoClock clock;
  run_task(context, time_out(clock));
}

Task<void> work(WorkerPool& pool) {
  const int answer = co_await pool.run([] { return 42; });
  EXPECT_EQ(answer, 42);
  co_await pool.run([] {});
}

TEST(WorkerPool, WithoutThreadsRunsOnTheSpot) {
  IoContext context(1);
  WorkerPool pool(0);
  bool ran = false;
  pool.post([&] { ran = true; });
  EXPECT_TRUE(ran);
  run_task(context, work(pool));
}

TEST(WorkerPool, ComesBackWithTheAnswer) {
  IoContext context;
  WorkerPool pool(2);
  run_task(context, work(pool));
}

Task<void> write_rows(IoContext& context, SystemIoClock& clock, const std::filesystem::path& file) {
  constexpr std::string_view migrations[] = {"CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)"};
  auto database = Database::open(file, migrations);
  EXPECT_TRUE(database) << database.error().message;
  if (!database) co_return;
  DbWriter writer(context, clock, std::move(*database));
  for (std::int64_t i = 0; i < 100; ++i) {
    writer.submit([i](Database& db) -> Status {
      SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT INTO t VALUES(?,?)"));
      return insert.bind(1, i % 99).bind(2, "x").run();
    });
  }
  const auto flushed = co_await writer.flush();
  EXPECT_TRUE(flushed);
  const auto count = co_await writer.query([](Database& db) -> std::int64_t {
    auto select = db.prepare("SELECT count(*) FROM t");
    return select && select->step() ? select->integer(0) : -1;
  });
  EXPECT_EQ(count, 99) << "one of the hundred repeats a key and is rolled back alone";
  co_await writer.close();
}

TEST(DbWriter, CommitsInBatchesAndDropsOnlyTheFailedChange) {
  IoContext context;
  SystemIoClock clock;
  const auto folder = std::filesystem::temp_directory_path() / "sf_db_writer_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  run_task(context, write_rows(context, clock, folder / "t.db"));
  std::filesystem::remove_all(folder);
}

Task<std::int64_t> number_from(DbWriter& writer, std::string sql) {
  const auto number = co_await writer.query([sql](Database& db) -> std::int64_t {
    auto select = db.prepare(sql);
    if (!select) return -1;
    const auto row = select->step();
    return row && *row ? select->integer(0) : -1;
  });
  co_return number;
}

/// A page limit is what a full disk looks like to SQLite.
Task<void> fill_the_disk(IoContext& context, SystemIoClock& clock, const std::filesystem::path& file) {
  constexpr std::string_view migrations[] = {"CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)"};
  auto database = Database::open(file, migrations);
  EXPECT_TRUE(database) << database.error().message;
  if (!database) co_return;
  DbWriter writer(context, clock, std::move(*database));
  const auto limited = co_await number_from(writer, "PRAGMA max_page_count=8");
  EXPECT_EQ(limited, 8);
  writer.submit([](Database& db) { return db.execute("INSERT INTO t VALUES(1,zeroblob(100000))"); });
  const auto full = co_await writer.flush();
  EXPECT_TRUE(!full && full.error().code == Errc::NoSpace);
  writer.submit([](Database& db) { return db.execute("INSERT INTO t VALUES(2,'small')"); });
  const auto still_full = co_await writer.flush();
  EXPECT_FALSE(still_full) << "later changes wait behind the first";
  const auto raised = co_await number_from(writer, "PRAGMA max_page_count=1000");
  EXPECT_EQ(raised, 1000);
  const auto stored = co_await writer.flush();
  EXPECT_TRUE(stored) << "tried again by itself";
  const auto rows = co_await number_from(writer, "SELECT count(*) FROM t");
  EXPECT_EQ(rows, 2) << "nothing was lost";
  const auto lowered = co_await number_from(writer, "PRAGMA max_page_count=1");
  EXPECT_GT(lowered, 1);
  writer.submit([](Database& db) { return db.execute("INSERT INTO t VALUES(3,zeroblob(1000000))"); });
  co_await writer.close();  // ends, though the disk stays full
}

TEST(DbWriter, KeepsWhatAFullDiskRefusesAndTriesAgain) {
  IoContext context;
  SystemIoClock clock;
  const auto folder = std::filesystem::temp_directory_path() / ("sf_full_disk_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  run_task(context, fill_the_disk(context, clock, folder / "t.db"));
  std::filesystem::remove_all(folder);
}

Task<void> echo_over_tcp(IoContext& context, SystemIoClock& clock) {
  auto listener = net::listen_tcp(context, clock, {IpAddress::v4(0x7F000001), 0});
  EXPECT_TRUE(listener);
  auto again = net::listen_tcp(context, clock, (*listener)->local());
  EXPECT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::Conflict);
  const auto dialer = net::make_tcp_dialer(context, clock);
  const auto deadline = clock.now() + std::chrono::seconds(5);
  auto near = co_await dialer->connect((*listener)->local(), deadline);
  auto far = co_await (*listener)->accept();
  EXPECT_TRUE(near && far);
  const auto sent = co_await (*near)->write(bytes_of("hello"), deadline);
  EXPECT_TRUE(sent);
  Bytes got(5);
  const auto read = co_await net::read_exactly(**far, got, deadline);
  EXPECT_TRUE(read);
  EXPECT_EQ(text_of(got), "hello");
  const auto silent = co_await (*far)->read_some(got, clock.now() + std::chrono::milliseconds(5));
  EXPECT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Errc::TimedOut);
}

TEST(Tcp, CarriesBytesAndTimesOutOnSilence) {
  IoContext context;
  SystemIoClock clock;
  run_task(context, echo_over_tcp(context, clock));
}

}  // namespace
}  // namespace soulfabric
