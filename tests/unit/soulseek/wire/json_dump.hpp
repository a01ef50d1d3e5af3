// SPDX-License-Identifier: GPL-3.0-or-later
// A third walker of the field lists: turns a message into the JSON that the byte vectors state.
#pragma once
#include <nlohmann/json.hpp>

#include "soulfabric/base/text.hpp"
#include "soulseek/wire/peer_message_fields.hpp"
#include "soulseek/wire/server_reply_fields.hpp"
#include "soulseek/wire/server_request_fields.hpp"

namespace soulfabric::soulseek::wire {

class JsonDump {
 public:
  static constexpr bool kReading = false;

  template <class T>
  void operator()(const char* name, const T& value) {
    out[name] = one(value);
  }
  template <class T>
  void operator()(const char* name, const std::vector<T>& list) {
    out[name] = nlohmann::json::array();
    for (const T& element : list) out[name].push_back(one(element));
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <class T>
  void trailing(const char* name, const T& value) {
    (*this)(name, value);
  }
  template <class Row, class T>
  void column(const char* name, const std::vector<Row>& rows, T Row::* member, bool /*first*/) {
    out[name] = nlohmann::json::array();
    for (const Row& row : rows) out[name].push_back(one(row.*member));
  }
  void blob(const char* name, const std::string& value) { out[name] = to_hex(bytes_of(value)); }
  void size(const char* name, std::uint64_t value) { out[name] = value; }
  void rest(const char* name, const Bytes& value) { out[name] = to_hex(value); }

  nlohmann::json out = nlohmann::json::object();

 private:
  template <class T>
  static nlohmann::json one(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<std::underlying_type_t<T>>(value);
    } else if constexpr (std::is_same_v<T, IpAddress>) {
      return value.to_string();
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (is_utf8(value)) return value;
      return {{"bytes_hex", to_hex(bytes_of(value))}};
    } else if constexpr (std::is_integral_v<T>) {
      return value;
    } else {
      JsonDump inner;
      fields(inner, value);
      return inner.out;
    }
  }
};

}  // namespace soulfabric::soulseek::wire
