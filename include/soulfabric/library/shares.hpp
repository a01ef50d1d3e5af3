// SPDX-License-Identifier: GPL-3.0-or-later
// The shared folders: what is configured, how far a scan is, the snapshot it made, and files opened from it for upload.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/options.hpp"
#include "soulfabric/library/media_tags.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

enum class ScanState : std::uint8_t {
  Pending,    // nothing was scanned yet, and no snapshot is kept from an earlier run
  Scanning,
  Ready,
  Faulted,    // the last scan could not be done; `fault` says why
  Cancelled,  // the user ended the last scan; the snapshot is as good as it got
};
/// Part of a scan: names make the snapshot searchable, then tags of new and changed audio files are read.
enum class ScanPhase : std::uint8_t { None, Names, Index, Tags };

struct ScanProgress {
  ScanState state = ScanState::Pending;
  ScanPhase phase = ScanPhase::None;
  std::uint64_t files = 0;             // shared files seen by this scan
  std::uint64_t folders = 0;           // folders looked at by this scan
  std::uint64_t tags_read = 0;         // audio files that were read by this scan
  std::uint64_t tags_owed = 0;         // audio files known to need reading, those already read included
  std::uint64_t unreadable = 0;        // of tags_read: the parser crashed, hung or found nothing it knows
  double files_per_second = 0;         // of the present phase
  double percent = 0;                  // 0..100 of the whole scan; 100 when not scanning and Ready
  std::optional<std::uint64_t> seconds_left;  // nothing where there is no ground for an estimate
  std::string fault;                   // one sentence, only when Faulted
  std::vector<std::string> warnings;   // one sentence each: shares or folders that were left out, limits of the system
  std::optional<WallTime> last_scan;   // end of the last complete scan, also of an earlier run
};

/// One line of shares.directories as slskd shows it.
struct ShareInfo {
  std::string id;           // SHA-1 of remote_path, hex
  std::string alias;
  bool is_excluded = false;
  std::string local_path;   // absolute
  std::string raw;          // as configured
  std::string remote_path;  // first name of every virtual path of the share
  NetworkMask networks = kSoulseekNetwork;
  bool is_private = false;  // as configured; then `networks` is without the mesh
  std::uint32_t directories = 0;  // of the present snapshot; 0 for excluded ones
  std::uint32_t files = 0;
  std::string problem;      // one sentence where the share is missing or cannot be read, else empty
};

/// An open shared file; `size` is what the snapshot says and what the file had when it was opened.
struct SharedFileHandle {
  std::unique_ptr<File> file;
  std::uint64_t size = 0;
};

/// The zlib-compressed body of a SharedFileListResponse (what follows the code), on disk whatever its size: read it in pieces,
/// on a worker. The bytes live as long as the value, also when a newer snapshot has replaced the one they show.
struct SharedListBody {
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
  std::uint32_t folders = 0;
  std::uint64_t files = 0;
};

/// Opens a file of a snapshot for reading: beneath its share's root, through no symbolic link, a regular file only, of the size the
/// snapshot says. Blocking, any thread. NotFound: an id out of range; Conflict: changed or gone since the scan; Forbidden: we may not
/// read it; Io.
[[nodiscard]] Result<SharedFileHandle> open_shared_file(const Snapshot& snapshot, FileId id);

/// Network thread only. `stop` before it dies.
class Shares {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    /// At each change of state and some four times a second during a scan.
    virtual void on_scan_progress(const ScanProgress&) {}
    /// A new snapshot is in use.
    virtual void on_snapshot(const std::shared_ptr<const Snapshot>&) {}
  };

  virtual ~Shares() = default;
  /// Opens library.db, takes the snapshot kept from the last run into use, begins to follow changes and, unless the settings say no,
  /// scans. Io: library.db cannot be used; the sentence names it.
  [[nodiscard]] virtual Task<Status> start() = 0;
  /// Ends a running scan and waits for it.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// New configuration: used at once by the scan that this begins. InvalidArgument: one sentence; the old one stays in force.
  [[nodiscard]] virtual Status configure(const ShareOptions& options) = 0;

  /// Never null; never waits.
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  /// `force` reads all tags again, also of unchanged files. Conflict: a scan is running.
  [[nodiscard]] virtual Status start_scan(bool force) = 0;
  /// NotFound: no scan is running. What was found so far is kept.
  [[nodiscard]] virtual Status cancel_scan() = 0;
  [[nodiscard]] virtual const ScanProgress& progress() const = 0;
  [[nodiscard]] virtual std::vector<ShareInfo> list() const = 0;

  /// `virtual_path` as the peer sent it. NotFound: not shared on `network`; else as open_shared_file.
  [[nodiscard]] virtual Task<Result<SharedFileHandle>> open_for_upload(std::string virtual_path, NetworkMask network = kSoulseekNetwork) = 0;
  /// Made once per snapshot, by a worker, for all who ask meanwhile. Io, NoSpace.
  [[nodiscard]] virtual Task<Result<SharedListBody>> shared_list(NetworkMask networks = kSoulseekNetwork) = 0;
  /// NotFound: not shared, or never read.
  [[nodiscard]] virtual Task<Result<MediaTags>> tags_of(std::string virtual_path) = 0;

  /// Observers outlive their registration.
  virtual void add_observer(Observer& observer) = 0;
  virtual void remove_observer(Observer& observer) = 0;
};

struct SharesSettings {
  ShareOptions options;
  std::filesystem::path data;            // folder of library.db and the index cache; absolute, exists
  std::vector<std::filesystem::path> excluded;  // absolute: never shared, such as the incomplete folder and the app's own
  std::filesystem::path media_program;   // soulfabric-media; empty: tags are not read
  bool scan_at_start = true;             // flags.no_share_scan says no
  bool force_at_start = false;           // flags.force_share_scan
  Duration settle = std::chrono::seconds(2);    // quiet time after a change before its folder is scanned
  Duration settle_most = std::chrono::seconds(30);  // but no later than this after the first change
};

/// soulfabric-media beside the running program; empty where there is none.
[[nodiscard]] std::filesystem::path default_media_program();
/// InvalidArgument: a line of shares.directories or a filter is wrong, in one sentence that names it.
[[nodiscard]] Result<std::unique_ptr<Shares>> make_shares(IoContext& context, IoClock& clock, SharesSettings settings);

}  // namespace soulfabric::library
