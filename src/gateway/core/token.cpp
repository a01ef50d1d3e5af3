// SPDX-License-Identifier: GPL-3.0-or-later
// The payload is written and read by the same two functions; a signature by our own key vouches for its shape.
#include "core/token.hpp"

#include <charconv>

#include "core/json_writer.hpp"
#include "soulfabric/base/crypto.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

std::string sign(ByteView key, std::string_view text) { return to_base64url(crypto::hmac_sha256(key, bytes_of(text))); }

std::optional<std::int64_t> number_after(std::string_view json, std::string_view member) {
  const auto at = json.find(member);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const char* begin = json.data() + at + member.size();
  const auto [end, code] = std::from_chars(begin, json.data() + json.size(), value);
  if (code != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace

std::string make_token(ByteView key, const Claims& claims) {
  std::string payload;
  JsonWriter json(payload);
  // The members that are read back stand before the name, which is the only free text.
  json.begin_object().member("jti", claims.id).member("iat", claims.issued).member("nbf", claims.issued).member("exp", claims.expires);
  json.member("iss", "slskd").member("role", "Administrator").member("nameidentifier", claims.name).member("name", claims.name).end_object();
  std::string token = to_base64url(bytes_of(kHeader)) + "." + to_base64url(bytes_of(payload));
  token += "." + sign(key, token);
  return token;
}

std::optional<Claims> check_token(ByteView key, std::string_view token, std::int64_t now) {
  if (token.size() > kMaxTokenLength) return std::nullopt;
  const auto second = token.rfind('.');
  if (second == std::string_view::npos) return std::nullopt;
  const auto expected = sign(key, token.substr(0, second));
  if (!equal_constant_time(bytes_of(expected), bytes_of(token.substr(second + 1)))) return std::nullopt;
  const auto first = token.find('.');
  Bytes payload;
  if (first == second || !from_base64url(token.substr(first + 1, second - first - 1), payload)) return std::nullopt;
  const auto json = text_of(payload);
  constexpr std::string_view kId = R"({"jti":")";
  const auto issued = number_after(json, R"("iat":)");
  const auto expires = number_after(json, R"("exp":)");
  if (!json.starts_with(kId) || json.size() < kId.size() + 32 || !issued || !expires) return std::nullopt;
  if (now > *expires + kTokenSkewSeconds || now < *issued - kTokenSkewSeconds) return std::nullopt;
  constexpr std::string_view kName = R"(,"name":")";
  const auto name = json.rfind(kName);
  Claims claims{std::string(json.substr(kId.size(), 32)), {}, *issued, *expires};
  if (name != std::string_view::npos) claims.name = json.substr(name + kName.size(), json.size() - name - kName.size() - 2);
  return claims;
}

std::string csrf_of(ByteView key, std::string_view session_id) {
  return to_base64url(crypto::hmac_sha256(key, bytes_of("csrf:" + std::string(session_id))));
}

}  // namespace soulfabric::gateway
