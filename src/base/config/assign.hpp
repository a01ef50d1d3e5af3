// SPDX-License-Identifier: GPL-3.0-or-later
// Puts texts into fields, with problems and warnings collected instead of thrown.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace soulfabric::config {

/// What the sources have said so far: what went wrong and what was odd, one sentence each, a warning once; and which lists they named.
class Findings {
 public:
  /// True for the first source that names this list: it takes the place of the default, later ones go over it by index.
  [[nodiscard]] bool is_first_of(const std::string& list) { return lists_.insert(list).second; }
  void problem(const std::string& where, const std::string& key, const std::string& what, const std::string& remedy);
  void warn(std::string sentence);
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  std::vector<std::string> problems_;
  std::vector<std::string> warnings_;
  std::set<std::string> seen_;
  std::set<std::string> lists_;
};

/// `~`, `null` and nothing mean: not set here.
[[nodiscard]] bool is_unset(std::string_view text);

/// One setting being given a value by one source.
struct Target {
  Options& options;
  Findings& findings;
  const Setting& setting;
  std::string name;   // what stands for `*`
  std::string where;  // "soulfabric.yml line 3", "SLSKD_DEBUG", "--debug"

  [[nodiscard]] std::string key() const { return key_with_name(setting, name); }
};

/// A single text; for a list it is the first item (or, for comma lists, all of it).
void assign_text(const Target& target, const std::string& text);
/// Instead of the default; over those of an earlier source by index, where unset items leave what was there.
void assign_list(const Target& target, const std::vector<std::string>& items);
/// One share by index, for the form with path, alias, networks and private.
void assign_share(const Target& target, std::size_t index, const ShareDirectory& share);
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

}  // namespace soulfabric::config
