// SPDX-License-Identifier: GPL-3.0-or-later
// A download over sources in memory on virtual time: its folder on a real disk, or on one that forgets.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include <filesystem>
#include <map>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/swarm/download.hpp"
#include "support/memory_source.hpp"
#include "support/sim_clock.hpp"

namespace soulfabric::swarm {

namespace fs = std::filesystem;
using testing::Content;
using testing::MemoryPlan;
using testing::MemoryRecord;
using testing::Misdeed;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "sf-swarm-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline Task<void> run_to(Download& download, std::optional<Result<fs::path>>& out) { out = co_await download.run(); }

/// Workers without threads: everything repeats itself.
class SwarmWorld {
 public:
  explicit SwarmWorld(FileLayer* layer = nullptr, fs::path folder_in = {})
      : folder(folder_in.empty() ? temporary.path() : std::move(folder_in)), files(layer != nullptr ? *layer : system) {}

  ~SwarmWorld() {
    // Where a test gave up in the middle.
    if (download) download->cancel();
    (void)clock.run_for(std::chrono::seconds(1));
  }
  SwarmWorld(const SwarmWorld&) = delete;
  SwarmWorld& operator=(const SwarmWorld&) = delete;

  void begin(const library::ContentId& want, std::optional<std::uint64_t> size = {}, SwarmSettings settings = {}) {
    records.clear();
    DownloadRequest request{want, size, folder / "incomplete" / "file.part", folder / "done" / "file.bin"};
    download = make_download(SwarmDependencies{context, clock, random, workers, files}, std::move(request), settings);
  }
  std::shared_ptr<MemoryRecord> add(const std::shared_ptr<const Content>& content, MemoryPlan plan = {}) {
    auto record = std::make_shared<MemoryRecord>();
    records.push_back(record);
    if (plan.name == "source") plan.name += std::to_string(records.size());
    download->add(std::make_unique<testing::MemorySource>(clock, content, std::move(plan), record));
    return record;
  }
  /// Starts it without waiting.
  void start() {
    outcome.reset();
    boost::asio::co_spawn(context, run_to(*download, outcome), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  }
  /// Until it ends, at most `longest` of virtual time.
  [[nodiscard]] Result<fs::path> finish(Duration longest = std::chrono::minutes(10)) {
    if (!clock.run_while_not([this] { return outcome.has_value(); }, longest)) return fail(Errc::TimedOut, "the download did not end");
    clock.settle();
    return *outcome;
  }
  [[nodiscard]] Result<fs::path> run(Duration longest = std::chrono::minutes(10)) {
    download->no_more_sources();
    start();
    return finish(longest);
  }
  [[nodiscard]] Bytes read(const fs::path& path) {
    const auto file = files.open(path, OpenMode::Read);
    if (!file) return {};
    Bytes bytes((*file)->size().value_or(0));
    std::size_t got = 0;
    while (got < bytes.size()) {
      const auto n = (*file)->read_at(got, MutableByteView(bytes).subspan(got));
      if (!n || *n == 0) break;
      got += *n;
    }
    return bytes;
  }
  [[nodiscard]] fs::path partial() const { return folder / "incomplete" / "file.part"; }
  [[nodiscard]] fs::path map() const { return folder / "incomplete" / "file.part.map"; }

  TemporaryFolder temporary;
  fs::path folder;
  SystemFiles system;
  FileLayer& files;
  IoContext context;
  testing::SimClock clock{context};
  SeededRandom random{1};
  WorkerPool workers{0};
  std::unique_ptr<Download> download;
  std::vector<std::shared_ptr<MemoryRecord>> records;
  std::optional<Result<fs::path>> outcome;
};

}  // namespace soulfabric::swarm
