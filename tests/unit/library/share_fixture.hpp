// SPDX-License-Identifier: GPL-3.0-or-later
// A temporary share tree, shares over it, and waiting for what happens to them.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "media/audio_files.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/library/shares.hpp"
#include "support/run_task.hpp"

namespace soulfabric::library {

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sf_library_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void put_file(const std::filesystem::path& file, ByteView content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  const std::string_view text = text_of(content);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  EXPECT_TRUE(out.good()) << file;
}
inline void put_file(const std::filesystem::path& file, std::string_view content) { put_file(file, bytes_of(content)); }

/// music/ to share and data/ for library.db, and settings that point there.
class ShareTest : public ::testing::Test, public Shares::Observer {
 protected:
  ShareTest() {
    std::filesystem::create_directories(music());
    std::filesystem::create_directories(temporary_.path() / "data");
    settings_.data = temporary_.path() / "data";
    settings_.media_program = std::filesystem::path(SF_BINARY_DIR) / "soulfabric-media";
    settings_.settle = std::chrono::milliseconds(20);
    settings_.options.watch = false;
    share(music());
  }
  [[nodiscard]] std::filesystem::path music() const { return temporary_.path() / "music"; }
  void share(const std::filesystem::path& path, const std::string& alias = {}) {
    ShareDirectory line;
    line.path = path.string();
    line.alias = alias;
    settings_.options.directories.push_back(line);
  }
  void exclude(const std::filesystem::path& path) {
    ShareDirectory line;
    line.path = path.string();
    line.excluded = true;
    settings_.options.directories.push_back(line);
  }

  using Body = std::function<Task<void>(Shares&)>;
  /// Makes the shares, starts them, runs `body`, stops them.
  void with_shares(Task<void> (*body)(ShareTest&, Shares&)) {
    IoContext context;
    SystemIoClock clock;
    clock_ = &clock;
    auto shares = make_shares(context, clock, settings_);
    ASSERT_TRUE(shares) << shares.error().message;
    (*shares)->add_observer(*this);
    ::soulfabric::testing::run_task(context, run(**shares, body));
  }
  [[nodiscard]] Task<void> run(Shares& shares, Task<void> (*body)(ShareTest&, Shares&)) {
    const Status started = co_await shares.start();
    EXPECT_TRUE(started) << started.error().message;
    if (started) co_await body(*this, shares);
    co_await shares.stop();
  }

 public:
  void on_scan_progress(const ScanProgress& progress) override {
    seen_.push_back(progress);
    changed_.notify_all();
  }
  void on_snapshot(const std::shared_ptr<const Snapshot>& snapshot) override {
    ++snapshots_;
    file_counts_.push_back(snapshot->file_count());
    changed_.notify_all();
  }
  /// Until no scan is running; at least one must have begun.
  [[nodiscard]] Task<void> scan_ended(Shares& shares) {
    const MonoTime deadline = clock_->now() + std::chrono::seconds(30);
    while (shares.progress().state == ScanState::Scanning || shares.progress().state == ScanState::Pending) {
      const bool in_time = co_await changed_.wait(*clock_, deadline);
      EXPECT_TRUE(in_time) << "the scan did not end";
      if (!in_time) co_return;
    }
  }
  /// Until one more snapshot than `before` was made.
  [[nodiscard]] Task<void> snapshot_after(int before) {
    const MonoTime deadline = clock_->now() + std::chrono::seconds(30);
    while (snapshots_ <= before) {
      const bool in_time = co_await changed_.wait(*clock_, deadline);
      EXPECT_TRUE(in_time) << "no new snapshot came";
      if (!in_time) co_return;
    }
  }
  [[nodiscard]] static std::optional<FileEntry> find(const Shares& shares, const std::string& path) {
    const auto id = shares.snapshot()->find_file(path, kAllNetworks);
    if (!id) return std::nullopt;
    return shares.snapshot()->file(*id);
  }

  TemporaryFolder temporary_;
  SharesSettings settings_;
  IoClock* clock_ = nullptr;
  std::vector<ScanProgress> seen_;
  std::vector<std::uint32_t> file_counts_;
  int snapshots_ = 0;
  Notifier changed_;
};

}  // namespace soulfabric::library
