// SPDX-License-Identifier: GPL-3.0-or-later
// A disk in memory that forgets at a power cut whatever was not synced: behind a FileLayer and behind SQLite, repeatable from a seed.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::testing {

/// What is left of changes that were not synced: after a power cut nothing, or something; after the end of a mere program all.
enum class Unsynced { Lost, SomeKept, AllKept };

/// As strict as a careful reading of POSIX: a file's bytes are safe after its own sync, a name after a sync of its folder (a rename as a
/// whole after a sync of either folder). Unsynced writes may be kept in part, torn and out of order. Thread-safe.
class VolatileDisk {
 public:
  explicit VolatileDisk(std::uint64_t seed) : random_(seed) {}
  VolatileDisk(const VolatileDisk&) = delete;
  VolatileDisk& operator=(const VolatileDisk&) = delete;

  /// The power goes off at the `count`-th change from now (1 = the next): a write, cut, sync, creation, renaming or removal. From then on
  /// everything fails with Errc::Io.
  void cut_after(std::uint64_t count);
  void cut_now();
  /// Called once when the power goes off, on whatever thread, with the disk locked: it may only post.
  void on_cut(std::function<void()> tell);
  [[nodiscard]] bool is_cut() const;
  /// Changes made so far; what cut_after counts.
  [[nodiscard]] std::uint64_t changes() const;
  /// The power is back. Files and databases opened before stay useless; what they still hold may be dropped in any order.
  void restore(Unsynced unsynced);
  /// A folder that was always there.
  void add_folder(const std::string& path);
  /// Names of all files now, in order.
  [[nodiscard]] std::vector<std::string> files() const;
  /// Content as a program would read it now; empty where there is none.
  [[nodiscard]] Bytes content(const std::string& path) const;

 private:
  friend class VolatileFile;
  friend class VolatileFiles;
  friend class VolatileVfs;
  struct Change {
    std::uint64_t offset = 0;
    Bytes bytes;
    bool is_cut = false;  // the file ends at `offset`
  };
  struct Inode {
    Bytes now;
    Bytes safe;
    std::vector<Change> unsynced;
  };
  using InodePtr = std::shared_ptr<Inode>;
  struct Names {
    std::map<std::string, InodePtr> files;
    std::set<std::string> folders;
  };
  static void apply(const Change& change, Bytes& bytes);
  /// Counts one change; Io when the power is off, or goes off now.
  [[nodiscard]] Status begin_change();
  [[nodiscard]] Status check_power(std::uint64_t epoch) const;
  [[nodiscard]] Status change(Inode& inode, Change change, std::uint64_t epoch);
  [[nodiscard]] Status sync(Inode& inode, std::uint64_t epoch);
  [[nodiscard]] Result<InodePtr> open(const std::string& path, OpenMode mode);
  [[nodiscard]] Status rename(const std::string& from, const std::string& to, bool replace);
  [[nodiscard]] Status remove(const std::string& path);
  [[nodiscard]] Status create_folders(const std::string& path);
  [[nodiscard]] Status sync_folder(const std::string& path);
  void make_safe(const std::string& path);
  void keep_some_names();
  void power_off();

  mutable std::mutex mutex_;
  SeededRandom random_;
  Names now_;
  Names safe_;
  std::vector<std::pair<std::string, std::string>> renames_;  // not synced
  std::map<std::string, std::vector<std::unique_ptr<std::uint8_t[]>>> shared_memory_;  // SQLite's, by database
  std::uint64_t changes_ = 0;
  std::uint64_t cut_at_ = 0;  // 0: never
  bool is_cut_ = false;
  std::function<void()> tell_cut_;
  std::uint64_t epoch_ = 0;   // starts of the machine
};

class VolatileFiles final : public FileLayer {
 public:
  explicit VolatileFiles(VolatileDisk& disk) noexcept : disk_(disk) {}
  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
  [[nodiscard]] Status rename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) override;
  [[nodiscard]] Status remove(const std::filesystem::path& path) override;
  [[nodiscard]] Status create_folders(const std::filesystem::path& path) override;
  [[nodiscard]] Status sync_folder(const std::filesystem::path& path) override;
  [[nodiscard]] Result<std::uint64_t> size_of(const std::filesystem::path& path) override;
  [[nodiscard]] bool exists(const std::filesystem::path& path) override;

 private:
  VolatileDisk& disk_;
};

/// SQLite on the disk, while it lives, as SqlOptions::vfs = name(). One connection per database at a time.
class VolatileVfs {
 public:
  explicit VolatileVfs(VolatileDisk& disk);
  ~VolatileVfs();
  VolatileVfs(const VolatileVfs&) = delete;
  VolatileVfs& operator=(const VolatileVfs&) = delete;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  struct Methods;
  struct Registered;
  VolatileDisk& disk_;
  std::string name_;
  std::unique_ptr<Registered> registered_;
};

}  // namespace soulfabric::testing
