// SPDX-License-Identifier: GPL-3.0-or-later
// The only place that includes the JSON library: its event parser fills our values, with caps.
#include "core/json_input.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {

struct JsonBuilder {
  using Number = std::int64_t;
  Json root;
  std::vector<Json*> open;
  std::vector<std::string> keys;
  std::size_t values = 0;

  Json* place(Json&& value) {
    if (++values > kMaxJsonValues) return nullptr;
    if (open.empty()) {
      root = std::move(value);
      return &root;
    }
    if (auto* list = std::get_if<Json::Array>(&open.back()->value_)) return &list->emplace_back(std::move(value));
    auto& members = std::get<Json::Object>(open.back()->value_);
    members.emplace_back(std::move(keys.back()), std::move(value));
    keys.pop_back();
    return &members.back().second;
  }
  template <class T>
  bool put(T value) {
    Json json;
    json.value_ = std::move(value);
    return place(std::move(json)) != nullptr;
  }
  template <class T>
  bool enter() {
    if (open.size() == kMaxJsonDepth) return false;
    Json json;
    json.value_ = T{};
    Json* at = place(std::move(json));
    if (at != nullptr) open.push_back(at);
    return at != nullptr;
  }

  // what the parser calls
  bool null() { return put(std::monostate{}); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) { return put(value); }
  bool number_unsigned(std::uint64_t value) { return put(value); }
  bool number_float(double value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  static bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return enter<Json::Object>(); }
  bool key(std::string& name) {
    keys.push_back(std::move(name));
    return true;
  }
  bool end_object() {
    open.pop_back();
    return true;
  }
  bool start_array(std::size_t) { return enter<Json::Array>(); }
  bool end_array() { return end_object(); }
  static bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }
};

namespace {

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Errc::InvalidArgument, "The value of " + std::string(name) + " must be " + std::string(what) + ".");
}

}  // namespace

Result<Json> Json::parse(std::string_view text) {
  JsonBuilder builder;
  try {
    if (is_utf8(text) && nlohmann::json::sax_parse(text, &builder)) return std::move(builder.root);
  } catch (const std::exception&) {
    // Said below: a parser that gives up is a body that is not JSON.
  }
  return fail(Errc::InvalidArgument, "The body is not JSON, or nested too deeply: send valid JSON.");
}

const Json* Json::find(std::string_view name) const {
  const auto* members = object();
  if (members == nullptr) return nullptr;
  for (auto it = members->rbegin(); it != members->rend(); ++it) {
    if (equal_ignoring_ascii_case(it->first, name)) return it->second.is_null() ? nullptr : &it->second;
  }
  return nullptr;
}

Result<std::optional<std::string>> Json::text(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::optional<std::string>{};
  const auto* value = member->text();
  if (value == nullptr) return wrong(name, "a text");
  return std::optional<std::string>(*value);
}

Result<std::optional<std::uint64_t>> Json::number(std::string_view name, std::uint64_t least, std::uint64_t most) const {
  const auto* member = find(name);
  if (member == nullptr) return std::optional<std::uint64_t>{};
  std::optional<std::uint64_t> value;
  if (const auto* natural = std::get_if<std::uint64_t>(&member->value_)) value = *natural;
  if (const auto* real = std::get_if<double>(&member->value_)) {
    if (*real >= 0 && *real < 1.8e19 && std::floor(*real) == *real) value = static_cast<std::uint64_t>(*real);
  }
  if (const auto* quoted = member->text()) value = parse_u64(trim(*quoted));
  if (!value || *value < least || *value > most) {
    return wrong(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

Result<std::optional<bool>> Json::flag(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::optional<bool>{};
  if (const auto* value = std::get_if<bool>(&member->value_)) return std::optional<bool>(*value);
  const auto* quoted = member->text();
  if (quoted != nullptr && equal_ignoring_ascii_case(*quoted, "true")) return std::optional<bool>(true);
  if (quoted != nullptr && equal_ignoring_ascii_case(*quoted, "false")) return std::optional<bool>(false);
  return wrong(name, "true or false");
}

Result<std::string> parse_json_string(std::string_view body) {
  SF_TRY_ASSIGN(Json json, Json::parse(body));
  const auto* value = json.text();
  if (value == nullptr) return fail(Errc::InvalidArgument, "The body must be one JSON string.");
  return *value;
}

}  // namespace soulfabric::gateway
