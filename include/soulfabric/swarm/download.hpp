// SPDX-License-Identifier: GPL-3.0-or-later
// One content from many sources at once: every piece proven when it lands, resumed from a bitmap on the disk, put in its place whole
// (architecture, section 10). Network thread only.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/swarm/source.hpp"

namespace soulfabric::swarm {

struct SwarmSettings {
  std::chrono::milliseconds open_time{5'000};    // for a source to state its root
  std::chrono::milliseconds silence{1'800};      // without a byte while a piece is asked for: found out as dead, within 2 s
  double slow_share = 0.1;                       // of the median rate of the others: below it a source's piece is given to others too
  std::chrono::milliseconds judge_after{1'500};  // before a rate says anything
  std::size_t sources = 32;                      // asked at the same time
  std::size_t memory = 64 * 1024 * 1024;         // pieces under way, bytes
};

struct DownloadRequest {
  library::ContentId want;
  std::optional<std::uint64_t> size;      // where known; a source that states another is left out
  std::filesystem::path partial;          // the file while it is not whole; "<partial>.map" beside it is the bitmap
  std::filesystem::path target;           // absolute; an existing file there is kept and another name taken
};

struct SourceReport {
  std::string name;
  std::string state;             // "opening", "ready", "fetching", "done", "dead", "lying", "slow", "refused", "other root"
  std::uint64_t bytes = 0;       // proven ones
  std::uint64_t pieces = 0;
  double bytes_per_second = 0;
  std::string problem;           // one sentence, else empty
  std::string peer{};            // the node behind it; empty where it is none of the mesh
};

struct DownloadReport {
  enum class State : std::uint8_t { Waiting, Running, Checking, Done, Failed, Cancelled };
  State state = State::Waiting;
  library::ContentId want;
  std::optional<std::uint64_t> size;
  std::uint64_t bytes = 0;       // proven and on the disk or on their way to it
  std::uint64_t pieces = 0;
  std::uint64_t pieces_done = 0;
  std::uint64_t wrong_pieces = 0;
  double bytes_per_second = 0;
  std::filesystem::path path;    // once Done
  std::string problem;
  std::vector<SourceReport> sources;
};
[[nodiscard]] std::string_view name_of(DownloadReport::State state) noexcept;

struct SwarmDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  FileLayer& files;
};

class Download {
 public:
  virtual ~Download() = default;
  /// Any time; also while it runs. Refused sources are simply not used.
  virtual void add(std::unique_ptr<PieceSource> source) = 0;
  /// Until the file lies whole in its place: its path. Unavailable: no source is left (the partial file and its bitmap stay);
  /// Corrupt: every group of sources was wrong; Io, NoSpace. Cancelled where `cancel` was called or the task is.
  [[nodiscard]] virtual Task<Result<std::filesystem::path>> run() = 0;
  /// No more sources will come: when the present ones fail the run ends.
  virtual void no_more_sources() = 0;
  virtual void cancel() = 0;
  [[nodiscard]] virtual DownloadReport report() const = 0;
  /// At most ten times a second while it runs, and at its end.
  virtual void on_change(std::function<void()> callback) = 0;
};

[[nodiscard]] std::unique_ptr<Download> make_download(SwarmDependencies dependencies, DownloadRequest request, SwarmSettings settings);

}  // namespace soulfabric::swarm
