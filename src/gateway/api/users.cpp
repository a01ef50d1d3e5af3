// SPDX-License-Identifier: GPL-3.0-or-later
// Other users: who they are, what they share. A list of any size is paged from disk.
#include "api/context.hpp"
#include "api/dto.hpp"
#include "core/json_input.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::uint32_t kPage = 500;       // folders of the whole list at a time
constexpr std::uint32_t kMaxPage = 1000;   // entries that one page request may ask for
constexpr std::size_t kMaxListText = 256 * 1024 * 1024;

/// slskd words every failure to reach a user as 404, apart from our own being disconnected.
Response user_error(const Error& error) {
  if (error.code == Errc::TimedOut || error.code == Errc::Closed || error.code == Errc::Io) return string_response(404, error.message);
  return error_response(error);
}

Task<Response> info(Context& context, Call& call) {
  const auto result = co_await context.deps.client.users().info(call.value(0), context.deadline(kPeerTime));
  co_return result ? json_response(to_json(*result)) : user_error(result.error());
}

Task<Response> status(Context& context, Call& call) {
  const auto result = co_await context.deps.client.users().status(call.value(0), context.deadline(kPeerTime));
  co_return result ? json_response(to_json(*result)) : user_error(result.error());
}

Task<Response> endpoint(Context& context, Call& call) {
  const auto result = co_await context.deps.client.users().endpoint(call.value(0), context.deadline(kPeerTime));
  if (!result) co_return user_error(result.error());
  std::string body;
  JsonWriter(body).begin_object().member("addressFamily", result->address.is_v4() ? "InterNetwork" : "InterNetworkV6")
      .member("address", result->address.to_string()).member("port", result->port).end_object();
  co_return json_response(std::move(body));
}

Task<Response> directory(Context& context, Call& call) {
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto folder = json->text("directory");
  if (!folder) co_return error_response(folder.error());
  if (!*folder || (*folder)->empty()) co_return string_response(400, "The directory must not be empty.");
  const std::string path = **folder;
  const auto result = co_await context.deps.client.users().folder(call.value(0), path, context.deadline(kPeerTime));
  co_return result ? json_response(list_to_json(*result)) : user_error(result.error());
}

/// Appends {"name",...} of all folders, page by page; the number of folders.
Task<Result<std::uint64_t>> append_list(Context& context, std::string username, bool locked, std::string& body) {
  JsonWriter json(body);
  json.begin_array();
  std::uint64_t offset = 0;
  std::uint64_t total = 1;
  while (offset < total) {
    const auto page = co_await context.deps.client.users().browsed_list(username, locked, offset, kPage);
    if (!page) co_return std::unexpected(page.error());
    total = page->total;
    for (const auto& folder : page->items) write(json, folder);
    if (page->items.empty()) break;
    offset += page->items.size();
    if (body.size() > kMaxListText) co_return fail(Errc::TooLarge, "The list of this user is too long to be sent at once: use the paged routes.");
  }
  json.end_array();
  co_return total;
}

Task<Response> browse(Context& context, Call& call) {
  const std::string username = call.value(0);
  const auto fetched = co_await context.deps.client.users().browse(username, call.request->origin, context.deadline(kBrowseTime));
  if (!fetched) co_return user_error(fetched.error());
  std::string body = "{\"directories\":";
  std::string folders;
  const auto open = co_await append_list(context, username, false, folders);
  if (!open) co_return error_response(open.error());
  body += folders + ",\"directoryCount\":" + std::to_string(*open) + ",\"lockedDirectories\":";
  folders.clear();
  const auto locked = co_await append_list(context, username, true, folders);
  if (!locked) co_return error_response(locked.error());
  body += folders + ",\"lockedDirectoryCount\":" + std::to_string(*locked) + "}";
  co_return json_response(std::move(body));
}

Response start_browse(Context& context, Call& call) {
  context.deps.client.users().start_browse(call.value(0), call.request->origin);
  return empty_response(202);
}

Response browse_status(Context& context, Call& call) {
  const auto status = context.deps.client.users().browse_status(call.value(0));
  return status ? json_response(to_json(*status)) : empty_response(404);
}

struct PageOf {
  std::uint64_t offset = 0;
  std::uint32_t limit = 0;
};

std::optional<PageOf> page_of(const Call& call) {
  const auto offset = call.query.number("offset", 0, UINT32_MAX);
  const auto limit = call.query.number("limit", 200, kMaxPage);
  if (!offset || !limit) return std::nullopt;
  return PageOf{*offset, static_cast<std::uint32_t>(*limit)};
}

Task<Response> folders(Context& context, Call& call) {
  const auto page = page_of(call);
  if (!page) co_return empty_response(400);
  const std::string parent(call.query.find("parent").value_or(""));
  const auto result = co_await context.deps.client.users().browsed_folders(call.value(0), parent, page->offset, page->limit);
  if (!result) co_return error_response(result.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("total", result->total).key("folders").begin_array();
  for (const auto& folder : result->items) {
    json.begin_object().member("path", folder.path).member("name", folder.name).member("fileCount", folder.file_count);
    json.member("folderCount", folder.folder_count).end_object();
  }
  json.end_array().end_object();
  co_return json_response(std::move(body));
}

Task<Response> files(Context& context, Call& call) {
  const auto page = page_of(call);
  if (!page) co_return empty_response(400);
  const std::string folder(call.query.find("folder").value_or(""));
  const auto result = co_await context.deps.client.users().browsed_files(call.value(0), folder, page->offset, page->limit);
  if (!result) co_return error_response(result.error());
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("total", result->total).key("files").begin_array();
  for (const auto& file : result->items) write_leaf(json, file);
  json.end_array().end_object();
  co_return json_response(std::move(body));
}

}  // namespace

void add_user_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/users/{username}";
  const auto get = [&](const std::string& path, const std::string& summary, const std::string& gives, auto answer) {
    table.add({.method = "GET", .path = base + path, .summary = summary, .gives = gives, .statuses = {200, 404, 409}},
              [&context, answer](Call& call) { return answer(context, call); });
  };
  get("/info", "Asks a user for their description and slots.", "UserInfo", &info);
  get("/status", "Says whether a user is there.", "UserStatus", &status);
  get("/endpoint", "Gives the address of a user.", "UserEndpoint", &endpoint);
  get("/browse", "Fetches all that a user shares.", "Browse", &browse);
  get("/browse/status", "Says how far the fetch of a list is.", "BrowseStatus", &browse_status);
  get("/browse/folders", "Pages through the folders under `parent` of a list that was fetched.", "FolderPage", &folders);
  get("/browse/files", "Pages through the files of a folder of a list that was fetched.", "FilePage", &files);
  table.add({.method = "POST", .path = base + "/browse", .summary = "Starts to fetch all that a user shares.", .statuses = {202}},
            [&context](Call& call) { return start_browse(context, call); });
  table.add({.method = "POST", .path = base + "/directory", .summary = "Asks a user for the content of one folder.", .takes = "DirectoryRequest",
             .gives = "Directory[]", .statuses = {200, 404, 409}},
            [&context](Call& call) { return directory(context, call); });
}

}  // namespace soulfabric::gateway
