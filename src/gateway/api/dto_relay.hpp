// SPDX-License-Identifier: GPL-3.0-or-later
// How the relays look as JSON.
#pragma once
#include "api/context.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::gateway {

/// Nothing in it where this program has no relays; never kept across an await.
[[nodiscard]] RelayControl::Parts relays_of(Context& context);
/// 503: what is missing for content and tunnels is the mesh.
[[nodiscard]] Response no_relay(Context& context, std::string_view what);
/// The answer for an error of a relay: 400, 403, 404, 409, 429, 503, 504 by its kind, one sentence.
[[nodiscard]] Response relay_error(const Error& error);

void write_catalogue(JsonWriter& json, Context& context);
void write_content(JsonWriter& json, Context& context);
void write_tunnels(JsonWriter& json, Context& context);
void write(JsonWriter& json, const relay::ContentFetch& fetch);
void write(JsonWriter& json, const relay::ContentProvider& provider);
void write(JsonWriter& json, const library::CopyStatus& status);
void write(JsonWriter& json, const relay::ForwardInfo& forward, const Options& options);

}  // namespace soulfabric::gateway
