// SPDX-License-Identifier: GPL-3.0-or-later
// verified.db: what was hashed, and what is private. A file of its own beside library.db, because the scan holds that one on its own
// thread for as long as it lasts, and one file has one writer.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/copy_book.hpp"
#include "soulfabric/base/sqlite.hpp"

namespace soulfabric::library {

/// Blocking, on the database's thread.
/// `vfs`: where a test keeps its files; empty: the disk.
[[nodiscard]] Result<Database> open_copy_store(const std::filesystem::path& file, const std::string& vfs = {});
/// All that was committed survives a power cut from here on. Results of readings do without: they are read again.
[[nodiscard]] Status sync_copy_store(Database& db);
[[nodiscard]] Result<std::vector<CopyRecord>> stored_copies(Database& db);
/// `manifest` has the layer; null where none was made.
[[nodiscard]] Status store_copy(Database& db, const CopyRecord& record, const Manifest* manifest);
[[nodiscard]] Status forget_copy(Database& db, const CopyPlace& place);
/// The layer of one file; NotFound where it is not stored or not of that content, Corrupt.
[[nodiscard]] Result<Manifest> stored_manifest(Database& db, const CopyRecord& record);

/// Real path, and virtual path as shown.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> stored_private(Database& db);
[[nodiscard]] Status store_private(Database& db, const std::string& real, const std::string& shown);
[[nodiscard]] Status forget_private(Database& db, const std::string& real);

}  // namespace soulfabric::library
