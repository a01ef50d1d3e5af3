// SPDX-License-Identifier: GPL-3.0-or-later
// Routes and shapes as OpenAPI 3.0.
#include "api/document.hpp"

#include <map>

#include "api/schemas.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

void write_type(JsonWriter& json, std::string_view type) {
  json.begin_object();
  if (type.ends_with("[]")) {
    json.member("type", "array").key("items");
    write_type(json, type.substr(0, type.size() - 2));
  } else if (type.ends_with("{}")) {
    json.member("type", "object").key("additionalProperties");
    write_type(json, type.substr(0, type.size() - 2));
  } else if (type == "string" || type == "integer" || type == "number" || type == "boolean") {
    json.member("type", type);
  } else if (type != "any") {
    json.member("$ref", "#/components/schemas/" + std::string(type));
  }
  json.end_object();
}

void write_schema(JsonWriter& json, const Schema& schema) {
  std::vector<std::string_view> required;
  json.key(schema.name).begin_object().member("type", "object").key("properties").begin_object();
  for (const auto member : split(schema.members, ' ')) {
    const auto colon = member.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = member.substr(0, colon);
    if (name.ends_with('?')) {
      name.remove_suffix(1);
    } else {
      required.push_back(name);
    }
    json.key(name);
    write_type(json, member.substr(colon + 1));
  }
  json.end_object();
  if (!required.empty()) {
    json.key("required").begin_array();
    for (const auto name : required) json.value(name);
    json.end_array();
  }
  json.end_object();
}

void write_parameters(JsonWriter& json, std::string_view path) {
  json.key("parameters").begin_array();
  for (const auto segment : split(path, '/')) {
    if (!segment.starts_with('{')) continue;
    json.begin_object().member("name", segment.substr(1, segment.size() - 2)).member("in", "path").member("required", true);
    json.key("schema").begin_object().member("type", "string").end_object().end_object();
  }
  json.end_array();
}

void write_content(JsonWriter& json, std::string_view type) {
  if (type == kCallBody) {
    json.key("content").begin_object().key("application/json").begin_object().key("schema");
    write_type(json, "any");
    json.end_object().key("application/cbor").begin_object().key("schema").begin_object().member("type", "string").member("format", "binary").end_object();
    json.end_object().end_object();
    return;
  }
  const auto media = type == "text" ? "text/plain" : type == "bytes" ? "application/octet-stream" : "application/json";
  json.key("content").begin_object().key(media).begin_object().key("schema");
  write_type(json, type == "text" || type == "bytes" ? "string" : type);
  json.end_object().end_object();
}

void write_operation(JsonWriter& json, const Route& route) {
  json.key(ascii_lower(route.method)).begin_object().member("summary", route.summary);
  write_parameters(json, route.path);
  if (!route.takes.empty()) {
    json.key("requestBody").begin_object();
    write_content(json, route.takes);
    json.end_object();
  }
  json.key("responses").begin_object();
  bool first = true;
  for (const int status : route.statuses) {
    json.key(std::to_string(status)).begin_object().member("description", reason_of(status));
    const bool success = first || status == 206 || status == 207;
    if (success && !route.gives.empty()) write_content(json, route.gives);
    json.end_object();
    first = false;
  }
  json.end_object();
  if (route.policy == Policy::Open) json.key("security").begin_array().end_array();
  if (!route.scope.empty()) json.member("x-scope", route.scope);
  json.end_object();
}

}  // namespace

std::string schema_type_json(std::string_view type) {
  std::string out;
  JsonWriter json(out);
  write_type(json, type);
  return out;
}

std::string make_document(const RouteTable& table) {
  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const auto& route : table.all()) paths[route.path].push_back(&route);
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("openapi", "3.0.3").key("info").begin_object().member("title", "soulfabric").member("version", "0");
  json.member("description", "Compatible with slskd's API under /api/v0. Any route may also answer 400, 401, 403 and 415.").end_object();
  json.key("security").begin_array();
  for (const std::string_view name : {"apiKey", "bearer", "cookie"}) json.begin_object().key(name).begin_array().end_array().end_object();
  json.end_array().key("paths").begin_object();
  for (const auto& [path, routes] : paths) {
    json.key(path).begin_object();
    for (const auto* route : routes) write_operation(json, *route);
    json.end_object();
  }
  json.end_object().key("components").begin_object().key("schemas").begin_object();
  for (const auto& schema : all_schemas()) write_schema(json, schema);
  json.end_object().key("securitySchemes").begin_object();
  json.key("apiKey").begin_object().member("type", "apiKey").member("in", "header").member("name", "X-API-Key").end_object();
  json.key("bearer").begin_object().member("type", "http").member("scheme", "bearer").end_object();
  json.key("cookie").begin_object().member("type", "apiKey").member("in", "cookie").member("name", "sf_session_<instance>").end_object();
  json.end_object().end_object().end_object();
  return out;
}

void add_document_route(RouteTable& table) {
  table.add({.method = "GET", .path = "/api/v0/openapi.json", .summary = "Gives this document.", .gives = "any", .statuses = {200}},
            [&table](Call&) { return json_response(make_document(table)); });
}

}  // namespace soulfabric::gateway
