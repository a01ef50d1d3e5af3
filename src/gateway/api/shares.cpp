// SPDX-License-Identifier: GPL-3.0-or-later
// Our own shares: what they are, what is in them, scanning.
#include <algorithm>

#include "api/dto.hpp"
#include "api/state.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::gateway {
namespace {

Response list(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_share_map(json, context);
  return json_response(std::move(body));
}

std::optional<library::ShareInfo> find(Context& context, const std::string& id) {
  const auto all = context.deps.shares.list();
  const auto it = std::ranges::find(all, id, &library::ShareInfo::id);
  if (it == all.end()) return std::nullopt;
  return *it;
}

Response show(Context& context, Call& call) {
  const auto share = find(context, call.value(0));
  if (!share) return empty_response(404);
  std::string body;
  JsonWriter json(body);
  write_share(json, *share);
  return json_response(std::move(body));
}

soulseek::RemoteFile file_of(const library::FileEntry& entry) {
  soulseek::RemoteFile file;
  file.name = entry.leaf;
  file.size = entry.size;
  const auto dot = entry.leaf.rfind('.');
  if (dot != std::string_view::npos) file.extension = entry.leaf.substr(dot + 1);
  file.attributes = {entry.attributes.bitrate_kbps, entry.attributes.duration_s, entry.attributes.sample_rate_hz, entry.attributes.bit_depth,
                     entry.attributes.is_vbr};
  return file;
}

/// Folders whose path is `root` or beneath it; all where `root` is empty. Runs on a worker: there may be a million files.
std::string contents_json(const library::Snapshot& snapshot, const std::string& root) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (std::uint32_t i = 0; i < snapshot.folder_count(); ++i) {
    const auto entry = snapshot.folder(library::FolderId{i});
    const bool beneath = root.empty() || (entry.path.starts_with(root) && (entry.path.size() == root.size() || entry.path[root.size()] == '\\'));
    if (!beneath || entry.file_count == 0) continue;
    soulseek::RemoteFolder folder;
    folder.path = entry.path;
    snapshot.for_each_file(entry.id, library::kAllNetworks, [&](const library::FileEntry& file) { folder.files.push_back(file_of(file)); });
    write(json, folder);
  }
  json.end_array();
  return body;
}

Task<Response> contents(Context& context, Call& call) {
  std::string root;
  if (!call.values.empty()) {
    const auto share = find(context, call.value(0));
    if (!share) co_return empty_response(404);
    root = share->remote_path;
  }
  auto job = [snapshot = context.deps.shares.snapshot(), root] { return contents_json(*snapshot, root); };
  auto body = co_await context.deps.workers.run(std::move(job));
  co_return json_response(std::move(body));
}

Response scan(Context& context) {
  const auto started = context.deps.shares.start_scan(false);
  return started ? empty_response(200) : error_response(started.error());
}

Response cancel(Context& context) {
  const auto cancelled = context.deps.shares.cancel_scan();
  return cancelled ? empty_response(204) : empty_response(404);
}

}  // namespace

void add_share_routes(RouteTable& table, Context& context) {
  table.add({.method = "GET", .path = "/api/v0/shares", .summary = "Lists our shares by host.", .gives = "ShareMap", .statuses = {200}},
            [&context](Call&) { return list(context); });
  table.add({.method = "PUT", .path = "/api/v0/shares", .summary = "Starts a scan.", .statuses = {200, 409}}, [&context](Call&) { return scan(context); });
  table.add({.method = "DELETE", .path = "/api/v0/shares", .summary = "Ends a scan.", .statuses = {204, 404}}, [&context](Call&) { return cancel(context); });
  table.add({.method = "GET", .path = "/api/v0/shares/contents", .summary = "Lists all folders and files that we share.", .gives = "Directory[]", .statuses = {200}},
            [&context](Call& call) { return contents(context, call); });
  table.add({.method = "GET", .path = "/api/v0/shares/{id}", .summary = "Shows one share.", .gives = "Share", .statuses = {200, 404}},
            [&context](Call& call) { return show(context, call); });
  table.add({.method = "GET", .path = "/api/v0/shares/{id}/contents", .summary = "Lists the folders and files of one share.", .gives = "Directory[]",
             .statuses = {200, 404}},
            [&context](Call& call) { return contents(context, call); });
}

}  // namespace soulfabric::gateway
