// SPDX-License-Identifier: GPL-3.0-or-later
// Verified copies: shared files that were read whole, hashed and, where they are audio, decoded (architecture, section 6). Network
// thread only.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/library/manifest.hpp"
#include "soulfabric/library/shares.hpp"
#include "soulfabric/library/verified_states.hpp"

namespace soulfabric::library {

/// What is known of one shared file.
struct CopyStatus {
  std::string virtual_path;
  CopyState state = CopyState::Waiting;
  std::string reason;  // one sentence for the user; empty where verified
  std::optional<ContentId> id;
  std::optional<crypto::Sha256> root;
  std::uint64_t size = 0;
  std::optional<WallTime> checked;
  std::optional<double> seconds;  // decoded audio
};

/// A verified copy that may be served. `virtual_path` never leaves this machine by way of the mesh.
struct VerifiedCopy {
  ContentId id;
  std::uint64_t size = 0;
  crypto::Sha256 root{};
  std::string virtual_path;
};

struct HashingProgress {
  bool running = false;
  bool paused = false;           // by the user
  std::uint64_t files_done = 0;  // of the shares that are there now
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  double bytes_per_second = 0;
  std::uint64_t verified = 0;
  std::uint64_t refused = 0;     // looked at and not verified
  std::string fault;             // one sentence, else empty
};

/// An open verified copy; `read_at` gives Conflict as soon as size, time or inode are not those that were hashed.
struct VerifiedFile {
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
};

struct VerifiedSettings {
  bool enabled = true;
  std::uint64_t bytes_per_second = 0;  // of reading; 0: without limit
  std::filesystem::path data;          // folder of library.db; absolute
  std::filesystem::path media_program; // soulfabric-media; empty: audio cannot be verified
};

class VerifiedCopies {
 public:
  virtual ~VerifiedCopies() = default;
  /// An error where what it keeps cannot be read: it then knows no copy, and must not be asked to mark anything.
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  virtual void configure(const VerifiedSettings& settings) = 0;

  /// Verified, mesh-shared, not private, as of the last look: from memory, never from the disk (security rule S13).
  [[nodiscard]] virtual std::optional<VerifiedCopy> find(const ContentId& id) const = 0;
  /// Why `find` gives nothing, as far as it is known in memory; for our own counters only, never for the mesh (security rule S13).
  [[nodiscard]] virtual CopyState state_of(const ContentId& id) const { return find(id) ? CopyState::Verified : CopyState::NotShared; }
  /// All that `find` would give, in no order. Looks at every verified copy: for tests and small books.
  [[nodiscard]] virtual std::vector<ContentId> served() const = 0;
  struct ServedPart {
    std::vector<ContentId> ids;
    std::size_t next = 0;  // where to go on; 0: that was the end
  };
  /// The same a part at a time, of `most` copies from number `from` on, for whoever must not keep the thread. An id may come twice; what
  /// changes between two calls may be left out (`on_change` tells that something did).
  [[nodiscard]] virtual ServedPart served_part(std::size_t from, std::size_t most) const { return from == 0 && most > 0 ? ServedPart{served(), 0} : ServedPart{}; }
  /// NotFound, Conflict (changed on the disk: it is withdrawn, and looked at again).
  [[nodiscard]] virtual Task<Result<Manifest>> manifest(ContentId id) = 0;
  [[nodiscard]] virtual Task<Result<VerifiedFile>> open(ContentId id) = 0;

  /// NotFound: not shared at all is a state, not an error; errors are Io only.
  [[nodiscard]] virtual Task<Result<CopyStatus>> status_of(std::string virtual_path) = 0;
  /// Statuses of the files directly in a folder.
  [[nodiscard]] virtual Task<Result<std::vector<CopyStatus>>> status_in(std::string virtual_folder) = 0;
  /// Reads all that it keeps for damage; slow.
  [[nodiscard]] virtual Task<Status> check() { co_return Status{}; }
  [[nodiscard]] virtual HashingProgress progress() const = 0;
  virtual void pause(bool paused) = 0;
  /// A file or a folder (then everything below it), by virtual path. Takes effect at once, survives a restart. NotFound, Io.
  [[nodiscard]] virtual Task<Status> set_private(std::string virtual_path, bool is_private) = 0;
  [[nodiscard]] virtual std::vector<std::string> private_paths() const = 0;
  /// What `served` gives has changed; several may listen.
  virtual void on_change(std::function<void()> callback) = 0;
};

/// Both outlive it; `shares` was started before.
[[nodiscard]] std::unique_ptr<VerifiedCopies> make_verified_copies(IoContext& context, IoClock& clock, Shares& shares,
                                                                   VerifiedSettings settings);

/// `soulfabric hash FILE`: reads one file whole. Blocking. NotFound, Io, Conflict (it changed while it was read).
[[nodiscard]] Result<Manifest> hash_file(const std::filesystem::path& path);

}  // namespace soulfabric::library
