// SPDX-License-Identifier: GPL-3.0-or-later
// What others ask of the verified copies: by content, by path, and what is private.
#include <algorithm>
#include <limits>

#include "copy_store.hpp"
#include "verified_service.hpp"

namespace soulfabric::library {

namespace {

std::string alias_of(std::string_view virtual_path) { return std::string(virtual_path.substr(0, virtual_path.find('\\'))); }

}  // namespace

std::set<std::string> VerifiedService::mesh_roots() const {
  std::set<std::string> out;
  for (const ShareInfo& share : shares_.list()) {
    if (!share.is_excluded && (share.networks & kMeshNetwork) != 0) out.insert(share.local_path);
  }
  return out;
}

std::set<std::string> VerifiedService::private_aliases() const {
  std::set<std::string> out;
  for (const ShareInfo& share : shares_.list()) {
    if (share.is_private) out.insert(share.alias);
  }
  return out;
}

std::optional<std::string> VerifiedService::offered_as(const CopyRecord& record, const std::set<std::string>& roots) const {
  const auto looked = looked_.find(record.look);
  if (looked == looked_.end() || !roots.contains(record.place.root)) return std::nullopt;
  const std::string real = record.place.real();
  if (private_.covers(real)) return std::nullopt;
  std::string shown = looked->second->virtual_path(record.file);
  const std::shared_ptr<const Snapshot> present = shares_.snapshot();
  FileId now = record.file;
  if (present != looked->second) {
    const auto found = present->find_file(shown, kMeshNetwork);
    if (!found) return std::nullopt;
    now = *found;
  }
  if (!present->is_visible(now, kMeshNetwork) || present->file(now).size != record.stamp.size || present->real_path(now) != real) return std::nullopt;
  return shown;
}

std::optional<VerifiedService::Served> VerifiedService::served_copy(const ContentId& id) const {
  const std::vector<const CopyRecord*> records = book_.of(id);
  if (records.empty()) return std::nullopt;
  const std::set<std::string> roots = mesh_roots();
  for (const CopyRecord* record : records) {
    auto shown = offered_as(*record, roots);
    if (shown) return Served{record, std::move(*shown)};
  }
  return std::nullopt;
}

std::optional<VerifiedCopy> VerifiedService::find(const ContentId& id) const {
  auto served = served_copy(id);
  if (!served) return std::nullopt;
  return VerifiedCopy{id, served->record->stamp.size, served->record->root, std::move(served->virtual_path)};
}

/// Of contents that were hashed once; of others no id is known. A private mark is told before all else.
CopyState VerifiedService::state_of(const ContentId& id) const {
  if (served_copy(id)) return CopyState::Verified;
  std::set<std::string> private_roots;
  for (const ShareInfo& share : shares_.list()) {
    if (share.is_private) private_roots.insert(share.local_path);
  }
  CopyState state = CopyState::NotShared;
  for (const CopyRecord* record : book_.known_as(id)) {
    if (private_roots.contains(record->place.root) || private_.covers(record->place.real())) return CopyState::Private;
    if (!record->is_hashed) {
      state = CopyState::Changed;
    } else if (state == CopyState::NotShared) {
      state = record->state == CopyState::Verified ? CopyState::NotForMesh : record->state;
    }
  }
  return state;
}

VerifiedCopies::ServedPart VerifiedService::served_part(std::size_t from, std::size_t most) const {
  ServedPart out;
  const std::set<std::string> roots = mesh_roots();
  out.next = book_.visit_verified(from, most, [&](const CopyRecord& record) {
    if (offered_as(record, roots)) out.ids.push_back(record.id);
  });
  return out;
}

std::vector<ContentId> VerifiedService::served() const {
  std::vector<ContentId> out = served_part(0, std::numeric_limits<std::size_t>::max()).ids;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

CopyStatus VerifiedService::status(const Snapshot& snapshot, FileId file, const std::set<std::string>& private_shares) const {
  CopyStatus out;
  const FileEntry entry = snapshot.file(file);
  out.virtual_path = snapshot.virtual_path(file);
  out.size = entry.size;
  const FolderEntry folder = snapshot.folder(entry.folder);
  const std::string root = folder.share < snapshot.shares().size() ? std::string(snapshot.shares()[folder.share].root) : std::string();
  const std::string real = snapshot.real_path(file);
  const CopyRecord* record = real.size() > root.size() ? book_.at({root, real.substr(root.size() + 1)}) : nullptr;
  if (record != nullptr && record->look != 0) {
    out.state = record->state;
    if (record->is_hashed) {
      out.id = record->id;
      out.root = record->root;
    }
    if (record->checked_us != 0) out.checked = from_unix_micros(record->checked_us);
    if (record->seconds >= 0) out.seconds = record->seconds;
  }
  if (out.state == CopyState::Verified && record->stamp.size != entry.size) out.state = CopyState::Changed;
  if ((entry.networks & kMeshNetwork) == 0) out.state = CopyState::NotForMesh;
  if (private_.covers(real) || private_shares.contains(alias_of(out.virtual_path))) out.state = CopyState::Private;
  out.reason = reason_of(out.state);
  if (out.state == CopyState::Waiting && !fault_.empty()) out.reason = fault_;
  if (out.state == CopyState::Waiting && !settings_.enabled) out.reason = "Verifying is switched off: set relay.content.hashing to true.";
  if (out.state == CopyState::Waiting && settings_.enabled && paused_) out.reason = "Verifying is paused: let it go on.";
  return out;
}

Task<Result<CopyStatus>> VerifiedService::status_of(std::string virtual_path) {
  const std::shared_ptr<const Snapshot> snapshot = shares_.snapshot();
  const std::optional<FileId> file = snapshot->find_file(virtual_path, kAllNetworks);
  const std::set<std::string> private_shares = private_aliases();
  if (file) co_return status(*snapshot, *file, private_shares);
  CopyStatus out;
  out.virtual_path = std::move(virtual_path);
  out.state = private_shares.contains(alias_of(out.virtual_path)) ? CopyState::Private : CopyState::NotShared;
  out.reason = reason_of(out.state);
  co_return out;
}

Task<Result<std::vector<CopyStatus>>> VerifiedService::status_in(std::string virtual_folder) {
  std::vector<CopyStatus> out;
  const std::shared_ptr<const Snapshot> snapshot = shares_.snapshot();
  const std::optional<FolderId> folder = snapshot->find_folder(virtual_folder, kAllNetworks);
  const std::set<std::string> private_shares = private_aliases();
  if (folder) {
    snapshot->for_each_file(*folder, kAllNetworks, [&](const FileEntry& file) { out.push_back(status(*snapshot, file.id, private_shares)); });
  }
  co_return out;
}

HashingProgress VerifiedService::progress() const {
  const CopyCounts& counts = book_.counts();
  HashingProgress out;
  out.running = is_reading_ && may_read();
  out.paused = paused_;
  out.files_done = counts.files_done;
  out.files_total = counts.files;
  out.bytes_done = counts.bytes_done + (is_reading_ ? pace_->bytes.load() : 0);
  out.bytes_total = counts.bytes;
  out.bytes_per_second = out.running ? bytes_per_second_ : 0;
  out.verified = counts.verified;
  out.refused = counts.refused;
  out.fault = fault_;
  return out;
}

Task<Status> VerifiedService::set_private(std::string virtual_path, bool is_private) {
  const std::shared_ptr<const Snapshot> snapshot = shares_.snapshot();
  std::string real;
  std::string shown = virtual_path;
  if (const auto file = snapshot->find_file(virtual_path, kAllNetworks)) {
    real = snapshot->real_path(*file);
    shown = snapshot->virtual_path(*file);
  } else if (const auto folder = snapshot->find_folder(virtual_path, kAllNetworks)) {
    real = snapshot->real_path(*folder);
    shown = std::string(snapshot->folder(*folder).path);
  }
  if (is_private) {
    if (real.empty()) co_return fail(Errc::NotFound, "No file or folder '" + virtual_path + "' is shared: check the path.");
    private_.add(real, shown);
    db_->submit([real, shown](Database& db) { return store_private(db, real, shown); });
  } else {
    const std::vector<std::string> freed = private_.remove(shown, real);
    if (freed.empty()) co_return fail(Errc::NotFound, "'" + virtual_path + "' is not marked private itself: a folder above it may be.");
    for (const std::string& path : freed) {
      db_->submit([path](Database& db) { return forget_private(db, path); });
    }
  }
  tell_change();
  const Status stored = co_await db_->flush();
  SF_CO_TRY(stored);
  auto synced = co_await db_->query([](Database& db) { return sync_copy_store(db); });
  co_return synced;
}

Task<Status> VerifiedService::check() {
  if (!db_) co_return Status{};
  auto checked = co_await db_->query([](Database& db) { return db.quick_check(); });
  co_return checked;
}

}  // namespace soulfabric::library
