// SPDX-License-Identifier: GPL-3.0-or-later
// How the mesh, its peers and its pods look as JSON.
#pragma once
#include "api/context.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/services/pods.hpp"

namespace soulfabric::gateway {

/// The parts while this node is on the mesh; never kept across an await.
[[nodiscard]] const MeshParts* parts_of(Context& context);
/// Why there are no parts, one sentence.
[[nodiscard]] std::string why_not_on_the_mesh(Context& context);
/// 503 with that sentence.
[[nodiscard]] Response not_on_the_mesh(Context& context);
/// The answer for an error that came from the mesh: statuses as calls have them, one sentence.
[[nodiscard]] Response mesh_error(const Error& error);

/// GET /api/v0/mesh and the event of the same name.
void write_mesh(JsonWriter& json, Context& context);
void write(JsonWriter& json, const mesh::LinkInfo& link, const MeshParts& parts, const guard::Guard& guard);
void write(JsonWriter& json, const mesh::KnownPeer& peer, const MeshParts& parts, const guard::Guard& guard);
void write(JsonWriter& json, const fabric::Provider& provider);
void write(JsonWriter& json, const services::Pod& pod);
void write(JsonWriter& json, const services::PodMessage& message);

[[nodiscard]] std::string_view name_of(services::PodVisibility visibility) noexcept;
[[nodiscard]] std::string_view name_of(services::PodRole role) noexcept;
[[nodiscard]] std::string_view name_of(services::MemberState state) noexcept;

}  // namespace soulfabric::gateway
