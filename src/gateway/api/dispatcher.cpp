// SPDX-License-Identifier: GPL-3.0-or-later
// The order matters: a foreign page learns nothing, a stranger learns only what is open.
#include "api/dispatcher.hpp"

#include "api/document.hpp"
#include "core/headers.hpp"
#include "core/hosts.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::gateway {
namespace {

bool is_under(std::string_view path, std::string_view prefix) {
  return path.size() >= prefix.size() && equal_ignoring_ascii_case(path.substr(0, prefix.size()), prefix);
}

bool is_change(std::string_view method) { return method != "GET" && method != "HEAD"; }

/// "application/json", "text/json" and "application/...+json", with or without parameters.
bool is_json(std::string_view content_type) {
  const auto type = ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" || type == "text/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

Response refusal(bool api, int status, const std::string& sentence) {
  return api ? string_response(status, sentence) : text_response(sentence + "\n", status);
}

Response guarded(const AnswerNow& answer, Call& call) {
  try {
    return answer(call);
  } catch (const std::exception& fault) {
    log::error("gateway", std::string("an answer could not be made: ") + fault.what());
    return string_response(500, "Something went wrong inside the program: see its log.");
  }
}

}  // namespace

std::optional<Response> Dispatcher::check_sender(const Request& request) const {
  const bool api = is_under(request.target, "/api/");
  const auto host = parse_host(request.header("Host"));
  if (!host) return refusal(api, 400, "The Host header of the request is malformed.");
  if (!is_allowed_host(*host, context_.settings.host_names)) {
    return refusal(api, 403, "This program does not answer to the name " + host->host + ": add it to web.hosts in the configuration if it is yours.");
  }
  const auto origin = request.header("Origin");
  if (!origin.empty() && !origin_matches(origin, *host)) {
    return refusal(api, 403, "The request comes from a page of another site: open the page under the name that web.hosts allows.");
  }
  return std::nullopt;
}

void Dispatcher::blame(const Request& request) const {
  if (!request.address) return;
  const auto subject = guard::Subject::address(*request.address);
  (void)context_.deps.guard.charge({guard::Violation::RateExceeded, subject, request.address, guard::Channel::TheyConnected});
}

/// A guess is rationed as those at signing in are: past the limit nothing is compared, right or wrong.
Dispatcher::BasicProof Dispatcher::basic_proof(const Request& request) {
  const auto& settings = context_.settings;
  if (settings.metrics_password.empty() || request.origin == guard::Origin::RemoteGateway) return BasicProof::None;
  const auto header = request.header("Authorization");
  if (header.size() < 6 || !equal_ignoring_ascii_case(header.substr(0, 6), "basic ")) return BasicProof::None;
  if (!context_.attempts.allows(request.address, context_.deps.clock.now())) return BasicProof::Wrong;
  Bytes decoded;
  if (!from_base64(trim(header.substr(6)), decoded)) return BasicProof::Wrong;
  const auto expected = crypto::sha256(bytes_of(settings.metrics_username + ":" + settings.metrics_password));
  return equal_constant_time(expected, crypto::sha256(decoded)) ? BasicProof::Right : BasicProof::Wrong;
}

std::optional<Response> Dispatcher::check_rights(const Request& request, Call& call) {
  const auto& route = *call.route;
  const bool tunnelled = request.origin == guard::Origin::RemoteGateway;
  Policy policy = route.policy;
  if (policy == Policy::Open && tunnelled && !route.when_tunnelled) policy = Policy::Any;
  auto basic = BasicProof::None;
  if (policy == Policy::Metrics) {
    if (!context_.settings.metrics_enabled) return empty_response(404);
    const bool open = context_.settings.metrics_open && !tunnelled;
    if (!open) basic = basic_proof(request);
    policy = open || basic == BasicProof::Right ? Policy::Open : Policy::Any;
  }
  if (policy == Policy::Open) return std::nullopt;
  Presented presented;
  const auto cookie_name = context_.cookie_name();
  presented.cookie = find_cookie(request.header("Cookie"), cookie_name);
  presented.api_key = request.header("X-API-Key");
  if (presented.api_key.empty()) presented.api_key = request.header("X-Slskdn-ApiKey");
  presented.bearer = bearer_of(request.header("Authorization"));
  presented.hub = is_under(call.path, "/hub/");
  if (presented.hub) presented.access_token = call.query.find("access_token").value_or("");
  presented.csrf = request.header("X-CSRF-Token");
  if (presented.csrf.empty()) presented.csrf = request.header("X-Slskdn-Csrf");
  presented.changes = is_change(request.method);
  presented.upgrade = request.upgrade;
  presented.has_origin = !request.header("Origin").empty();
  presented.tunnelled = tunnelled;
  presented.address = request.address;
  auto decision = context_.authority.decide(presented, policy, route.scope, context_.unix_now());
  call.identity = std::move(decision.identity);
  const auto now = context_.deps.clock.now();
  // An address that is banned gets no further without proof; a valid key or session is never locked out (security rules S1, S22).
  if (decision.refusal == Refusal::Unauthorized && request.address && context_.deps.guard.is_banned(guard::Subject::address(*request.address))) {
    return empty_response(403);
  }
  switch (decision.refusal) {
    case Refusal::None: return std::nullopt;
    case Refusal::Csrf: return string_response(403, "The request lacks the page's own token: reload the page and try again.");
    case Refusal::Forbidden: return empty_response(403);
    case Refusal::Unauthorized: break;
  }
  if (decision.tried || basic == BasicProof::Wrong) {
    if (!context_.attempts.allows(request.address, now)) {
      blame(request);
      return empty_response(429);
    }
    context_.attempts.failed(request.address, now);
  }
  return empty_response(401);
}

Response Dispatcher::without_route(const Request& request, const Call& call, const RouteMatch& match) const {
  if (match.found == Found::BadEscape) return empty_response(400);
  if (match.found == Found::WrongMethod) {
    auto response = empty_response(405);
    response.headers.emplace_back("allow", match.allow);
    return response;
  }
  if (is_under(call.path, "/api/") || is_under(call.path, "/hub/") || context_.settings.headless) return empty_response(404);
  return static_response(request, call.path);
}

RequestVerdict Dispatcher::admit(const Request& request, std::unique_ptr<State>& state) {
  if (auto refused = check_sender(request)) return {std::move(refused), 0};
  const auto target = split_target(request.target);
  if (!target) return {empty_response(400), 0};
  auto owned = std::make_unique<Call>();
  Call& call = *owned;
  call.path = target->path;
  const auto& base = context_.settings.url_base;
  const bool prefixed = !base.empty() && is_under(call.path, base) && (call.path.size() == base.size() || call.path[base.size()] == '/');
  if (prefixed) call.path.remove_prefix(base.size());
  if (call.path.empty()) call.path = "/";
  auto match = table_.match(request.method, call.path);
  if (match.found != Found::Route) return {without_route(request, call, match), 0};
  auto query = Query::parse(target->query);
  if (!query) return {empty_response(400), 0};
  call.query = std::move(*query);
  call.request = &request;
  call.route = &table_.all()[match.route];
  call.values = std::move(match.values);
  if (auto refused = check_rights(request, call)) return {std::move(refused), 0};
  if (!call.route->takes.empty() && call.route->takes != kCallBody && !is_json(request.header("Content-Type"))) {
    const auto length = request.header("Content-Length");
    const bool bodyless = (length.empty() || length == "0") && request.header("Transfer-Encoding").empty();
    if (!bodyless) return {string_response(415, "The body must be sent as application/json."), 0};
  }
  state = std::move(owned);
  const auto limit = call.route->body_limit == 0 ? context_.settings.limits.body_bytes : call.route->body_limit;
  return {std::nullopt, limit};
}

std::optional<Response> Dispatcher::answer_now(Request& /*request*/, State* state) {
  auto& call = static_cast<Call&>(*state);
  if (!call.route->now) return std::nullopt;
  return guarded(call.route->now, call);
}

Task<Response> Dispatcher::answer(Request& /*request*/, State* state) {
  auto& call = static_cast<Call&>(*state);
  try {
    auto response = co_await call.route->later(call);
    co_return response;
  } catch (const boost::system::system_error&) {
    throw;  // the server stops
  } catch (const std::exception& fault) {
    log::error("gateway", std::string("an answer could not be made: ") + fault.what());
  }
  co_return string_response(500, "Something went wrong inside the program: see its log.");
}

}  // namespace soulfabric::gateway
