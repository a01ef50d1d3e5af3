// SPDX-License-Identifier: GPL-3.0-or-later
// Checking shares.directories and shares.filters.
#include "core/share_rules.hpp"

#include <algorithm>
#include <regex>

#include "core/blob.hpp"

namespace soulfabric::library {
namespace {

/// Longer paths are matched by their last part: the matcher recurses once per character.
constexpr std::size_t kMaxFiltered = 1024;

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string raw_line(const ShareDirectory& line) {
  if (line.excluded) return "!" + line.path;
  return line.alias.empty() ? line.path : "[" + line.alias + "]" + line.path;
}

Result<ShareRule> check(const ShareDirectory& line) {
  ShareRule rule;
  rule.raw = raw_line(line);
  const auto wrong = [&](const std::string& why) {
    return fail(Errc::InvalidArgument, "shares.directories: " + rule.raw + " " + why);
  };
  rule.path = without_trailing_slash(line.path);
  rule.is_excluded = line.excluded;
  if (!rule.path.starts_with('/')) return wrong("is not an absolute path: begin it with a slash.");
  for (const std::string_view part : {"/../", "/./"}) {
    if ((rule.path + "/").find(part) != std::string::npos) return wrong("contains '.' or '..': write the path out.");
  }
  if (rule.path == "/" && !rule.is_excluded) return wrong("is the root of the file system, which cannot be shared: name a folder.");
  rule.alias = line.alias.empty() ? rule.path.substr(rule.path.rfind('/') + 1) : line.alias;
  if (rule.alias.find_first_of("/\\") != std::string::npos) return wrong("has an alias with a slash or backslash: choose another.");
  rule.networks = static_cast<NetworkMask>((line.soulseek ? kSoulseekNetwork : 0) | (line.mesh && !line.is_private ? kMeshNetwork : 0));
  rule.is_private = line.is_private;
  // Private and for the mesh only: kept, scanned, and shown nowhere until one of the two is changed.
  if (rule.networks == 0 && !line.mesh && !rule.is_excluded) return wrong("is shared on no network: name soulseek, mesh or both under networks.");
  return rule;
}

void mix(std::uint64_t& into, std::string_view text) {
  into = into * 0x9E3779B97F4A7C15ULL + hash64(bytes_of(text)) + 1;
}

}  // namespace

struct ShareRules::Filters {
  std::vector<std::regex> expressions;
};

Result<ShareRules> ShareRules::make(const ShareOptions& options, const std::vector<std::string>& left_out) {
  ShareRules rules;
  std::uint64_t print = 0;
  for (const ShareDirectory& line : options.directories) {
    SF_TRY_ASSIGN(ShareRule rule, check(line));
    mix(print, rule.raw);
    mix(print, rule.alias);
    mix(print, std::string(1, static_cast<char>('0' + rule.networks)));
    rules.lines_.push_back(rule);
    if (rule.is_excluded) {
      rules.left_out_.push_back(rule.path);
      continue;
    }
    for (const ShareRule& other : rules.shares_) {
      if (other.alias == rule.alias) {
        return fail(Errc::InvalidArgument, "shares.directories: " + other.raw + " and " + rule.raw + " have the same alias '" + rule.alias +
                                               "': give one of them another, as in [name]" + rule.path + ".");
      }
    }
    rules.shares_.push_back(std::move(rule));
  }
  for (const std::string& path : left_out) {
    rules.left_out_.push_back(without_trailing_slash(path));
    mix(print, path);
  }
  auto filters = std::make_shared<Filters>();
  for (const std::string& text : options.filters) {
    mix(print, text);
    try {
      filters->expressions.emplace_back(text, std::regex::ECMAScript | std::regex::icase | std::regex::optimize | std::regex::nosubs);
    } catch (const std::regex_error& error) {
      return fail(Errc::InvalidArgument, "shares.filters: '" + text + "' is not a regular expression (" + error.what() + "): mend or remove it.");
    }
  }
  rules.filters_ = std::move(filters);
  rules.fingerprint_ = print;
  return rules;
}

bool ShareRules::is_left_out(std::string_view absolute_folder) const {
  return std::find(left_out_.begin(), left_out_.end(), absolute_folder) != left_out_.end();
}

bool ShareRules::has_filters() const noexcept { return filters_ != nullptr && !filters_->expressions.empty(); }

bool ShareRules::is_filtered(std::string_view absolute_file) const {
  if (!has_filters()) return false;
  if (absolute_file.size() > kMaxFiltered) absolute_file.remove_prefix(absolute_file.size() - kMaxFiltered);
  try {
    return std::any_of(filters_->expressions.begin(), filters_->expressions.end(),
                       [&](const std::regex& filter) { return std::regex_search(absolute_file.begin(), absolute_file.end(), filter); });
  } catch (const std::regex_error&) {
    // Too complex for the matcher: the user wants to hide something here, so it is hidden.
    return true;
  }
}

}  // namespace soulfabric::library
