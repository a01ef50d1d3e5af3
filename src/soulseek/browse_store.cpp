// SPDX-License-Identifier: GPL-3.0-or-later
// Two tables: folders (with folders that only exist as somebody's parent) and files in the order they came.
#include "browse_store.hpp"

#include <algorithm>

#include "convert.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE folders(id INTEGER PRIMARY KEY, path BLOB NOT NULL, parent BLOB NOT NULL, files INTEGER NOT NULL, locked INTEGER NOT NULL);
CREATE TABLE files(folder INTEGER NOT NULL, n INTEGER NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, extension BLOB NOT NULL,
  rate INTEGER, length INTEGER, vbr INTEGER, samples INTEGER, depth INTEGER, PRIMARY KEY(folder, n)) WITHOUT ROWID;
CREATE UNIQUE INDEX folder_path ON folders(path, locked);
CREATE INDEX folder_parent ON folders(parent, path);
)sql";

// Every ancestor is a row with two whole paths: without these two a list of deep folders fills the disk.
constexpr std::ptrdiff_t kDeepestFolder = 100;
constexpr std::string_view kMaxPages = "PRAGMA max_page_count=1048576";  // 4 GiB
constexpr std::size_t kMaxPageFiles = 100'000;  // of one page of whole folders, and of one folder there: an answer must fit into memory

std::string_view parent_of(std::string_view path) {
  const auto at = path.rfind('\\');
  return at == std::string_view::npos ? std::string_view() : path.substr(0, at);
}

std::string leaf_of(const std::string& path) {
  const auto at = path.rfind('\\');
  return at == std::string::npos ? path : path.substr(at + 1);
}

}  // namespace

Result<std::shared_ptr<BrowseStore>> BrowseStore::create(const std::filesystem::path& file) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix, ignored);
  SqlOptions options;
  options.full_sync = false;
  options.cache_kib = 8192;
  const std::string_view migrations[] = {kTables};
  SF_TRY_ASSIGN(Database database, Database::open(file, migrations, options));
  SF_TRY(database.execute(kMaxPages));
  SF_TRY(database.execute("PRAGMA synchronous=OFF"));  // a list that is lost is fetched again
  std::shared_ptr<BrowseStore> store(new BrowseStore(file, std::move(database)));
  SF_TRY(store->prepare());
  return store;
}

BrowseStore::BrowseStore(std::filesystem::path file, Database database)
    : file_(std::move(file)), database_(std::move(database)), parser_(std::make_unique<wire::BrowseParser>()) {}

BrowseStore::~BrowseStore() {
  add_folder_ = {};
  add_parent_ = {};
  add_file_ = {};
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + suffix, ignored);
}

Status BrowseStore::prepare() {
  SF_TRY_ASSIGN(add_folder_, database_.prepare("INSERT INTO folders(path,parent,files,locked) VALUES(?1,?2,?3,?4) ON CONFLICT(path,locked) DO UPDATE SET files=files+?3 RETURNING id"));
  SF_TRY_ASSIGN(add_parent_, database_.prepare("INSERT OR IGNORE INTO folders(path,parent,files,locked) VALUES(?1,?2,0,0)"));
  SF_TRY_ASSIGN(add_file_, database_.prepare("INSERT OR IGNORE INTO files VALUES(?,?,?,?,?,?,?,?,?,?)"));
  return database_.execute("BEGIN");
}

void BrowseStore::keep(Status status) {
  if (failure_ && !status) failure_ = std::move(status);
}

void BrowseStore::on_folder(std::string_view path, std::uint32_t files, bool is_private) {
  if (!failure_) return;
  if (std::count(path.begin(), path.end(), '\\') > kDeepestFolder) return keep(fail(Errc::Malformed, "the list of the user has folders within more than 100 others"));
  const auto parent = parent_of(path);
  if (parent != last_parent_) {
    for (auto at = parent; !at.empty(); at = parent_of(at)) {
      add_parent_.bind(1, bytes_of(at)).bind(2, bytes_of(parent_of(at)));
      keep(add_parent_.run());
      if (database_.changes() == 0) break;  // known, and so are those above it
    }
    last_parent_ = std::string(parent);
  }
  add_folder_.bind(1, bytes_of(path)).bind(2, bytes_of(parent)).bind(3, std::int64_t{files}).bind(4, std::int64_t{is_private});
  const auto row = add_folder_.step();
  if (!row) return keep(std::unexpected(row.error()));
  folder_ = add_folder_.integer(0);
  add_folder_.reset();
  n_ = 0;
}

void BrowseStore::on_file(const wire::BrowseFile& file) {
  if (!failure_) return;
  wire::FileEntry entry;
  entry.attributes.assign(file.attributes.begin(), file.attributes.end());
  const auto audio = to_remote(entry).attributes;
  const auto bind = [&](int index, const auto& value) {
    if (value) {
      add_file_.bind(index, static_cast<std::int64_t>(*value));
    } else {
      add_file_.bind_null(index);
    }
  };
  add_file_.bind(1, folder_).bind(2, n_++).bind(3, bytes_of(file.name)).bind(4, static_cast<std::int64_t>(file.size)).bind(5, bytes_of(file.extension));
  bind(6, audio.bit_rate);
  bind(7, audio.length);
  bind(8, audio.variable_bit_rate);
  bind(9, audio.sample_rate);
  bind(10, audio.bit_depth);
  keep(add_file_.run());
}

Status BrowseStore::feed(ByteView compressed) {
  SF_TRY(parser_->feed(compressed, *this));
  return failure_;
}

Status BrowseStore::finish() {
  SF_TRY(parser_->finish());
  SF_TRY(failure_);
  parser_.reset();
  return database_.execute("COMMIT");
}

Result<Page<BrowseFolderEntry>> BrowseStore::folders(const std::string& parent, std::uint64_t offset, std::uint32_t limit) {
  Page<BrowseFolderEntry> page;
  SF_TRY_ASSIGN(SqlStatement count, database_.prepare("SELECT count(*) FROM folders WHERE parent=?"));
  SF_TRY_ASSIGN(const bool counted, count.bind(1, bytes_of(parent)).step());
  if (counted) page.total = static_cast<std::uint64_t>(count.integer(0));
  count.reset();
  SF_TRY_ASSIGN(SqlStatement rows, database_.prepare("SELECT path,files,(SELECT count(*) FROM folders c WHERE c.parent=f.path) FROM folders f WHERE parent=? ORDER BY path LIMIT ? OFFSET ?"));
  rows.bind(1, bytes_of(parent)).bind(2, std::int64_t{limit}).bind(3, static_cast<std::int64_t>(offset));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return page;
    BrowseFolderEntry entry;
    entry.path = rows.text(0);
    entry.name = leaf_of(entry.path);
    entry.file_count = static_cast<std::uint32_t>(rows.integer(1));
    entry.folder_count = static_cast<std::uint32_t>(rows.integer(2));
    page.items.push_back(std::move(entry));
  }
}

Result<std::vector<RemoteFile>> BrowseStore::files_of(std::int64_t folder, std::uint64_t offset, std::uint64_t limit) {
  SF_TRY_ASSIGN(SqlStatement rows, database_.prepare("SELECT name,size,extension,rate,length,vbr,samples,depth FROM files WHERE folder=? ORDER BY n LIMIT ? OFFSET ?"));
  rows.bind(1, folder).bind(2, static_cast<std::int64_t>(limit)).bind(3, static_cast<std::int64_t>(offset));
  std::vector<RemoteFile> out;
  const auto number = [&](int column) { return rows.is_null(column) ? std::nullopt : std::optional(static_cast<std::uint32_t>(rows.integer(column))); };
  for (;;) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return out;
    RemoteFile file;
    file.name = rows.text(0);
    file.size = static_cast<std::uint64_t>(rows.integer(1));
    file.extension = rows.text(2);
    file.attributes.bit_rate = number(3);
    file.attributes.length = number(4);
    if (!rows.is_null(5)) file.attributes.variable_bit_rate = rows.integer(5) != 0;
    file.attributes.sample_rate = number(6);
    file.attributes.bit_depth = number(7);
    out.push_back(std::move(file));
  }
}

Result<Page<RemoteFile>> BrowseStore::files(const std::string& folder, std::uint64_t offset, std::uint32_t limit) {
  SF_TRY_ASSIGN(SqlStatement find, database_.prepare("SELECT id,files FROM folders WHERE path=? ORDER BY locked LIMIT 1"));
  SF_TRY_ASSIGN(const bool found, find.bind(1, bytes_of(folder)).step());
  if (!found) return fail(Errc::NotFound, "the list has no such folder");
  Page<RemoteFile> page;
  page.total = static_cast<std::uint64_t>(find.integer(1));
  SF_TRY_ASSIGN(page.items, files_of(find.integer(0), offset, limit));
  return page;
}

Result<Page<RemoteFolder>> BrowseStore::list(bool locked, std::uint64_t offset, std::uint32_t limit) {
  Page<RemoteFolder> page;
  SF_TRY_ASSIGN(SqlStatement count, database_.prepare("SELECT count(*) FROM folders WHERE locked=? AND files>0"));
  SF_TRY_ASSIGN(const bool counted, count.bind(1, std::int64_t{locked}).step());
  if (counted) page.total = static_cast<std::uint64_t>(count.integer(0));
  count.reset();
  SF_TRY_ASSIGN(SqlStatement rows, database_.prepare("SELECT id,path FROM folders WHERE locked=? AND files>0 ORDER BY id LIMIT ? OFFSET ?"));
  rows.bind(1, std::int64_t{locked}).bind(2, std::int64_t{limit}).bind(3, static_cast<std::int64_t>(offset));
  std::size_t files = 0;
  for (;;) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return page;
    RemoteFolder folder;
    folder.path = rows.text(1);
    SF_TRY_ASSIGN(folder.files, files_of(rows.integer(0), 0, kMaxPageFiles));
    files += folder.files.size();
    if (files > kMaxPageFiles && !page.items.empty()) return page;  // the rest is on the next page
    page.items.push_back(std::move(folder));
  }
}

}  // namespace soulfabric::soulseek
