// SPDX-License-Identifier: GPL-3.0-or-later
// Between the wire's file entries, the library's and the values of the face. Pure.
#pragma once
#include "soulfabric/library/snapshot.hpp"
#include "soulfabric/soulseek/types.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {

[[nodiscard]] RemoteFile to_remote(const wire::FileEntry& entry);
[[nodiscard]] SearchResponse to_response(const wire::peer::FileSearchResponse& answer, std::string username);
/// `name` is the full virtual path in search answers, the leaf in folder lists.
[[nodiscard]] wire::FileEntry to_wire(const library::FileEntry& entry, std::string name);

}  // namespace soulfabric::soulseek
