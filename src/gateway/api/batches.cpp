// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads asked for together, with a destination and a name of the caller's own that come back unchanged.
#include <algorithm>
#include <filesystem>
#include <set>

#include "api/context.hpp"
#include "api/download_input.hpp"
#include "api/dto.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

Result<std::optional<std::string>> read_guid(const Json& json, std::string_view name) {
  SF_TRY_ASSIGN(auto id, json.text(name));
  if (id && !is_guid(ascii_lower(*id))) return fail(Errc::InvalidArgument, "The " + std::string(name) + " must be a GUID.");
  if (id) id = ascii_lower(*id);
  return id;
}

Status check_destination(const std::string& destination) {
  bool inside = !destination.starts_with('/') && !destination.starts_with('\\') && destination.find('\0') == std::string::npos;
  for (const auto part : split(destination, '/')) {
    for (const auto inner : split(part, '\\')) inside = inside && inner != "..";
  }
  if (destination.size() > 1 && destination[1] == ':') inside = false;
  if (!inside) return fail(Errc::InvalidArgument, "The destination must lie within the downloads folder.");
  return {};
}

Result<soulseek::DownloadRequest> read_batch(std::string_view body, Random& random) {
  SF_TRY_ASSIGN(const Json json, Json::parse(body));
  soulseek::DownloadRequest request;
  SF_TRY_ASSIGN(auto id, read_guid(json, "id"));
  SF_TRY_ASSIGN(request.search_id, read_guid(json, "searchId"));
  SF_TRY_ASSIGN(auto username, json.text("username"));
  if (!username || trim(*username).empty()) return fail(Errc::InvalidArgument, "The username must not be empty.");
  request.username = std::move(*username);
  SF_TRY_ASSIGN(request.files, read_files(json.find("files")));
  std::set<std::string_view> names;
  for (const auto& file : request.files) {
    if (!names.insert(file.filename).second) return fail(Errc::InvalidArgument, "A filename stands twice in the batch.");
  }
  request.batch_id = id ? std::move(*id) : make_guid(random);
  if (const auto* options = json.find("options"); options != nullptr) {
    SF_TRY_ASSIGN(request.options.destination, options->text("destination"));
    SF_TRY_ASSIGN(request.options.external_id, options->text("externalId"));
    if (request.options.destination) SF_TRY(check_destination(*request.options.destination));
  }
  return request;
}

void write_batch(JsonWriter& json, const soulseek::Batch& batch, const std::vector<soulseek::Transfer>& transfers, WallTime now) {
  json.begin_object().member("id", batch.id).member("searchId", batch.search_id).member("username", batch.username);
  json.member("direction", "Download").member("createdAt", format_iso(batch.created_at)).key("transfers").begin_array();
  for (const auto& transfer : transfers) write(json, transfer, now);
  json.end_array().key("options").begin_object().member("destination", batch.options.destination);
  json.member("externalId", batch.options.external_id).end_object().end_object();
}

Task<Response> create(Context& context, Call& call) {
  auto request = read_batch(call.request->body, context.deps.random);
  if (!request) co_return error_response(request.error());
  auto& transfers = context.deps.client.transfers();
  soulseek::Batch batch{*request->batch_id, request->username, request->search_id, request->options, context.deps.clock.wall()};
  const auto known = co_await transfers.batch(batch.id);
  if (known) co_return string_response(409, "A batch with this id exists already.");
  const auto result = co_await transfers.enqueue(std::move(*request), call.request->origin);
  if (!result) {
    const auto code = result.error().code;
    co_return code == Errc::TimedOut || code == Errc::Unavailable ? string_response(500, result.error().message) : error_response(result.error());
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("batch");
  write_batch(json, batch, result->enqueued, context.deps.clock.wall());
  json.key("failures").begin_array();
  for (const auto& failure : result->failed) {
    json.begin_object().member("filename", failure.filename).member("message", failure.message).end_object();
  }
  json.end_array().end_object();
  const int status = result->failed.empty() ? 201 : (result->enqueued.empty() ? 200 : 207);
  co_return json_response(std::move(body), status);
}

Task<Response> show(Context& context, Call& call) {
  const auto id = ascii_lower(call.value(0));
  if (!is_guid(id)) co_return empty_response(400);
  const auto batch = co_await context.deps.client.transfers().batch(id);
  if (!batch) co_return empty_response(404);
  auto transfers = context.deps.client.transfers().list(soulseek::Direction::Download, true);
  std::erase_if(transfers, [&](const soulseek::Transfer& transfer) { return transfer.batch_id != id; });
  std::string body;
  JsonWriter json(body);
  write_batch(json, *batch, transfers, context.deps.clock.wall());
  co_return json_response(std::move(body));
}

}  // namespace

void add_batch_routes(RouteTable& table, Context& context) {
  table.add({.method = "POST", .path = "/api/v0/transfers/downloads/batches", .summary = "Downloads files together; 207 where some and 200 where all were refused.",
             .takes = "BatchRequest", .gives = "BatchResult", .statuses = {201, 200, 207, 404, 409, 429, 500}, .body_limit = kDownloadBody},
            [&context](Call& call) { return create(context, call); });
  table.add({.method = "GET", .path = "/api/v0/transfers/downloads/batches/{id}", .summary = "Shows a batch with its transfers.", .gives = "Batch", .statuses = {200, 404}},
            [&context](Call& call) { return show(context, call); });
}

}  // namespace soulfabric::gateway
