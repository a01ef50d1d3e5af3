// SPDX-License-Identifier: GPL-3.0-or-later
// The one table of settings: reading, showing, comparing, documenting and guarding them all go through it.
#pragma once
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "soulfabric/base/options.hpp"
#include "soulfabric/base/options_loader.hpp"

namespace soulfabric::config {

using Field = std::variant<bool*, int*, std::optional<int>*, std::string*, std::vector<std::string>*, std::vector<ShareDirectory>*>;
/// A remedy where the text is no good ("give an absolute path"), nothing where it is.
using Check = std::optional<std::string> (*)(const std::string& text);

struct Setting {
  std::string key;  // dotted; `*` stands for a name that the user chose
  /// Where it lies; `name` is what stands for `*`. Empty for keys that are accepted and have no effect here.
  std::function<Field(Options&, const std::string& name)> at;
  std::string inert_default;  // what an inert key shows: true, false, a number, ~ or text
  std::string_view env;       // without SLSKD_; alternatives separated by |
  std::string_view flag;      // without --
  char letter = 0;
  Effect effect = Effect::Live;
  bool secret = false;
  bool comma_list = false;  // one text "a,b" that replaces what was there, instead of a list merged by index
  int least = 0;
  int most = std::numeric_limits<int>::max();
  std::string_view choices;  // "a|b"
  Check check = nullptr;
  std::string_view meaning;
  bool has_effect = true;    // false: read, shown and kept, and nothing obeys it; a value of its own is warned about
  std::string_view refused;  // an inert switch that must not be ignored when it is on: why, and what to do

  [[nodiscard]] bool is_inert() const { return !at; }
  [[nodiscard]] bool is_switch() const;  // on the command line it needs no value

  Setting&& var(std::string_view name) && { return env = name, std::move(*this); }
  Setting&& cli(std::string_view name, char short_name = 0) && { return flag = name, letter = short_name, std::move(*this); }
  Setting&& restart() && { return effect = Effect::Restart, std::move(*this); }
  Setting&& reconnect() && { return effect = Effect::Reconnect, std::move(*this); }
  Setting&& hidden() && { return secret = true, std::move(*this); }
  Setting&& commas() && { return comma_list = true, std::move(*this); }
  Setting&& range(int low, int high = std::numeric_limits<int>::max()) && { return least = low, most = high, std::move(*this); }
  Setting&& one_of(std::string_view list) && { return choices = list, std::move(*this); }
  Setting&& checked(Check with) && { return check = with, std::move(*this); }
  Setting&& idle(bool without_effect = true) && { return has_effect = !without_effect, std::move(*this); }
  Setting&& refuses(std::string_view why) && { return refused = why, std::move(*this); }
  Setting&& says(std::string_view text) && { return meaning = text, std::move(*this); }
};

/// In the order in which they are shown.
[[nodiscard]] const std::vector<Setting>& settings();
void add_general_settings(std::vector<Setting>& table);
void add_transfer_settings(std::vector<Setting>& table);
void add_network_settings(std::vector<Setting>& table);
void add_mesh_settings(std::vector<Setting>& table);
void add_relay_settings(std::vector<Setting>& table);
void add_inert_settings(std::vector<Setting>& table);
/// Trees whose inner keys are free: everything below is accepted and has no effect.
[[nodiscard]] bool is_inert_tree(std::string_view dotted_key);
/// The names that stand for `*` in a setting's key, in order.
[[nodiscard]] std::vector<std::string> names_in(const Options& options, const Setting& setting);
/// `key` with `*` replaced.
[[nodiscard]] std::string key_with_name(const Setting& setting, const std::string& name);
/// A field's value as text, lists joined by a line feed; equal texts mean equal values.
[[nodiscard]] std::string text_of_field(const Field& field);
[[nodiscard]] std::string text_of_share(const ShareDirectory& share);
/// Lower case without `_` and `-`.
[[nodiscard]] std::string normal_segment(std::string_view segment);
/// "speed_limit" -> "speedLimit".
[[nodiscard]] std::string camel_case(std::string_view segment);

struct Match {
  const Setting* setting = nullptr;
  std::string name;  // what stands for `*`, as the user wrote it
};
/// The setting under a path of segments as written by a user; nothing where there is none. Old places are mapped before.
[[nodiscard]] std::optional<Match> find_setting(const std::vector<std::string>& segments);
/// True where settings lie below these segments.
[[nodiscard]] bool is_section(const std::vector<std::string>& segments);
/// Maps keys of older slskd files to where they are now; true where it changed something.
bool map_old_place(std::vector<std::string>& segments);

// ---- checks ------------------------------------------------------------------------------------------------------
[[nodiscard]] std::optional<std::string> check_absolute_path(const std::string& text);
[[nodiscard]] std::optional<std::string> check_regex(const std::string& text);
[[nodiscard]] std::optional<std::string> check_address(const std::string& text);
[[nodiscard]] std::optional<std::string> check_networks(const std::string& text);
[[nodiscard]] std::optional<std::string> check_mode(const std::string& text);
[[nodiscard]] std::optional<std::string> check_api_key(const std::string& text);
[[nodiscard]] std::optional<std::string> check_api_key_entry(const std::string& text);
[[nodiscard]] std::optional<std::string> check_jwt_key(const std::string& text);
[[nodiscard]] std::optional<std::string> check_url_path(const std::string& text);
[[nodiscard]] std::optional<std::string> check_subdirectory(const std::string& text);
/// "/path", "[alias]/path", "!/path"; an error says what to write instead.
[[nodiscard]] Result<ShareDirectory> parse_share(const std::string& text);

}  // namespace soulfabric::config
