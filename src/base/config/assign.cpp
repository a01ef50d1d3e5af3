// SPDX-License-Identifier: GPL-3.0-or-later
// Text to value, within the range and the choices of the schema.
#include "config/assign.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::config {
namespace {

constexpr std::size_t kShownText = 80;
constexpr std::size_t kLongestList = 10'000;
constexpr std::size_t kLongestText = 4096;

std::string shown(const Setting& setting, const std::string& text) {
  if (setting.secret) return "the value";
  std::string out = "\"";
  for (const char c : text.substr(0, kShownText)) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  return display_text(out) + (text.size() > kShownText ? "...\"" : "\"");
}

std::string list_choices(std::string_view choices) {
  std::string out;
  for (const std::string_view choice : split(choices, '|')) out += (out.empty() ? "" : ", ") + std::string(choice);
  return out;
}

std::optional<long long> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto magnitude = parse_u64(text);
  if (!magnitude || *magnitude > (std::uint64_t{1} << 62)) return std::nullopt;
  return negative ? -static_cast<long long>(*magnitude) : static_cast<long long>(*magnitude);
}

/// The text as one item of this setting may stand, or nothing after a problem was noted.
std::optional<std::string> checked(const Target& target, const std::string& text) {
  const Setting& setting = target.setting;
  if (text.size() > kLongestText || text.find('\0') != std::string::npos) {
    target.findings.problem(target.where, target.key(), "the value is too long or holds a NUL", "give a shorter one");
    return std::nullopt;
  }
  if (!setting.choices.empty()) {
    for (const std::string_view choice : split(setting.choices, '|'))
      if (normal_segment(text) == normal_segment(choice)) return std::string(choice);
    target.findings.problem(target.where, target.key(), shown(setting, text) + " is not one of the choices",
                            "give one of " + list_choices(setting.choices));
    return std::nullopt;
  }
  if (setting.check != nullptr) {
    if (const auto remedy = setting.check(text)) {
      target.findings.problem(target.where, target.key(), shown(setting, text) + " cannot be used", *remedy);
      return std::nullopt;
    }
  }
  return text;
}

std::optional<int> number(const Target& target, const std::string& text) {
  const auto value = parse_number(trim(text));
  const Setting& setting = target.setting;
  if (value && *value >= setting.least && *value <= setting.most) return static_cast<int>(*value);
  target.findings.problem(target.where, target.key(), shown(setting, text) + (value ? " is out of range" : " is not a whole number"),
                          "give a whole number from " + std::to_string(setting.least) + " to " + std::to_string(setting.most));
  return std::nullopt;
}

template <class T>
void place(std::vector<T>& list, std::size_t index, T value) {
  if (index < list.size())
    list[index] = std::move(value);
  else
    list.push_back(std::move(value));
}

struct TextAssigner {
  const Target& target;
  const std::string& text;

  void operator()(bool* field) const {
    const auto value = parse_bool(text);
    if (value)
      *field = *value;
    else
      target.findings.problem(target.where, target.key(), shown(target.setting, text) + " is neither true nor false", "give true or false");
  }
  void operator()(int* field) const {
    if (const auto value = number(target, text)) *field = *value;
  }
  void operator()(std::optional<int>* field) const {
    if (const auto value = number(target, text)) *field = *value;
  }
  void operator()(std::string* field) const {
    if (auto value = checked(target, text)) *field = std::move(*value);
  }
  void operator()(std::vector<std::string>* field) const {
    if (!target.setting.comma_list) return assign_list(target, {text});
    std::vector<std::string> items;
    for (const std::string_view part : split(text, ',')) {
      auto item = checked(target, std::string(trim(part)));
      if (!item) return;
      items.push_back(std::move(*item));
    }
    *field = std::move(items);
  }
  void operator()(std::vector<ShareDirectory>*) const { assign_list(target, {text}); }
};

}  // namespace

void Findings::problem(const std::string& where, const std::string& key, const std::string& what, const std::string& remedy) {
  std::string sentence = where + ": " + key + ": " + what + "; " + remedy + ".";
  if (seen_.insert(sentence).second) problems_.push_back(std::move(sentence));
}

void Findings::warn(std::string sentence) {
  if (seen_.insert(sentence).second) warnings_.push_back(std::move(sentence));
}

bool is_unset(std::string_view text) {
  text = trim(text);
  return text.empty() || text == "~" || equal_ignoring_ascii_case(text, "null");
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string lower = ascii_lower(trim(text));
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return std::nullopt;
}

void assign_text(const Target& target, const std::string& text) {
  if (is_unset(text)) return;
  const Setting& setting = target.setting;
  if (!setting.is_inert()) {
    std::visit(TextAssigner{target, text}, setting.at(target.options, target.name));
    return;
  }
  const auto on = parse_bool(text);
  if (!setting.refused.empty() && on == true) {
    target.findings.problem(target.where, target.key(), "it is switched on", std::string(setting.refused));
    return;
  }
  const bool same = text == setting.inert_default || (on && on == parse_bool(setting.inert_default));
  if (!same) target.findings.warn(target.where + ": " + target.key() + " is known and has no effect in this version.");
}

namespace {

/// A list that a source names is that source's: nothing of the default stays behind it, not even where it is empty.
void begin_list(const Target& target) {
  const Field field = target.setting.at(target.options, target.name);
  auto* const* texts = std::get_if<std::vector<std::string>*>(&field);
  if (texts != nullptr && target.findings.is_first_of(target.key())) (*texts)->clear();
}

}  // namespace

void assign_list(const Target& target, const std::vector<std::string>& items) {
  if (items.empty()) {
    if (!target.setting.is_inert()) begin_list(target);
    return;
  }
  if (target.setting.is_inert()) return assign_text(target, items.front());
  if (items.size() > kLongestList) {
    target.findings.problem(target.where, target.key(), "the list has more than 10000 items", "make it shorter");
    return;
  }
  const Field field = target.setting.at(target.options, target.name);
  if (auto* const* texts = std::get_if<std::vector<std::string>*>(&field)) {
    if (target.setting.comma_list) {
      std::string joined;
      for (const std::string& item : items) joined += (joined.empty() ? "" : ",") + item;
      return assign_text(target, joined);
    }
    begin_list(target);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (is_unset(items[i])) continue;
      if (auto item = checked(target, items[i])) place(**texts, i, std::move(*item));
    }
  } else if (std::holds_alternative<std::vector<ShareDirectory>*>(field)) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (is_unset(items[i])) continue;
      auto share = parse_share(items[i]);
      if (share)
        assign_share(target, i, *share);
      else
        target.findings.problem(target.where, target.key(), shown(target.setting, items[i]) + " cannot be shared", share.error().message);
    }
  } else {
    target.findings.problem(target.where, target.key(), "a list stands where one value belongs", "give one value");
  }
}

void assign_share(const Target& target, std::size_t index, const ShareDirectory& share) {
  const Field field = target.setting.at(target.options, target.name);
  if (auto* const* shares = std::get_if<std::vector<ShareDirectory>*>(&field)) place(**shares, index, share);
}

}  // namespace soulfabric::config
