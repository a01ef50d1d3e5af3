// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's file system interface over a VolatileDisk, with the same syncs of folders as SQLite's own for unix.
#include <sqlite3.h>

#include <atomic>
#include <cstring>

#include "volatile_disk.hpp"

namespace soulfabric::testing {

struct VolatileVfs::Methods {
  /// Behind sqlite3_file, which SQLite allocates.
  struct Handle {
    VolatileDisk* disk;
    VolatileDisk::InodePtr inode;
    std::string path;  // empty for a temporary file
    std::uint64_t epoch = 0;
    bool sync_folder_first = false;  // a new journal: its name becomes safe with its first sync
    bool remove_at_close = false;
  };
  struct OpenFile {
    sqlite3_file base;
    Handle* handle;
  };
  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file)->handle; }
  static VolatileDisk& of(sqlite3_vfs* vfs) { return *static_cast<VolatileDisk*>(vfs->pAppData); }
  static sqlite3_vfs* system() { return sqlite3_vfs_find(nullptr); }

  static int close(sqlite3_file* file) {
    Handle* handle = reinterpret_cast<OpenFile*>(file)->handle;
    if (handle->remove_at_close && !handle->path.empty()) (void)handle->disk->remove(handle->path);
    delete handle;
    return SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset) {
    Handle& h = of(file);
    const std::scoped_lock lock(h.disk->mutex_);
    if (!h.disk->check_power(h.epoch)) return SQLITE_IOERR_READ;
    const Bytes& bytes = h.inode->now;
    const auto from = static_cast<std::size_t>(offset);
    const auto wanted = static_cast<std::size_t>(amount);
    const std::size_t there = from >= bytes.size() ? 0 : std::min(wanted, bytes.size() - from);
    if (there > 0) std::memcpy(out, bytes.data() + from, there);
    std::memset(static_cast<std::uint8_t*>(out) + there, 0, wanted - there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* file, const void* data, int amount, sqlite3_int64 offset) {
    Handle& h = of(file);
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    return h.disk->change(*h.inode, {static_cast<std::uint64_t>(offset), Bytes(bytes, bytes + amount), false}, h.epoch) ? SQLITE_OK
                                                                                                                       : SQLITE_IOERR_WRITE;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& h = of(file);
    return h.disk->change(*h.inode, {static_cast<std::uint64_t>(size), {}, true}, h.epoch) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
  }
  static int sync(sqlite3_file* file, int) {
    Handle& h = of(file);
    if (!h.disk->sync(*h.inode, h.epoch)) return SQLITE_IOERR_FSYNC;
    if (h.sync_folder_first && !h.disk->sync_folder(std::filesystem::path(h.path).parent_path().string())) return SQLITE_IOERR_DIR_FSYNC;
    h.sync_folder_first = false;
    return SQLITE_OK;
  }
  static int size(sqlite3_file* file, sqlite3_int64* out) {
    Handle& h = of(file);
    const std::scoped_lock lock(h.disk->mutex_);
    if (!h.disk->check_power(h.epoch)) return SQLITE_IOERR_FSTAT;
    *out = static_cast<sqlite3_int64>(h.inode->now.size());
    return SQLITE_OK;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int is_reserved(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 512; }
  static int characteristics(sqlite3_file*) { return 0; }
  static int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    Handle& h = of(file);
    const std::scoped_lock lock(h.disk->mutex_);
    *out = nullptr;
    if (!h.disk->check_power(h.epoch)) return SQLITE_IOERR_SHMMAP;
    auto& pages = h.disk->shared_memory_[h.path];
    const auto index = static_cast<std::size_t>(page);
    while (pages.size() <= index) {
      if (extend == 0) return SQLITE_OK;
      pages.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
    }
    *out = pages[index].get();
    return SQLITE_OK;
  }
  static int lock_shared(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
  static int unmap_shared(sqlite3_file* file, int remove) {
    Handle& h = of(file);
    const std::scoped_lock lock(h.disk->mutex_);
    if (remove != 0 && h.disk->check_power(h.epoch)) h.disk->shared_memory_.erase(h.path);
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    static const sqlite3_io_methods kMethods = {2,        close,       read,        write,           truncate,   sync,        size,    lock,    lock,
                                                is_reserved, control, sector_size, characteristics, map_shared, lock_shared, barrier, unmap_shared,
                                                nullptr,  nullptr};
    VolatileDisk& disk = of(vfs);
    auto handle = std::make_unique<Handle>();
    handle->disk = &disk;
    file->pMethods = nullptr;
    if (name == nullptr) {
      handle->inode = std::make_shared<VolatileDisk::Inode>();
    } else {
      handle->path = name;
      const bool is_new = !disk.open(name, OpenMode::Read);
      auto inode = disk.open(name, (flags & SQLITE_OPEN_CREATE) != 0 ? OpenMode::Create : OpenMode::Read);
      if (!inode) return SQLITE_CANTOPEN;
      handle->inode = std::move(*inode);
      handle->sync_folder_first = is_new && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    }
    {
      const std::scoped_lock lock(disk.mutex_);
      handle->epoch = disk.epoch_;
    }
    handle->remove_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    reinterpret_cast<OpenFile*>(file)->handle = handle.release();
    file->pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    VolatileDisk& disk = of(vfs);
    const Status removed = disk.remove(name);
    if (!removed) return removed.error().code == Errc::NotFound ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    if (sync_folder != 0 && !disk.sync_folder(std::filesystem::path(name).parent_path().string())) return SQLITE_IOERR_DIR_FSYNC;
    return SQLITE_OK;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    *out = of(vfs).open(name, OpenMode::Read) ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs*, int size, char* out) { return system()->xRandomness(system(), size, out); }
  static int sleep(sqlite3_vfs*, int micros) { return system()->xSleep(system(), micros); }
  static int time(sqlite3_vfs*, double* out) { return system()->xCurrentTime(system(), out); }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

struct VolatileVfs::Registered {
  sqlite3_vfs vfs{};
};

VolatileVfs::VolatileVfs(VolatileDisk& disk) : disk_(disk), registered_(std::make_unique<Registered>()) {
  static std::atomic<int> count = 0;
  name_ = "volatile-" + std::to_string(++count);
  sqlite3_vfs& vfs = registered_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(Methods::OpenFile);
  vfs.mxPathname = 512;
  vfs.zName = name_.c_str();
  vfs.pAppData = &disk_;
  vfs.xOpen = Methods::open;
  vfs.xDelete = Methods::remove;
  vfs.xAccess = Methods::access;
  vfs.xFullPathname = Methods::full_path;
  vfs.xRandomness = Methods::randomness;
  vfs.xSleep = Methods::sleep;
  vfs.xCurrentTime = Methods::time;
  vfs.xGetLastError = Methods::last_error;
  sqlite3_vfs_register(&vfs, 0);
}

VolatileVfs::~VolatileVfs() { sqlite3_vfs_unregister(&registered_->vfs); }

}  // namespace soulfabric::testing
