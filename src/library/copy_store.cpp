// SPDX-License-Identifier: GPL-3.0-or-later
// The statements behind the rows of verified.db.
#include "copy_store.hpp"

#include <algorithm>

namespace soulfabric::library {
namespace {

constexpr std::string_view kMigrations[] = {
    "CREATE TABLE copies(root BLOB NOT NULL, path BLOB NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, inode INTEGER NOT NULL,"
    " state INTEGER NOT NULL, sha256 BLOB, tree BLOB, layer BLOB, seconds REAL NOT NULL, checked INTEGER NOT NULL, PRIMARY KEY(root, path));"
    "CREATE TABLE private(path BLOB PRIMARY KEY, shown TEXT NOT NULL) WITHOUT ROWID"};

std::string from_blob(const Bytes& bytes) { return std::string(text_of(bytes)); }

bool take_hash(const Bytes& bytes, crypto::Sha256& out) {
  if (bytes.size() != out.size()) return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return true;
}

/// What a reading came to and a later run may rely on; all else is read again.
bool is_kept(CopyState state) {
  return state == CopyState::Verified || state == CopyState::Undecodable || state == CopyState::WrongLength || state == CopyState::Silent ||
         state == CopyState::NotAudio || state == CopyState::MediaFailed;
}

}  // namespace

Result<Database> open_copy_store(const std::filesystem::path& file, const std::string& vfs) {
  SqlOptions options;
  options.full_sync = false;
  options.vfs = vfs;
  return Database::open(file, kMigrations, options);
}

Status sync_copy_store(Database& db) {
  SF_TRY_ASSIGN(SqlStatement checkpoint, db.prepare("PRAGMA wal_checkpoint(FULL)"));
  SF_TRY_ASSIGN(const bool has_row, checkpoint.step());
  if (!has_row || checkpoint.integer(0) != 0) return fail(Errc::Busy, "The file of verified copies is in use by another program: try again.");
  return {};
}

Result<std::vector<CopyRecord>> stored_copies(Database& db) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT root, path, size, modified, inode, state, sha256, tree, seconds, checked FROM copies"));
  std::vector<CopyRecord> out;
  for (;;) {
    SF_TRY_ASSIGN(const bool has_row, select.step());
    if (!has_row) return out;
    CopyRecord record;
    record.place = {from_blob(select.blob(0)), from_blob(select.blob(1))};
    record.stamp = {static_cast<std::uint64_t>(select.integer(2)), select.integer(3), static_cast<std::uint64_t>(select.integer(4))};
    record.state = static_cast<CopyState>(select.integer(5));
    record.is_hashed = take_hash(select.blob(6), record.id.sha256) && take_hash(select.blob(7), record.root);
    record.seconds = select.real(8);
    record.checked_us = select.integer(9);
    if (!is_kept(record.state) || (record.state == CopyState::Verified && !record.is_hashed)) continue;
    out.push_back(std::move(record));
  }
}

Status store_copy(Database& db, const CopyRecord& record, const Manifest* manifest) {
  if (!is_kept(record.state)) return forget_copy(db, record.place);
  SF_TRY_ASSIGN(SqlStatement put, db.prepare("INSERT OR REPLACE INTO copies VALUES(?,?,?,?,?,?,?,?,?,?,?)"));
  put.bind(1, bytes_of(record.place.root)).bind(2, bytes_of(record.place.path));
  put.bind(3, static_cast<std::int64_t>(record.stamp.size)).bind(4, record.stamp.modified_ns).bind(5, static_cast<std::int64_t>(record.stamp.inode));
  put.bind(6, static_cast<std::int64_t>(record.state));
  if (manifest != nullptr) {
    Bytes layer;
    layer.reserve(manifest->layer.size() * sizeof(crypto::Sha256));
    for (const crypto::Sha256& hash : manifest->layer) layer.insert(layer.end(), hash.begin(), hash.end());
    put.bind(7, ByteView(manifest->id.sha256)).bind(8, ByteView(manifest->root)).bind(9, ByteView(layer));
    put.bind(10, record.seconds).bind(11, record.checked_us);
    return put.run();
  }
  put.bind_null(7).bind_null(8).bind_null(9).bind(10, record.seconds).bind(11, record.checked_us);
  return put.run();
}

Status forget_copy(Database& db, const CopyPlace& place) {
  SF_TRY_ASSIGN(SqlStatement remove, db.prepare("DELETE FROM copies WHERE root=? AND path=?"));
  return remove.bind(1, bytes_of(place.root)).bind(2, bytes_of(place.path)).run();
}

Result<Manifest> stored_manifest(Database& db, const CopyRecord& record) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT layer FROM copies WHERE root=? AND path=? AND sha256=?"));
  select.bind(1, bytes_of(record.place.root)).bind(2, bytes_of(record.place.path)).bind(3, ByteView(record.id.sha256));
  SF_TRY_ASSIGN(const bool has_row, select.step());
  if (!has_row) return fail(Errc::NotFound, "Nothing is stored of this content.");
  const Bytes layer = select.blob(0);
  Manifest manifest{record.id, record.stamp.size, record.root, {}};
  const std::uint64_t pieces = manifest.pieces();
  const std::uint64_t expected = pieces > 1 ? pieces : 0;
  if (layer.size() != expected * sizeof(crypto::Sha256)) return fail(Errc::Corrupt, "The stored tree of this content is damaged.");
  manifest.layer.resize(expected);
  for (std::size_t i = 0; i < expected; ++i) std::copy_n(layer.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, manifest.layer[i].begin());
  if (!manifest.check()) return fail(Errc::Corrupt, "The stored tree of this content is damaged.");
  return manifest;
}

Result<std::vector<std::pair<std::string, std::string>>> stored_private(Database& db) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT path, shown FROM private"));
  std::vector<std::pair<std::string, std::string>> out;
  for (;;) {
    SF_TRY_ASSIGN(const bool has_row, select.step());
    if (!has_row) return out;
    out.emplace_back(from_blob(select.blob(0)), select.text(1));
  }
}

Status store_private(Database& db, const std::string& real, const std::string& shown) {
  SF_TRY_ASSIGN(SqlStatement put, db.prepare("INSERT OR REPLACE INTO private VALUES(?,?)"));
  return put.bind(1, bytes_of(real)).bind(2, std::string_view(shown)).run();
}

Status forget_private(Database& db, const std::string& real) {
  SF_TRY_ASSIGN(SqlStatement remove, db.prepare("DELETE FROM private WHERE path=?"));
  return remove.bind(1, bytes_of(real)).run();
}

}  // namespace soulfabric::library
