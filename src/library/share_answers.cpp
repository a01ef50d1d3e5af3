// SPDX-License-Identifier: GPL-3.0-or-later
// What others ask of the shares: the list of them, files to upload, the list for peers, tags.
#include "core/folder_record.hpp"
#include "list_body.hpp"
#include "share_service.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

Result<MediaTags> stored_tags(const std::filesystem::path& database, const std::string& root, const std::string& relative) {
  SF_TRY_ASSIGN(LibraryStore store, LibraryStore::open(database));
  SF_TRY_ASSIGN(const std::int64_t number, store.root_number(root));
  const std::size_t slash = relative.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : relative.substr(0, slash);
  const std::string name = slash == std::string::npos ? relative : relative.substr(slash + 1);
  SF_TRY_ASSIGN(const std::optional<StoredFolder> found, store.find(number, folder));
  if (found) {
    FolderRecordReader reader(found->record);
    for (FolderFileView file; reader.next(file);) {
      if (file.name != name || file.state != TagState::Read) continue;
      MediaTags tags = unpack_tags(file.packed);
      for (std::size_t i = 0; i < kFirstGuidField; ++i) tags.*kTagFields[i] = display_text(tags.*kTagFields[i]);
      return tags;
    }
  }
  return fail(Errc::NotFound, "No tags are known of this file.");
}

}  // namespace

std::vector<ShareInfo> ShareService::list() const {
  std::vector<ShareInfo> out;
  for (const ShareRule& line : rules_->lines()) {
    ShareInfo info;
    info.id = crypto::sha1_hex(bytes_of(line.alias));
    info.alias = line.alias;
    info.is_excluded = line.is_excluded;
    info.local_path = line.path;
    info.raw = line.raw;
    info.remote_path = line.alias;
    info.networks = line.networks;
    info.is_private = line.is_private;
    for (const ScanRoot& root : roots_) {
      if (!line.is_excluded && root.path == line.path) info.problem = root.problem;
    }
    if (!line.is_excluded) {
      // A snapshot made under other rules has other shares: counts go by name.
      const auto& shares = indexed_.snapshot->shares();
      for (std::size_t i = 0; i < shares.size() && i < indexed_.counts.size(); ++i) {
        if (shares[i].alias != line.alias || shares[i].root != line.path) continue;
        info.directories = indexed_.counts[i].folders;
        info.files = indexed_.counts[i].files;
      }
    }
    out.push_back(std::move(info));
  }
  return out;
}

Task<Result<SharedFileHandle>> ShareService::open_for_upload(std::string virtual_path, NetworkMask network) {
  const std::shared_ptr<const Snapshot> snapshot = indexed_.snapshot;
  const std::optional<FileId> id = snapshot->find_file(virtual_path, network);
  if (!id) co_return fail(Errc::NotFound, "File not shared.");
  const FileId file = *id;
  auto opened = co_await serve_workers_.run([snapshot, file] { return open_shared_file(*snapshot, file); });
  co_return opened;
}

/// However the making ends, cancelled too, those who wait for it are woken and no empty place is left behind.
class ShareService::ListMaking {
 public:
  ListMaking(ShareService& service, NetworkMask networks, std::shared_ptr<const Snapshot> shows)
      : service_(service), networks_(networks), shows_(std::move(shows)) {}
  ListMaking(const ListMaking&) = delete;
  ListMaking& operator=(const ListMaking&) = delete;
  ~ListMaking() {
    const auto place = service_.lists_.find(networks_);
    if (place != service_.lists_.end() && place->second.shows == shows_ && !place->second.body) service_.lists_.erase(place);
    service_.list_made_.notify_all();
  }

 private:
  ShareService& service_;
  NetworkMask networks_;
  std::shared_ptr<const Snapshot> shows_;
};

Task<Result<SharedListBody>> ShareService::shared_list(NetworkMask networks) {
  const std::shared_ptr<const Snapshot> snapshot = indexed_.snapshot;
  for (;;) {
    const auto kept = lists_.find(networks);
    if (kept == lists_.end() || kept->second.shows != snapshot) break;
    if (kept->second.body) co_return *kept->second.body;
    const bool was_made = co_await list_made_.wait(clock_, kNever);
    (void)was_made;
  }
  lists_[networks] = KeptList{snapshot, std::nullopt};
  const ListMaking making(*this, networks, snapshot);
  auto made = co_await serve_workers_.run([snapshot, networks, folder = settings_.data] { return write_list_body(*snapshot, networks, folder); });
  // A newer snapshot may have taken the place meanwhile; the answer is still right for who asked.
  const auto place = lists_.find(networks);
  if (place != lists_.end() && place->second.shows == snapshot) {
    if (made) place->second.body = *made;
  }
  co_return made;
}

Task<Result<MediaTags>> ShareService::tags_of(std::string virtual_path) {
  const std::shared_ptr<const Snapshot> snapshot = indexed_.snapshot;
  const std::optional<FileId> id = snapshot->find_file(virtual_path, kAllNetworks);
  if (!id) co_return fail(Errc::NotFound, "File not shared.");
  const std::uint32_t share = snapshot->folder(snapshot->file(*id).folder).share;
  const std::string root = share < snapshot->shares().size() ? std::string(snapshot->shares()[share].root) : std::string();
  const std::string real = snapshot->real_path(*id);
  if (root.empty() || real.size() <= root.size()) co_return fail(Errc::NotFound, "File not shared.");
  const std::string relative = real.substr(root.size() + 1);
  const std::filesystem::path database = settings_.data / "library.db";
  auto tags = co_await serve_workers_.run([database, root, relative] { return stored_tags(database, root, relative); });
  co_return tags;
}

Result<std::unique_ptr<Shares>> make_shares(IoContext& context, IoClock& clock, SharesSettings settings) {
  std::vector<std::string> left_out;
  for (const auto& path : settings.excluded) left_out.push_back(path.string());
  SF_TRY_ASSIGN(ShareRules rules, ShareRules::make(settings.options, left_out));
  auto shared = std::make_shared<const ShareRules>(std::move(rules));
  return std::make_unique<ShareService>(context, clock, std::move(settings), std::move(shared));
}

std::filesystem::path default_media_program() {
  std::error_code code;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return {};
  const auto beside = own.parent_path() / "soulfabric-media";
  return std::filesystem::exists(beside, code) ? beside : std::filesystem::path();
}

}  // namespace soulfabric::library
