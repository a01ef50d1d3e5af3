// SPDX-License-Identifier: GPL-3.0-or-later
// How the relays look as JSON.
#pragma once
#include "api/context.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/net/http.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::gateway {

/// Nothing in it where this program has no relays; never kept across an await.
[[nodiscard]] RelayControl::Parts relays_of(Context& context);
enum class RelayPart : std::uint8_t { Catalogue, Copies, Content, Tunnels };
/// One sentence that says what to switch on; empty where the part runs and does what it is for.
[[nodiscard]] std::string why_not(Context& context, RelayPart part);
/// 503 with that sentence.
[[nodiscard]] Response no_relay(Context& context, RelayPart part);
/// The answer for an error of a relay: 400, 403, 404, 409, 429, 500, 502, 503, 504, 507 by its kind, one sentence.
[[nodiscard]] Response relay_error(const Error& error);

void write_catalogue(JsonWriter& json, Context& context);
/// What the HTTP client did and refused, for whoever asked it.
void write_http(JsonWriter& json, const net::HttpClientMetrics& m);
void write_content(JsonWriter& json, Context& context);
void write_tunnels(JsonWriter& json, Context& context);
/// Of the event `relay`: what of downloads, tunnels and hashing moves.
void write_relay_news(JsonWriter& json, Context& context);
void write(JsonWriter& json, const relay::ContentFetch& fetch);
void write(JsonWriter& json, const relay::ContentProvider& provider);
void write(JsonWriter& json, const library::CopyStatus& status);
void write(JsonWriter& json, const relay::ForwardInfo& forward, const Options& options);

}  // namespace soulfabric::gateway
