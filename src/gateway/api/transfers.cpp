// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads and uploads: asked for, listed, ended, their finished files.
#include <algorithm>

#include "api/context.hpp"
#include "api/download_input.hpp"
#include "api/dto.hpp"
#include "core/headers.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {

Result<std::vector<soulseek::DownloadFile>> read_files(const Json* list) {
  const auto* items = list == nullptr ? nullptr : list->array();
  if (items == nullptr || items->empty()) return fail(Errc::InvalidArgument, "The list of files must not be empty.");
  std::vector<soulseek::DownloadFile> files;
  for (const auto& item : *items) {
    SF_TRY_ASSIGN(auto filename, item.text("filename"));
    SF_TRY_ASSIGN(const auto size, item.number("size", 0, INT64_MAX));
    if (!filename || filename->empty()) return fail(Errc::InvalidArgument, "Each file needs a filename.");
    for (const auto part : split(*filename, '\\')) {
      const auto inner = split(part, '/');
      if (std::ranges::find(inner, std::string_view("..")) != inner.end()) {
        return fail(Errc::InvalidArgument, "A filename must not contain a part that is only two dots.");
      }
    }
    files.push_back({std::move(*filename), size.value_or(0)});
  }
  return files;
}

namespace {

using soulseek::Direction;
using soulseek::Transfer;

Response list(Context& context, Call& call, Direction direction) {
  const auto removed = call.query.flag("includeRemoved", false);
  if (!removed) return empty_response(400);
  std::string body;
  JsonWriter json(body);
  write_groups(json, context.deps.client.transfers().list(direction, *removed), context.deps.clock.wall());
  return json_response(std::move(body));
}

Response list_user(Context& context, Call& call, Direction direction) {
  const auto removed = call.query.flag("includeRemoved", false);
  if (!removed) return empty_response(400);
  auto transfers = context.deps.client.transfers().list(direction, *removed);
  std::erase_if(transfers, [&](const Transfer& transfer) { return transfer.username != call.value(0); });
  if (transfers.empty()) return empty_response(404);
  std::string body;
  JsonWriter json(body);
  write_group(json, call.value(0), transfers, context.deps.clock.wall());
  return json_response(std::move(body));
}

std::optional<Transfer> find(Context& context, const Call& call, Direction direction) {
  auto transfer = context.deps.client.transfers().find(ascii_lower(call.value(1)));
  if (transfer && transfer->direction != direction) transfer.reset();
  return transfer;
}

Response show(Context& context, Call& call, Direction direction) {
  if (!is_guid(ascii_lower(call.value(1)))) return empty_response(400);
  const auto transfer = find(context, call, direction);
  if (!transfer) return empty_response(404);
  return json_response(to_json(*transfer, context.deps.clock.wall()));
}

Response end(Context& context, Call& call) {
  const auto remove = call.query.flag("remove", false);
  const auto id = ascii_lower(call.value(1));
  if (!remove || !is_guid(id)) return empty_response(400);
  context.deps.client.transfers().cancel(id, *remove);
  return empty_response(204);
}

Task<Response> position(Context& context, Call& call) {
  const auto id = ascii_lower(call.value(1));
  if (!is_guid(id)) co_return empty_response(400);
  if (!find(context, call, Direction::Download)) co_return empty_response(404);
  const auto place = co_await context.deps.client.transfers().place_in_queue(id, context.deadline(kPeerTime));
  if (!place && place.error().code == Errc::NotFound) co_return empty_response(404);
  if (!place) co_return string_response(500, place.error().message);
  co_return json_response(std::to_string(*place));
}

Task<Response> enqueue(Context& context, Call& call) {
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  auto files = read_files(&*json);
  if (!files) co_return error_response(files.error());
  soulseek::DownloadRequest request;
  request.username = call.value(0);
  request.files = std::move(*files);
  const auto origin = call.request->origin;
  const auto result = co_await context.deps.client.transfers().enqueue(std::move(request), origin);
  if (!result) {
    const auto code = result.error().code;
    const bool peer = code == Errc::Offline || code == Errc::TimedOut || code == Errc::Unavailable || code == Errc::Exists;
    co_return peer ? string_response(500, result.error().message) : error_response(result.error());
  }
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("enqueued").begin_array();
  for (const auto& transfer : result->enqueued) write(out, transfer, context.deps.clock.wall());
  out.end_array().key("failed").begin_array();
  for (const auto& failure : result->failed) {
    out.begin_object().member("filename", failure.filename).member("message", failure.message).end_object();
  }
  out.end_array().end_object();
  co_return json_response(std::move(body), 201);
}

struct OpenedFile {
  std::shared_ptr<File> file;
  std::uint64_t size = 0;
  std::string type;
};

Result<OpenedFile> open_file(const std::string& path) {
  SystemFiles files;
  SF_TRY_ASSIGN(auto file, files.open(path, OpenMode::Read));
  SF_TRY_ASSIGN(const auto size, file->size());
  Bytes start(16);
  SF_TRY_ASSIGN(const auto count, file->read_at(0, start));
  start.resize(count);
  return OpenedFile{std::move(file), size, std::string(sniff_media(start))};
}

/// A finished download's bytes, for listening in the page. They are a stranger's: security rule S15.
Task<Response> content(Context& context, Call& call) {
  const auto transfer = find(context, call, Direction::Download);
  if (!transfer || !transfer->local_path || !has(transfer->state, soulseek::TransferState::Succeeded)) co_return empty_response(404);
  auto job = [path = *transfer->local_path] { return open_file(path); };
  auto opened = co_await context.deps.workers.run(std::move(job));
  if (!opened) co_return empty_response(404);
  Response response;
  response.foreign = true;
  response.content_type = opened->type.empty() ? "application/octet-stream" : opened->type;
  if (opened->type.empty()) response.headers.emplace_back("content-disposition", "attachment");
  response.headers.emplace_back("accept-ranges", "bytes");
  response.headers.emplace_back("cache-control", "private, no-store");
  ByteRange range;
  const auto wanted = parse_range(call.request->header("Range"), opened->size, range);
  if (wanted == RangeAnswer::Unsatisfiable) {
    auto refused = empty_response(416);
    refused.headers.emplace_back("content-range", "bytes */" + std::to_string(opened->size));
    co_return refused;
  }
  if (wanted == RangeAnswer::Part) {
    response.status = 206;
    const auto last = range.offset + range.length - 1;
    response.headers.emplace_back("content-range", "bytes " + std::to_string(range.offset) + "-" + std::to_string(last) + "/" + std::to_string(opened->size));
  }
  response.file = FilePart{std::move(opened->file), range.offset, range.length};
  co_return response;
}

void add_direction(RouteTable& table, Context& context, Direction direction, const std::string& name) {
  const std::string base = "/api/v0/transfers/" + name;
  table.add({.method = "GET", .path = base, .summary = "Lists " + name + " by user and folder.", .gives = "UserGroup[]", .statuses = {200}},
            [&context, direction](Call& call) { return list(context, call, direction); });
  table.add({.method = "GET", .path = base + "/{username}", .summary = "Lists the " + name + " of one user.", .gives = "UserGroup", .statuses = {200, 404}},
            [&context, direction](Call& call) { return list_user(context, call, direction); });
  table.add({.method = "DELETE", .path = base + "/all/completed", .summary = "Hides " + name + " that ended.", .statuses = {204}},
            [&context, direction](Call&) {
              context.deps.client.transfers().remove_completed(direction);
              return empty_response(204);
            });
  table.add({.method = "GET", .path = base + "/{username}/{id}", .summary = "Shows one of the " + name + ".", .gives = "Transfer", .statuses = {200, 404}},
            [&context, direction](Call& call) { return show(context, call, direction); });
  table.add({.method = "DELETE", .path = base + "/{username}/{id}", .summary = "Cancels one of the " + name + "; remove=true also hides it.", .statuses = {204}},
            [&context](Call& call) { return end(context, call); });
}

}  // namespace

void add_transfer_routes(RouteTable& table, Context& context) {
  add_direction(table, context, Direction::Download, "downloads");
  add_direction(table, context, Direction::Upload, "uploads");
  table.add({.method = "POST", .path = "/api/v0/transfers/downloads/{username}", .summary = "Downloads files of a user.", .takes = "DownloadFile[]",
             .gives = "EnqueueResult", .statuses = {201, 429, 500}, .body_limit = kDownloadBody},
            [&context](Call& call) { return enqueue(context, call); });
  table.add({.method = "GET", .path = "/api/v0/transfers/downloads/{username}/{id}/position", .summary = "Asks the user for the place in the queue.",
             .gives = "integer", .statuses = {200, 404, 500}},
            [&context](Call& call) { return position(context, call); });
  table.add({.method = "GET", .path = "/api/v0/transfers/downloads/{username}/{id}/content", .summary = "Gives the bytes of a finished download.",
             .gives = "bytes", .statuses = {200, 206, 404, 416}},
            [&context](Call& call) { return content(context, call); });
}

}  // namespace soulfabric::gateway
