// SPDX-License-Identifier: GPL-3.0-or-later
// The state of the whole program as JSON, for REST and for the event stream.
#pragma once
#include "api/context.hpp"
#include "core/json_writer.hpp"

namespace soulfabric::library {
struct ShareInfo;
}

namespace soulfabric::gateway {

/// What slskd's clients compare with; our own version stands in version.full.
inline constexpr std::string_view kCompatibleVersion = "0.26.0";

void write_application(JsonWriter& json, const Context& context);
void write_server(JsonWriter& json, const Context& context);
void write_shares_state(JsonWriter& json, const Context& context);
void write_share(JsonWriter& json, const library::ShareInfo& share);
/// {"local":[Share, ...]}
void write_share_map(JsonWriter& json, const Context& context);

}  // namespace soulfabric::gateway
