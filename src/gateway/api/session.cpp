// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in and out (security rule S22): password, one-time link, cookie for pages, token for tools.
#include <filesystem>

#include "api/context.hpp"
#include "core/headers.hpp"
#include "core/json_input.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kLoginBody = 16 * 1024;
constexpr std::uint64_t kLoginFileCap = 4096;

bool is_browser(const Request& request) { return request.header("X-Soulfabric-Browser") == "1"; }

bool same_text(std::string_view a, std::string_view b) {
  return equal_constant_time(crypto::sha256(bytes_of(a)), crypto::sha256(bytes_of(b)));
}

std::string cookie_line(const Context& context, const Request& request, std::string_view token, std::int64_t seconds) {
  std::string line = context.cookie_name() + "=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds);
  if (request.header("Origin").starts_with("https://")) line += "; Secure";
  return line;
}

Response signed_in(Context& context, const Request& request) {
  Bytes random(16);
  context.deps.random.fill(random);
  Claims claims;
  claims.id = to_hex(random);
  claims.name = context.settings.username;
  claims.issued = context.unix_now();
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(context.settings.session_lifetime).count();
  claims.expires = claims.issued + lifetime;
  const auto token = make_token(context.authority.key(), claims);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  if (is_browser(request)) {
    json.member("csrf", csrf_of(context.authority.key(), claims.id)).member("name", claims.name).end_object();
    auto response = json_response(std::move(body));
    response.headers.emplace_back("set-cookie", cookie_line(context, request, token, lifetime));
    response.headers.emplace_back("cache-control", "no-store");
    return response;
  }
  json.member("expires", claims.expires).member("issued", claims.issued).member("name", claims.name);
  json.member("notBefore", claims.issued).member("token", token).member("tokenType", "Bearer").end_object();
  auto response = json_response(std::move(body));
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

Response too_many() {
  auto response = string_response(429, "Too many failed attempts to sign in: wait a minute and try again.");
  response.headers.emplace_back("retry-after", "60");
  return response;
}

Response sign_in(Context& context, Call& call) {
  const auto& request = *call.request;
  if (context.settings.headless) return string_response(403, "Signing in is switched off, because headless is set.");
  const auto json = Json::parse(request.body);
  if (!json) return error_response(json.error());
  const auto username = json->text("username");
  const auto password = json->text("password");
  if (!username || !password || !*username || !*password || trim(**username).empty() || trim(**password).empty()) {
    return string_response(400, "Username and password must not be empty.");
  }
  const auto now = context.deps.clock.now();
  if (!context.attempts.allows(request.address, now)) return too_many();
  const bool name_right = same_text(**username, context.settings.username);
  const bool password_right = same_text(**password, context.password());
  if (name_right && password_right) return signed_in(context, request);
  context.attempts.failed(request.address, now);
  return empty_response(401);
}

/// The secret that `soulfabric login-link` left for us; the file is used up by reading it with the right secret.
std::optional<LoginFile> take_login_file(const std::filesystem::path& file, const std::string& secret) {
  const auto content = read_whole(file, kLoginFileCap);
  if (!content) return std::nullopt;
  auto parsed = parse_login_file(text_of(*content));
  if (!parsed || !same_text(parsed->secret, secret)) return std::nullopt;
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return parsed;
}

Task<Response> redeem_link(Context& context, Call& call) {
  const auto& request = *call.request;
  if (request.origin == guard::Origin::RemoteGateway) co_return string_response(403, "A login link cannot be used through a tunnel.");
  if (context.settings.headless) co_return string_response(403, "Signing in is switched off, because headless is set.");
  const auto json = Json::parse(request.body);
  if (!json) co_return error_response(json.error());
  const auto secret = json->text("secret");
  if (!secret || !*secret || (*secret)->empty()) co_return string_response(400, "The secret of the link is missing.");
  const std::string given = **secret;
  const auto now = context.deps.clock.now();
  if (!context.attempts.allows(request.address, now)) co_return too_many();
  auto read = [file = context.login_file(), given] { return take_login_file(file, given); };
  const auto from_file = co_await context.deps.workers.run(std::move(read));
  if (from_file && !context.links.was_used(given)) context.links.add(given, from_file->made);
  if (context.links.redeem(given, context.deps.clock.wall())) co_return signed_in(context, request);
  context.attempts.failed(request.address, now);
  co_return string_response(401, "This login link was used before or is older than ten minutes: make another with soulfabric login-link.");
}

Response show_session(Context& context, Call& call) {
  auto response = empty_response(200);
  if (call.identity.proof == Proof::Cookie) {
    response.headers.emplace_back("x-csrf-token", csrf_of(context.authority.key(), call.identity.session));
    response.headers.emplace_back("cache-control", "no-store");
  }
  return response;
}

Response sign_out(Context& context, Call& call) {
  if (!call.identity.session.empty()) {
    const auto now = context.unix_now();
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(context.settings.session_lifetime).count();
    context.authority.revoke(call.identity.session, now + lifetime);
    auto write = [file = context.revoked_file(), lines = context.authority.revoked_lines(now)] {
      if (auto written = write_whole(file, bytes_of(lines), 0600); !written) log::error("gateway", written.error().message);
    };
    context.deps.workers.post(std::move(write));
    if (context.close_session) context.close_session(call.identity.session);
  }
  auto response = empty_response(204);
  response.headers.emplace_back("set-cookie", cookie_line(context, *call.request, "", 0));
  return response;
}

}  // namespace

void add_session_routes(RouteTable& table, Context& context) {
  table.add({.method = "POST", .path = "/api/v0/session", .policy = Policy::Open, .summary = "Signs in with name and password.", .takes = "SignIn",
             .gives = "SignedIn", .statuses = {200, 429}, .body_limit = kLoginBody, .when_tunnelled = true},
            [&context](Call& call) { return sign_in(context, call); });
  table.add({.method = "POST", .path = "/api/v0/session/link", .policy = Policy::Open, .summary = "Signs a browser in with a one-time link.",
             .takes = "LoginSecret", .gives = "SignedIn", .statuses = {200, 429}, .body_limit = kLoginBody},
            [&context](Call& call) { return redeem_link(context, call); });
  table.add({.method = "GET", .path = "/api/v0/session", .summary = "Says whether the caller is signed in; gives a page its CSRF token.", .statuses = {200}},
            [&context](Call& call) { return show_session(context, call); });
  table.add({.method = "DELETE", .path = "/api/v0/session", .summary = "Signs out and closes the session's sockets.", .statuses = {204}},
            [&context](Call& call) { return sign_out(context, call); });
  table.add({.method = "GET", .path = "/api/v0/session/enabled", .policy = Policy::Open, .summary = "Says whether signing in is needed.", .gives = "boolean",
             .statuses = {200}, .when_tunnelled = true},
            [&context](Call& call) {
              const bool local = call.request->origin != guard::Origin::RemoteGateway;  // through a tunnel it is always needed (security rule S20)
              return json_response(local && context.settings.authentication_disabled ? "false" : "true");
            });
}

}  // namespace soulfabric::gateway
