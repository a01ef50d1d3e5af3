// SPDX-License-Identifier: GPL-3.0-or-later
// A few lines of HTTP, enough for answers of our own gateway.
#include "demo/readiness.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::size_t kAnswerCap = 1024 * 1024;

bool says_logged_in(const std::string& body) {
  const auto state = nlohmann::json::parse(body, nullptr, false);
  return state.is_object() && state.contains("isLoggedIn") && state["isLoggedIn"].is_boolean() && state["isLoggedIn"].get<bool>();
}

}  // namespace

Result<HttpAnswer> parse_answer(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || !text.starts_with("HTTP/1.") || text.size() < 12) return fail(Errc::Malformed, "the answer is not HTTP");
  const auto status = parse_u64(text.substr(9, 3));
  if (!status) return fail(Errc::Malformed, "the answer has no status");
  return HttpAnswer{static_cast<int>(*status), std::string(text.substr(end + 4))};
}

Task<Result<HttpAnswer>> http_get(net::Dialer& dialer, Endpoint at, std::string path, std::string api_key, MonoTime deadline) {
  auto stream = co_await dialer.connect(at, deadline);
  SF_CO_TRY(stream);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + at.to_string() + "\r\nX-API-Key: " + api_key + "\r\nConnection: close\r\n\r\n";
  auto sent = co_await (*stream)->write(bytes_of(request), deadline);
  SF_CO_TRY(sent);
  std::string answer;
  std::array<std::uint8_t, 16 * 1024> chunk{};
  for (;;) {
    const auto got = co_await (*stream)->read_some(chunk, deadline);
    if (!got && got.error().code == Errc::Closed) break;
    if (!got) co_return std::unexpected(got.error());
    answer += text_of(ByteView(chunk).first(*got));
    if (answer.size() > kAnswerCap) co_return fail(Errc::TooLarge, "the answer does not end");
  }
  co_return parse_answer(answer);
}

Task<std::string> what_is_missing(net::Dialer& dialer, const NodePlan& node, MonoTime deadline) {
  const Endpoint at{IpAddress::v4(0x7F00'0001U), node.web_port};
  const auto ready = co_await http_get(dialer, at, "/ready", node.api_key, deadline);
  if (!ready) co_return std::string("does not answer yet");
  if (ready->status != 200) co_return std::string("is still starting");
  const auto server = co_await http_get(dialer, at, "/api/v0/server", node.api_key, deadline);
  if (!server || server->status != 200 || !says_logged_in(server->body)) co_return std::string("is not logged in yet");
  co_return std::string();
}

}  // namespace soulfabric::daemon::demo
