// SPDX-License-Identifier: GPL-3.0-or-later
// The downloads and incomplete folders: looked into, tidied up. Nothing outside of them is ever touched.
#include <algorithm>
#include <filesystem>

#include "api/context.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxEntries = 100'000;

struct Place {
  fs::path root;
  fs::path relative;
  [[nodiscard]] fs::path full() const { return root / relative; }
};

WallTime modified(const fs::directory_entry& entry) {
  std::error_code code;
  const auto time = entry.last_write_time(code);
  if (code) return {};
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::file_clock::to_sys(time));
}

/// Forbidden outside of the root, also by way of a symbolic link; NotFound.
Result<fs::path> resolve(const Place& place) {
  for (const auto& part : place.relative) {
    if (part == "..") return fail(Errc::Forbidden, "The path lies outside of the folder.");
  }
  if (place.relative.is_absolute()) return fail(Errc::Forbidden, "The path lies outside of the folder.");
  std::error_code code;
  const auto root = fs::canonical(place.root, code);
  if (code) return fail(Errc::NotFound, "The folder does not exist.");
  auto full = fs::canonical(place.full(), code);
  if (code) return fail(Errc::NotFound, "The path does not exist.");
  const auto inside = std::mismatch(root.begin(), root.end(), full.begin(), full.end()).first == root.end();
  if (!inside) return fail(Errc::Forbidden, "The path lies outside of the folder.");
  return full;
}

class FolderWriter {
 public:
  FolderWriter(JsonWriter& json, const fs::path& root, bool recursive) : json_(json), root_(root), recursive_(recursive) {}
  /// One folder with its files; its folders as a flat list of all levels, or of the first.
  void write(const fs::path& folder) {
    begin(folder);
    std::vector<fs::directory_entry> folders;
    files(folder, &folders);
    json_.key("directories").begin_array();
    for (std::size_t i = 0; i < folders.size() && count_ < kMaxEntries; ++i) {
      const auto below = folders[i].path();
      begin(below);
      files(below, recursive_ ? &folders : nullptr);
      json_.key("directories").begin_array().end_array().end_object();
    }
    json_.end_array().end_object();
  }

 private:
  [[nodiscard]] std::string name_within(const fs::path& path) const {
    const auto name = path.lexically_relative(root_).string();
    return name == "." ? "" : name;
  }
  void begin(const fs::path& folder) {
    std::error_code code;
    const auto time = format_iso(modified(fs::directory_entry(folder, code)));
    json_.begin_object().member("name", folder.filename().string()).member("fullName", name_within(folder)).member("attributes", "Directory");
    json_.member("createdAt", time).member("modifiedAt", time);
  }
  void files(const fs::path& folder, std::vector<fs::directory_entry>* folders) {
    std::error_code code;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator it(folder, code), end; !code && it != end && entries.size() < kMaxEntries; it.increment(code)) entries.push_back(*it);
    std::ranges::sort(entries);
    json_.key("files").begin_array();
    for (const auto& entry : entries) {
      if (++count_ > kMaxEntries || entry.is_symlink(code)) continue;
      if (entry.is_directory(code)) {
        if (folders != nullptr) folders->push_back(entry);
      } else if (entry.is_regular_file(code)) {
        const auto time = format_iso(modified(entry));
        json_.begin_object().member("name", entry.path().filename().string()).member("fullName", name_within(entry.path()));
        json_.member("length", entry.file_size(code)).member("attributes", "Normal").member("createdAt", time).member("modifiedAt", time).end_object();
      }
    }
    json_.end_array();
  }
  JsonWriter& json_;
  fs::path root_;
  bool recursive_;
  std::size_t count_ = 0;
};

Result<std::string> folder_json(const Place& place, bool recursive) {
  SF_TRY_ASSIGN(const auto full, resolve(place));
  std::error_code code;
  if (!fs::is_directory(full, code)) return fail(Errc::NotFound, "The folder does not exist.");
  std::string body;
  JsonWriter json(body);
  FolderWriter(json, fs::canonical(place.root, code), recursive).write(full);
  return body;
}

Status remove(const Place& place, bool folder) {
  SF_TRY_ASSIGN(const auto full, resolve(place));
  std::error_code code;
  if (full == fs::canonical(place.root, code)) return fail(Errc::Forbidden, "The folder itself cannot be removed.");
  if (fs::is_directory(full, code) != folder) return fail(Errc::NotFound, "The path does not exist.");
  fs::remove_all(full, code);
  if (code) return fail(Errc::Io, "It could not be removed: " + code.message() + ".");
  return {};
}

std::optional<Place> place_of(const fs::path& root, const Call& call) {
  Place place{root, {}};
  if (call.values.empty()) return place;
  Bytes decoded;
  if (!from_base64(call.value(0), decoded)) return std::nullopt;
  const std::string name(text_of(decoded));
  if (name.find('\0') != std::string::npos) return std::nullopt;
  place.relative = name;
  return place;
}

Task<Response> show(Context& context, Call& call, fs::path root) {
  const auto recursive = call.query.flag("recursive", false);
  const auto place = place_of(root, call);
  if (!recursive || !place) co_return empty_response(400);
  auto job = [place = *place, deep = *recursive] { return folder_json(place, deep); };
  auto body = co_await context.deps.workers.run(std::move(job));
  co_return body ? json_response(std::move(*body)) : error_response(body.error());
}

Task<Response> erase(Context& context, Call& call, fs::path root, bool folder) {
  if (!context.settings.remote_file_management) co_return string_response(403, "Removing files over HTTP is switched off: set remote_file_management to true.");
  const auto place = place_of(root, call);
  if (!place) co_return empty_response(400);
  auto job = [place = *place, folder] { return remove(place, folder); };
  const auto removed = co_await context.deps.workers.run(std::move(job));
  co_return removed ? empty_response(204) : error_response(removed.error());
}

}  // namespace

void add_file_routes(RouteTable& table, Context& context) {
  const auto add = [&](const std::string& name, fs::path GatewaySettings::* folder) {
    const std::string base = "/api/v0/files/" + name;
    const auto root = [&context, folder] { return context.settings.*folder; };
    for (const std::string rest : {"", "/{base64}"}) {
      table.add({.method = "GET", .path = base + "/directories" + rest, .summary = "Shows the " + name + " folder or one within; the path is Base64.",
                 .gives = "FsDirectory", .statuses = {200, 404}},
                [&context, root](Call& call) { return show(context, call, root()); });
    }
    table.add({.method = "DELETE", .path = base + "/directories/{base64}", .summary = "Removes a folder within the " + name + " folder.", .statuses = {204, 404}},
              [&context, root](Call& call) { return erase(context, call, root(), true); });
    table.add({.method = "DELETE", .path = base + "/files/{base64}", .summary = "Removes a file within the " + name + " folder.", .statuses = {204, 404}},
              [&context, root](Call& call) { return erase(context, call, root(), false); });
  };
  add("downloads", &GatewaySettings::downloads_folder);
  add("incomplete", &GatewaySettings::incomplete_folder);
}

}  // namespace soulfabric::gateway
