// SPDX-License-Identifier: GPL-3.0-or-later
// What a setting's text must look like; each refusal says what to write instead.
#include <algorithm>

#include "config/schema.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/pattern.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::config {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kShortestJwtKey = 32;
constexpr std::size_t kLongestKey = 255;

bool is_absolute(std::string_view text) { return text.starts_with('/') && text.find('\0') == std::string_view::npos; }

bool climbs(std::string_view path) {
  return std::ranges::any_of(split(path, '/'), [](std::string_view part) { return part == ".."; });
}

}  // namespace

std::optional<std::string> check_absolute_path(const std::string& text) {
  if (!is_absolute(text)) return "give an absolute path such as /srv/music";
  return std::nullopt;
}

std::optional<std::string> check_regex(const std::string& text) {
  const auto pattern = TextPattern::compile(text);
  if (pattern) return std::nullopt;
  return pattern.error().message;
}

std::optional<std::string> check_address(const std::string& text) {
  if (text == "localhost" || IpAddress::parse(text)) return std::nullopt;
  return "give an IP address such as 127.0.0.1 or ::1";
}

std::optional<std::string> check_networks(const std::string& text) {
  for (const std::string_view part : split(text, ','))
    if (!IpNetwork::parse(trim(part))) return "give networks such as 192.168.0.0/16 or ::/0, separated by commas";
  return std::nullopt;
}

std::optional<std::string> check_mode(const std::string& text) {
  const bool octal = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
  if (octal && (text.size() == 3 || text.size() == 4)) return std::nullopt;
  return "give three or four octal digits such as 644";
}

std::optional<std::string> check_api_key(const std::string& text) {
  if (text.size() >= kShortestKey && text.size() <= kLongestKey) return std::nullopt;
  return "give 16 to 255 characters (soulfabric daemon --generate-secret 32 makes some)";
}

std::optional<std::string> check_api_key_entry(const std::string& text) {
  std::string_view key;
  for (const std::string_view part : split(text, ';')) {
    const std::size_t equals = part.find('=');
    const std::string name = ascii_lower(trim(part.substr(0, equals)));
    if (equals != std::string_view::npos && name == "cidr") {
      if (const auto wrong = check_networks(std::string(part.substr(equals + 1)))) return wrong;
    } else if (equals != std::string_view::npos && name == "role") {
      const std::string role = ascii_lower(trim(part.substr(equals + 1)));
      if (role != "readonly" && role != "readwrite" && role != "administrator")
        return "give role=readonly, role=readwrite or role=administrator";
    } else {
      if (!key.empty()) return "give one key, after role=...; and cidr=...;";
      key = trim(part);
    }
  }
  return check_api_key(std::string(key));
}

std::optional<std::string> check_jwt_key(const std::string& text) {
  if (text.size() >= kShortestJwtKey && text.size() <= kLongestKey) return std::nullopt;
  return "give 32 to 255 characters (soulfabric daemon --generate-secret 64 makes some)";
}

std::optional<std::string> check_url_path(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#' && c != '\\'; });
  if (plain && !climbs(text)) return std::nullopt;
  return "give a path such as /soulfabric";
}

std::optional<std::string> check_subdirectory(const std::string& text) {
  if (is_absolute(text) || climbs(text) || text.find('\\') != std::string::npos)
    return "give a path below downloads, such as ${SOURCE_USERNAME}/${SOURCE_DIRECTORY}";
  return std::nullopt;
}

Result<ShareDirectory> parse_share(const std::string& text) {
  ShareDirectory share;
  std::string_view rest = trim(text);
  if (rest.starts_with('!') || rest.starts_with('-')) {
    share.excluded = true;
    rest.remove_prefix(1);
  }
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return fail(Errc::InvalidArgument, "close the alias with ], as in [Music]/srv/music");
    share.alias = trim(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
    if (share.alias.empty()) return fail(Errc::InvalidArgument, "put a name between [ and ]");
  }
  if (share.alias.find_first_of("/\\") != std::string::npos) return fail(Errc::InvalidArgument, "take the slash out of the alias");
  if (!is_absolute(rest)) return fail(Errc::InvalidArgument, "give an absolute path such as /srv/music");
  while (rest.size() > 1 && rest.ends_with('/')) rest.remove_suffix(1);
  if (rest == "/" && !share.excluded) return fail(Errc::InvalidArgument, "share a folder instead of the whole machine");
  if (climbs(rest)) return fail(Errc::InvalidArgument, "give the path without ..");
  share.path = rest;
  return share;
}

}  // namespace soulfabric::config
