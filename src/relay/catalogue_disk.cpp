// SPDX-License-Identifier: GPL-3.0-or-later
// One file per key, named by its hash, written whole.
#include "catalogue_disk.hpp"

#include <utility>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kFilesSeen = 200'000;  // of the folder, at the start
constexpr std::size_t kOwed = 64;            // changes that wait for the disk; more are left out

struct FoundFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t order = 0;
};

/// Everything in the folder that is ours; what a write left behind when the power went is deleted. On a worker.
Result<std::vector<FoundFile>> look(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::Io, error.message());
  std::vector<FoundFile> out;
  auto entry = std::filesystem::directory_iterator(folder, error);
  for (std::size_t seen = 0; !error && seen < kFilesSeen && entry != std::filesystem::directory_iterator(); ++seen, entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code gone;
    if (name.ends_with(".new") && is_shelf_name(std::string_view(name).substr(0, name.size() - 4))) std::filesystem::remove(entry->path(), gone);
    if (!is_shelf_name(name) || !std::filesystem::is_regular_file(entry->symlink_status(gone))) continue;
    const auto size = std::filesystem::file_size(entry->path(), gone);
    if (gone) continue;
    const auto written = std::filesystem::last_write_time(entry->path(), gone);
    out.push_back({name, size, std::chrono::duration_cast<std::chrono::milliseconds>(written.time_since_epoch()).count()});
  }
  if (error) return fail(Errc::Io, error.message());
  return out;
}

}  // namespace

CatalogueDisk::CatalogueDisk(IoContext& context, IoClock& clock, WorkerPool& workers, std::filesystem::path folder, std::uint64_t cap)
    : clock_(clock), workers_(workers), folder_(std::move(folder)), shelf_(cap), scope_(context, "catalogue disk") {}

Task<void> CatalogueDisk::start() {
  if (folder_.empty()) co_return;
  const auto found = co_await workers_.run([folder = folder_] { return look(folder); });
  if (!found) {
    log::warning("catalogue", "The folder for the catalogue's last answers cannot be used, so none are kept on disk: " + found.error().message);
    co_return;
  }
  for (const FoundFile& file : *found) shelf_.found(file.name, file.bytes, file.order);
  ready_ = scope_.spawn("write", follow());
  drop_surplus();
}

Task<void> CatalogueDisk::stop() {
  stopping_ = true;
  more_.notify_all();
  co_await scope_.join();
}

void CatalogueDisk::resize(std::uint64_t cap) {
  shelf_.resize(cap);
  drop_surplus();
}

Task<std::optional<CatalogueEntry>> CatalogueDisk::read(CatalogueKey key) {
  const std::string name = shelf_name(key);
  if (!ready_ || !shelf_.has(name)) co_return std::nullopt;
  if (const auto owed = owed_.find(name); owed != owed_.end() && owed->second) {
    auto entry = decode_shelved(key, *owed->second);
    if (entry) co_return std::move(*entry);
  }
  auto entry = co_await workers_.run([path = folder_ / name, key]() -> Result<CatalogueEntry> {
    SF_TRY_ASSIGN(const Bytes file, read_whole(path, kShelfFileCap));
    return decode_shelved(key, file);
  });
  if (entry) co_return std::move(*entry);
  erase(key);
  co_return std::nullopt;
}

void CatalogueDisk::write(const CatalogueKey& key, const CatalogueEntry& entry) {
  if (!ready_) return;
  const std::string name = shelf_name(key);
  Bytes content = encode_shelved(key, entry);
  if (!owed_.contains(name) && order_.size() >= kOwed) return;
  shelf_.written(name, content.size());
  owe(name, std::move(content));
  drop_surplus();
}

void CatalogueDisk::erase(const CatalogueKey& key) {
  const std::string name = shelf_name(key);
  if (!ready_ || !shelf_.has(name)) return;
  shelf_.gone(name);
  owe(name, std::nullopt);
}

void CatalogueDisk::clear() {
  for (const std::string& name : shelf_.names()) {
    shelf_.gone(name);
    owe(name, std::nullopt);
  }
}

void CatalogueDisk::drop_surplus() {
  if (!ready_) return;
  for (const std::string& name : shelf_.surplus()) owe(name, std::nullopt);
}

void CatalogueDisk::owe(const std::string& name, std::optional<Bytes> content) {
  if (owed_.insert_or_assign(name, std::move(content)).second) order_.push_back(name);
  more_.notify_all();
}

Task<void> CatalogueDisk::follow() {
  for (;;) {
    while (order_.empty() && !stopping_) co_await more_.wait(clock_, kNever);
    if (order_.empty()) co_return;
    const std::string name = order_.front();
    order_.pop_front();
    std::optional<Bytes> content = std::move(owed_.extract(name).mapped());
    const auto done = co_await workers_.run([path = folder_ / name, content = std::move(content)]() -> Status {
      if (content) return write_whole(path, *content, 0600);
      std::error_code error;
      std::filesystem::remove(path, error);
      return {};
    });
    if (!done && !failed_) log::warning("catalogue", "An answer of the catalogue could not be kept on disk: " + done.error().message);
    failed_ = !done;
    if (!done && !owed_.contains(name)) shelf_.gone(name);
  }
}

}  // namespace soulfabric::relay
