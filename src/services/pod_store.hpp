// SPDX-License-Identifier: GPL-3.0-or-later
// Pods in mesh.db: every change through its writer, everything read once at the start.
#pragma once
#include "core/pod_book.hpp"
#include "soulfabric/base/db_writer.hpp"

namespace soulfabric::services {

void save_pods(DbWriter& store, std::vector<PodChange> changes);
/// Into an empty book. A row that cannot be read is left out and logged; an error where the database cannot be read at all.
[[nodiscard]] Task<Status> load_pods(DbWriter& store, PodBook& book);

}  // namespace soulfabric::services
