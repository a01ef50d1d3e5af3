// SPDX-License-Identifier: GPL-3.0-or-later
// Mapping and writing the snapshot's cache file.
#include "soulfabric/library/snapshot_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "soulfabric/base/files.hpp"

namespace soulfabric::library {
namespace {

class Mapping {
 public:
  Mapping(void* address, std::size_t size) noexcept : address_(address), size_(size) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(address_, size_); }
  [[nodiscard]] ByteView bytes() const noexcept { return {static_cast<const std::uint8_t*>(address_), size_}; }
  /// The pages stay in the system's cache but no longer count as ours until they are used.
  void release_pages() const noexcept { ::madvise(address_, size_, MADV_DONTNEED); }

 private:
  void* address_;
  std::size_t size_;
};

Result<std::shared_ptr<const Mapping>> map(const std::filesystem::path& path) {
  const std::string what = "The search index cache " + path.string() + " could not be read";
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno == ENOENT) return fail(Errc::NotFound, "There is no search index cache yet.");
    return std::unexpected(error_from_errno(errno, what));
  }
  struct ::stat info {};
  const bool has_info = ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
  const auto size = static_cast<std::size_t>(has_info ? info.st_size : 0);
  void* address = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int error = errno;
  ::close(descriptor);
  if (size == 0) return fail(Errc::Corrupt, "The search index cache is damaged; it is built again.");
  if (address == MAP_FAILED) return std::unexpected(error_from_errno(error, what));
  return std::make_shared<const Mapping>(address, size);
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> open_snapshot_cache(const std::filesystem::path& path, std::uint64_t expected_stamp) {
  SF_TRY_ASSIGN(const std::shared_ptr<const Mapping> mapping, map(path));
  auto opened = Snapshot::open(mapping->bytes(), mapping, expected_stamp);
  mapping->release_pages();
  return opened;
}

Result<std::shared_ptr<const Snapshot>> store_snapshot(const std::filesystem::path& path, const Snapshot& snapshot) {
  SF_TRY(write_whole(path, snapshot.blob(), 0600));
  return open_snapshot_cache(path, snapshot.stamp());
}

}  // namespace soulfabric::library
