// SPDX-License-Identifier: GPL-3.0-or-later
// What the server keeps on disk: accounts, unacknowledged private messages, private rooms, in one SQLite file.
#pragma once
#include <filesystem>

#include "core/server_types.hpp"
#include "soulfabric/base/sqlite.hpp"

namespace soulfabric::soulseek::server_store {

/// Creates or opens `server.db` in `folder` (created 0700).
[[nodiscard]] Result<Database> open(const std::filesystem::path& folder);
[[nodiscard]] Result<ServerMemory> load(Database& database);

[[nodiscard]] Status apply(Database& database, const ServerSaveAccount& change);
[[nodiscard]] Status apply(Database& database, const ServerSaveMessage& change);
[[nodiscard]] Status apply(Database& database, const ServerDropMessage& change);
[[nodiscard]] Status apply(Database& database, const ServerSaveRoom& change);
[[nodiscard]] Status apply(Database& database, const ServerDropRoom& change);

}  // namespace soulfabric::soulseek::server_store
