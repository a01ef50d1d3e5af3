// SPDX-License-Identifier: GPL-3.0-or-later
// Putting names, tags, the index and its cache together.
#include "scan_engine.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/blob.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/library/snapshot_cache.hpp"
#include "tag_scan.hpp"

namespace soulfabric::library {
namespace {

constexpr std::string_view kCacheFile = "library.idx";
constexpr std::string_view kDatabaseFile = "library.db";

/// Which roots are in a snapshot, under which rules.
std::uint64_t shape_of(const ShareRules& rules, const std::vector<ScanRoot>& roots) {
  std::uint64_t shape = rules.fingerprint();
  for (const ScanRoot& root : roots) {
    if (root.problem.empty()) shape = shape * 31 + hash64(bytes_of(root.path));
  }
  return shape;
}

IndexedShares count(std::shared_ptr<const Snapshot> snapshot) {
  IndexedShares out;
  out.counts.resize(snapshot->shares().size());
  for (std::uint32_t i = 0; i < snapshot->folder_count(); ++i) {
    const FolderEntry folder = snapshot->folder(FolderId{i});
    if (folder.share >= out.counts.size()) continue;
    ++out.counts[folder.share].folders;
    out.counts[folder.share].files += folder.file_count;
  }
  out.snapshot = std::move(snapshot);
  return out;
}

}  // namespace

ScanEngine::ScanEngine(std::filesystem::path data, MediaPoolOptions media, const Clock& clock)
    : data_(std::move(data)), media_options_(std::move(media)), clock_(clock) {}

Status ScanEngine::open() {
  SF_TRY_ASSIGN(store_, LibraryStore::open(data_ / kDatabaseFile));
  return {};
}

std::optional<IndexedShares> ScanEngine::load_kept(const ShareRules& rules) {
  const auto stale = store_->is_stale();
  const auto made_under = store_->number("rules", 0);
  const auto stamp = store_->number("stamp", 0);
  if (!stale || *stale || !made_under || !stamp || static_cast<std::uint64_t>(*made_under) != rules.fingerprint()) return std::nullopt;
  auto snapshot = open_snapshot_cache(data_ / kCacheFile, static_cast<std::uint64_t>(*stamp));
  if (!snapshot) {
    if (snapshot.error().code != Errc::NotFound) log::info("library", snapshot.error().message);
    return std::nullopt;
  }
  return count(std::move(*snapshot));
}

Result<ScanFindings> ScanEngine::look_at_all(const ShareRules& rules, bool read_all_tags, bool watch, const WatchNews& news) {
  for (const int number : news.gone) watch_.forget_watch(number);
  counters.phase = ScanPhase::Names;
  SF_TRY_ASSIGN(const std::int64_t made_under, store_->number("scanned_under", 0));
  FolderScan scan(*store_, rules, counters, clock_, watch ? &watch_ : nullptr);
  const bool has_new_rules = static_cast<std::uint64_t>(made_under) != rules.fingerprint();
  SF_TRY(scan.scan_all({read_all_tags, has_new_rules}));
  if (has_new_rules) SF_TRY(store_->set_number("scanned_under", static_cast<std::int64_t>(rules.fingerprint())));
  ScanFindings findings{scan.warnings(), scan.roots()};
  if (watch && !watch_.problem().empty()) findings.warnings.push_back(watch_.problem());
  return findings;
}

Result<ScanFindings> ScanEngine::look_at_changed(const ShareRules& rules, const WatchNews& news, const std::vector<std::int64_t>& folders) {
  std::vector<std::int64_t> ids = folders;
  for (const int number : news.changed) {
    if (const std::int64_t id = watch_.folder_of(number); id != 0) ids.push_back(id);
  }
  for (const int number : news.gone) {
    // The folder is gone or moved away; its parent has news as well.
    if (const std::int64_t id = watch_.folder_of(number); id != 0) ids.push_back(id);
    watch_.forget_watch(number);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  FolderScan scan(*store_, rules, counters, clock_, &watch_);
  SF_TRY(scan.scan_folders(ids));
  return ScanFindings{scan.warnings(), scan.roots()};
}

Status ScanEngine::fill(SnapshotBuilder& builder, const ShareRules& rules, const std::vector<ScanRoot>& roots) {
  std::unordered_map<std::int64_t, std::vector<std::pair<std::uint32_t, NetworkMask>>> shares_of_root;
  for (const ShareRule& share : rules.shares()) {
    const std::uint32_t number = builder.add_share(share.alias, share.path);
    for (const ScanRoot& root : roots) {
      if (root.path == share.path && root.problem.empty()) shares_of_root[root.number].emplace_back(number, share.networks);
    }
  }
  return store_->for_each([&](const StoredFolder& folder) {
    const auto shares = shares_of_root.find(folder.root);
    if (shares == shares_of_root.end()) return true;
    for (const auto& [number, networks] : shares->second) {
      FolderRecordReader reader(folder.record);
      FolderFileView file;
      while (reader.next(file)) {
        builder.add({number, folder.path, file.name, file.stamp.size, unpack_attributes(file.packed), networks});
      }
    }
    return true;
  });
}

Result<std::optional<IndexedShares>> ScanEngine::index(const ShareRules& rules, const std::vector<ScanRoot>& roots, std::uint64_t stamp_in_use) {
  SF_TRY_ASSIGN(const bool is_stale, store_->is_stale());
  SF_TRY_ASSIGN(const std::int64_t stamp_kept, store_->number("stamp", 0));
  SF_TRY_ASSIGN(const std::int64_t shape_kept, store_->number("shape", 0));
  const std::uint64_t shape = shape_of(rules, roots);
  if (!is_stale && static_cast<std::uint64_t>(shape_kept) == shape && static_cast<std::uint64_t>(stamp_kept) == stamp_in_use) return std::nullopt;
  counters.phase = ScanPhase::Index;
  SF_TRY_ASSIGN(const std::int64_t builds, store_->number("builds", 0));
  // The time keeps it from being given twice when a power cut takes the count of builds back.
  const auto time = static_cast<std::uint64_t>(to_unix_micros(clock_.wall()));
  const std::uint64_t stamp = (shape ^ (time + static_cast<std::uint64_t>(builds + 1)) * 0x9E3779B97F4A7C15ULL) | 1U;
  SnapshotBuilder builder(stamp);
  SF_TRY(fill(builder, rules, roots));
  SF_TRY_ASSIGN(std::shared_ptr<const Snapshot> snapshot, builder.finish());
  SF_TRY(store_->begin());
  SF_TRY(store_->set_number("builds", builds + 1));
  SF_TRY(store_->set_number("shape", static_cast<std::int64_t>(shape)));
  SF_TRY(store_->set_number("rules", static_cast<std::int64_t>(rules.fingerprint())));
  SF_TRY(store_->mark_built(stamp));
  // Without it the next start scans before it answers; that is no reason to fail.
  auto mapped = store_snapshot(data_ / kCacheFile, *snapshot);
  if (!mapped) log::warning("library", mapped.error().message);
  return count(mapped ? std::move(*mapped) : std::move(snapshot));
}

Status ScanEngine::read_tags(const std::vector<ScanRoot>& roots) {
  SF_TRY_ASSIGN(const std::uint64_t owed, store_->pending_files());
  if (owed == 0 || !has_media()) return {};
  counters.phase = ScanPhase::Tags;
  if (!media_) media_ = std::make_unique<MediaPool>(media_options_, clock_);
  TagScan tags(*store_, roots, counters, clock_);
  return tags.run(*media_);
}

Status ScanEngine::remember_scan(std::int64_t unix_seconds, std::uint64_t files) {
  SF_TRY(store_->set_number("last_scan", unix_seconds));
  return store_->set_number("last_files", static_cast<std::int64_t>(files));
}
std::int64_t ScanEngine::last_scan() { return store_->number("last_scan", 0).value_or(0); }
std::uint64_t ScanEngine::last_file_count() { return static_cast<std::uint64_t>(store_->number("last_files", 0).value_or(0)); }

}  // namespace soulfabric::library
