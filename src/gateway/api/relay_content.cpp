// SPDX-License-Identifier: GPL-3.0-or-later
// Verified copies and content by its id over HTTP: what is served, what is fetched, and why a file is not verified.
#include <algorithm>

#include "api/dto_relay.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::chrono::seconds kFindTime{20};
constexpr std::size_t kPeersCap = 32;
constexpr std::size_t kPathCap = 16 * 1024;
constexpr std::size_t kNameCap = 255;

constexpr std::string_view kNoPath = "This is no path of a shared file or folder, such as music\\Album\\01.flac.";

/// As shares name their files: no way up, nothing that is no text.
bool is_virtual_path(std::string_view path) {
  if (path.empty() || path.size() > kPathCap || path.front() == '\\' || path.front() == '/') return false;
  if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) return false;
  return std::ranges::none_of(split(path, '\\'), [](std::string_view part) { return part == ".." || part == "."; });
}

Response show(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_content(json, context);
  return json_response(std::move(body));
}

Response pause(Context& context, Call& call) {
  auto* copies = relays_of(context).copies;
  if (copies == nullptr) return no_relay(context, RelayPart::Copies);
  const auto json = Json::parse(call.request->body);
  if (!json) return error_response(json.error());
  const auto paused = json->flag("paused");
  if (!paused || !*paused) return string_response(400, "The request lacks paused: say true or false.");
  copies->pause(**paused);
  return empty_response(204);
}

Task<Response> copies_of(Context& context, Call& call) {
  auto* copies = relays_of(context).copies;
  if (copies == nullptr) co_return no_relay(context, RelayPart::Copies);
  const auto folder = call.query.find("folder");
  const auto path = call.query.find("path");
  if (!folder && !path) co_return string_response(400, "Name a folder or a path of your shares.");
  std::string where(folder ? *folder : *path);
  if (!is_virtual_path(where)) co_return string_response(400, std::string(kNoPath));
  std::vector<library::CopyStatus> found;
  if (folder) {
    auto all = co_await copies->status_in(std::move(where));
    if (!all) co_return relay_error(all.error());
    found = std::move(*all);
  } else {
    auto one = co_await copies->status_of(std::move(where));
    if (!one) co_return relay_error(one.error());
    found.push_back(std::move(*one));
  }
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& status : found) write(json, status);
  json.end_array();
  co_return json_response(std::move(body));
}

Response private_paths(Context& context) {
  auto* copies = relays_of(context).copies;
  if (copies == nullptr) return no_relay(context, RelayPart::Copies);
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& path : copies->private_paths()) json.value(path);
  json.end_array();
  return json_response(std::move(body));
}

Task<Response> set_private(Context& context, Call& call) {
  auto* copies = relays_of(context).copies;
  if (copies == nullptr) co_return no_relay(context, RelayPart::Copies);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto path = json->text("path");
  const auto is_private = json->flag("private");
  if (!path || !*path || !is_virtual_path(**path)) co_return string_response(400, std::string(kNoPath));
  if (!is_private || !*is_private) co_return string_response(400, "The request lacks private: say true or false.");
  const auto done = co_await copies->set_private(**path, **is_private);
  co_return done ? empty_response(204) : relay_error(done.error());
}

Task<Response> providers(Context& context, Call& call) {
  auto* content = relays_of(context).content;
  if (content == nullptr) co_return no_relay(context, RelayPart::Content);
  const auto id = library::ContentId::parse(call.value(0));
  if (!id) co_return string_response(400, id.error().message);
  const auto found = co_await content->providers(*id, call.request->origin, context.deadline(kFindTime));
  if (!found) co_return relay_error(found.error());
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& provider : *found) write(json, provider);
  json.end_array();
  co_return json_response(std::move(body));
}

Result<relay::ContentFetchRequest> read_fetch(const Json& json) {
  relay::ContentFetchRequest out;
  SF_TRY_ASSIGN(const std::optional<std::string> id, json.text("contentId"));
  SF_TRY_ASSIGN(out.want, library::ContentId::parse(id.value_or("")));
  SF_TRY_ASSIGN(out.size, json.number("size", 0, library::kLargestContent));
  SF_TRY_ASSIGN(const std::optional<std::string> name, json.text("name"));
  out.name = name.value_or("");
  if (out.name.size() > kNameCap) return fail(Errc::InvalidArgument, "The name is longer than a file name may be.");
  if (const auto* list = json.find("from")) {
    const auto* items = list->array();
    if (items == nullptr || items->size() > kPeersCap) return fail(Errc::InvalidArgument, "The value of from must be a list of at most 32 ids of nodes.");
    for (const auto& item : *items) {
      const auto peer = item.text() == nullptr ? std::nullopt : PeerId::parse(*item.text());
      if (!peer) return fail(Errc::InvalidArgument, "The value of from must be a list of at most 32 ids of nodes.");
      out.from.push_back(*peer);
    }
  }
  return out;
}

std::optional<relay::ContentFetch> find(const relay::ContentRelay& content, const std::string& id) {
  for (auto& fetch : content.fetches())
    if (fetch.id == id) return std::move(fetch);
  return std::nullopt;
}

Response one_fetch(const relay::ContentFetch& fetch, int status) {
  std::string body;
  JsonWriter json(body);
  write(json, fetch);
  return json_response(std::move(body), status);
}

Task<Response> begin_fetch(Context& context, Call& call) {
  if (relays_of(context).content == nullptr) co_return no_relay(context, RelayPart::Content);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  auto request = read_fetch(*json);
  if (!request) co_return string_response(400, request.error().message);
  const auto begun = co_await relays_of(context).content->fetch(std::move(*request), call.request->origin);
  if (!begun) co_return relay_error(begun.error());
  const auto* content = relays_of(context).content;
  const auto fetch = content == nullptr ? std::nullopt : find(*content, *begun);
  if (!fetch) co_return string_response(503, "The download was begun and this node left the mesh meanwhile.");
  co_return one_fetch(*fetch, 201);
}

Response fetches(Context& context) {
  const auto* content = relays_of(context).content;
  if (content == nullptr) return no_relay(context, RelayPart::Content);
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& fetch : content->fetches()) write(json, fetch);
  json.end_array();
  return json_response(std::move(body));
}

Response show_fetch(Context& context, Call& call) {
  const auto* content = relays_of(context).content;
  if (content == nullptr) return no_relay(context, RelayPart::Content);
  const auto fetch = find(*content, call.value(0));
  return fetch ? one_fetch(*fetch, 200) : string_response(404, "There is no such download.");
}

Response end_fetch(Context& context, Call& call) {
  auto* content = relays_of(context).content;
  if (content == nullptr) return no_relay(context, RelayPart::Content);
  const auto done = content->cancel(call.value(0), call.query.find("remove").value_or("") == "true");
  return done ? empty_response(204) : relay_error(done.error());
}

void add_copy_routes(RouteTable& table, Context& context, const std::string& base) {
  table.add({.method = "POST", .path = base + "/hashing", .policy = Policy::AnyAdministrator, .summary = "Pauses the reading of shares, or goes on with it.",
             .takes = "HashingPause", .statuses = {204, 503}, .scope = "relay"},
            [&context](Call& call) { return pause(context, call); });
  table.add({.method = "GET", .path = base + "/copies", .summary = "Which files of the `folder` are verified, or the one at `path`, and why not.", .gives = "CopyStatus[]",
             .statuses = {200, 503}, .scope = "relay"},
            [&context](Call& call) { return copies_of(context, call); });
  table.add({.method = "GET", .path = base + "/private", .summary = "Lists the files and folders that are private.", .gives = "string[]", .statuses = {200, 503}, .scope = "relay"},
            [&context](Call&) { return private_paths(context); });
  table.add({.method = "PUT", .path = base + "/private", .policy = Policy::AnyAdministrator, .summary = "Marks a file or folder private, or takes the mark away.",
             .takes = "PrivateMark", .statuses = {204, 404, 503}, .scope = "relay"},
            [&context](Call& call) { return set_private(context, call); });
}

}  // namespace

void add_content_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/relay/content";
  table.add({.method = "GET", .path = base, .summary = "Shows what is verified, what is served, and what was refused for which reason.", .gives = "RelayContent",
             .statuses = {200}, .scope = "relay"},
            [&context](Call&) { return show(context); });
  add_copy_routes(table, context, base);
  table.add({.method = "GET", .path = base + "/{contentId}/providers", .summary = "Finds nodes that have a content.", .gives = "ContentProvider[]",
             .statuses = {200, 404, 429, 503, 504}, .scope = "relay"},
            [&context](Call& call) { return providers(context, call); });
  table.add({.method = "GET", .path = base + "/fetches", .summary = "Lists downloads by content id.", .gives = "ContentFetch[]", .statuses = {200, 503}, .scope = "relay"},
            [&context](Call&) { return fetches(context); });
  table.add({.method = "POST", .path = base + "/fetches", .summary = "Downloads a content by its id from every node that has it.",
             .takes = "NewContentFetch", .gives = "ContentFetch", .statuses = {201, 409, 429, 503, 507}, .scope = "relay"},
            [&context](Call& call) { return begin_fetch(context, call); });
  table.add({.method = "GET", .path = base + "/fetches/{id}", .summary = "Shows one download.", .gives = "ContentFetch", .statuses = {200, 404, 503}, .scope = "relay"},
            [&context](Call& call) { return show_fetch(context, call); });
  table.add({.method = "DELETE", .path = base + "/fetches/{id}", .summary = "Ends a download; with remove=true it is forgotten, its part too.",
             .statuses = {204, 404, 503}, .scope = "relay"},
            [&context](Call& call) { return end_fetch(context, call); });
}

}  // namespace soulfabric::gateway
