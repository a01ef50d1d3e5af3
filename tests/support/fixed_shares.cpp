// SPDX-License-Identifier: GPL-3.0-or-later
// A snapshot from one listing.
#include "support/fixed_shares.hpp"

#include <unistd.h>

#include <algorithm>

#include "soulfabric/library/snapshot_builder.hpp"
#include "soulseek/wire/browse_stream.hpp"

namespace soulfabric::testing {

FixedShares::FixedShares(std::string alias, std::filesystem::path root) : alias_(std::move(alias)), root_(std::move(root)) { refresh(); }

void FixedShares::refresh() {
  library::SnapshotBuilder builder(1);
  const auto share = builder.add_share(alias_, root_.string());
  if (std::filesystem::exists(root_)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      if (!entry.is_regular_file()) continue;
      const auto relative = std::filesystem::relative(entry.path(), root_);
      const std::string folder = relative.parent_path().string();
      const std::string leaf = relative.filename().string();
      library::SharedFile file;
      file.share = share;
      file.folder = folder;
      file.leaf = leaf;
      file.size = entry.file_size();
      file.attributes.bitrate_kbps = 192;
      file.attributes.duration_s = 60;
      builder.add(file);
    }
  }
  auto made = builder.finish();
  snapshot_ = made ? *made : library::Snapshot::empty();
  progress_.state = library::ScanState::Ready;
  const auto copy = observers_;
  for (auto* observer : copy) observer->on_snapshot(snapshot_);
}

Task<Status> FixedShares::start() { co_return Status{}; }
Task<void> FixedShares::stop() { co_return; }

Status FixedShares::start_scan(bool) {
  refresh();
  return {};
}

std::vector<library::ShareInfo> FixedShares::list() const {
  library::ShareInfo info;
  info.alias = alias_;
  info.remote_path = alias_;
  info.local_path = root_.string();
  info.files = snapshot_->file_count();
  info.directories = snapshot_->folder_count();
  return {info};
}

Task<Result<library::SharedFileHandle>> FixedShares::open_for_upload(std::string virtual_path, library::NetworkMask network) {
  const auto id = snapshot_->find_file(virtual_path, network);
  if (!id) co_return fail(Errc::NotFound, "not shared");
  co_return library::open_shared_file(*snapshot_, *id);
}

Task<Result<library::SharedListBody>> FixedShares::shared_list(library::NetworkMask networks) {
  soulseek::wire::BrowseWriter writer(snapshot_->visible_folder_count(networks));
  for (std::uint32_t i = 0; i < snapshot_->folder_count(); ++i) {
    const auto folder = snapshot_->folder(library::FolderId{i});
    if (folder.file_count == 0) continue;
    writer.folder(folder.path, folder.file_count);
    snapshot_->for_each_file(folder.id, networks, [&](const library::FileEntry& entry) { writer.file({entry.leaf, entry.size, {}, {}}); });
  }
  const auto frame = writer.finish();
  if (!frame) co_return std::unexpected(frame.error());
  constexpr std::size_t kHead = 8;  // length and code
  const auto path = std::filesystem::temp_directory_path() / ("sf_list_" + std::to_string(::getpid()) + "_" + alias_);
  const auto written = write_whole(path, ByteView(*frame).subspan(kHead), 0600);
  if (!written) co_return std::unexpected(written.error());
  SystemFiles files;
  auto file = files.open(path, OpenMode::Read);
  std::filesystem::remove(path);
  if (!file) co_return std::unexpected(file.error());
  library::SharedListBody body;
  body.file = std::move(*file);
  body.size = frame->size() - kHead;
  co_return body;
}

Task<Result<library::MediaTags>> FixedShares::tags_of(std::string) { co_return fail(Errc::NotFound, "never read"); }

}  // namespace soulfabric::testing
