// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI document, made from the table of routes.
#pragma once
#include <string>
#include <string_view>

#include "api/routes.hpp"

namespace soulfabric::gateway {

/// One shape: "name:type" members separated by blanks, "?" after a name that may be absent. Types: string, integer, number,
/// boolean, any, a schema's name, each with "[]" for a list, "{}" for a map of it.
struct Schema {
  std::string_view name;
  std::string_view members;
};
/// Instead of a schema: JSON of any shape, or the same as deterministic CBOR.
inline constexpr std::string_view kCallBody = "call";
[[nodiscard]] std::string schema_type_json(std::string_view type);
[[nodiscard]] std::string make_document(const RouteTable& table);
/// GET /api/v0/openapi.json; the table outlives the route.
void add_document_route(RouteTable& table);

}  // namespace soulfabric::gateway
