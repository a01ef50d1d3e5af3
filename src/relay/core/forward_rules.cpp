// SPDX-License-Identifier: GPL-3.0-or-later
// Fields that are ours, fields that belong to one hop, and all others as they are.
#include "core/forward_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::string_view kFarHost = "localhost";
constexpr std::string_view kFarOrigin = "http://localhost";
constexpr std::size_t kPrefixDigits = 16;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [name](std::string_view other) { return equal_ignoring_ascii_case(name, other); });
}

/// Of one hop only, in either direction.
constexpr std::array<std::string_view, 8> kHop{
    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "proxy-authentication-info",
    "te",         "upgrade"};
/// Of a request: said anew, or words about addresses that the other side must not believe.
constexpr std::array<std::string_view, 9> kNotOnward{"host",      "origin",         "cookie", "referer",  "forwarded",
                                                     "x-real-ip", "http2-settings", "via",    "client-ip"};
/// Of a response: said anew, or promises about this host that only we could make.
constexpr std::array<std::string_view, 4> kNotBack{"set-cookie", "location", "strict-transport-security", "alt-svc"};

bool is_forwarding_claim(std::string_view name) {
  return name.size() >= 11 && equal_ignoring_ascii_case(name.substr(0, 11), "x-forwarded");
}

void add(std::string& head, std::string_view name, std::string_view value) { head.append(name).append(": ").append(value).append("\r\n"); }

/// "__Host-name" keeps its first part, for browsers act on it.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  for (const std::string_view promise : {std::string_view("__Host-"), std::string_view("__Secure-")}) {
    if (name.starts_with(promise)) return {promise, name.substr(promise.size())};
  }
  return {"", name};
}

/// Those of the browser's cookies that were set through this forward, under the names that the other side gave them.
std::string own_cookies(const HttpHead& head, const std::string& prefix) {
  std::string out;
  for (const HttpField& field : head.fields) {
    if (!equal_ignoring_ascii_case(field.name, "cookie")) continue;
    for (const std::string_view part : split(field.value, ';')) {
      const std::string_view pair = trim(part);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      const auto [promise, name] = split_name(pair.substr(0, equals));
      if (!name.starts_with(prefix)) continue;
      if (!out.empty()) out += "; ";
      out.append(promise).append(name.substr(prefix.size())).append(pair.substr(equals));
    }
  }
  return out;
}

/// Host-only and under a name of this forward; empty where it is no cookie.
std::string own_set_cookie(std::string_view value, const std::string& prefix) {
  std::string out;
  for (const std::string_view raw : split(value, ';')) {
    const std::string_view part = trim(raw);
    if (out.empty()) {
      const auto equals = part.find('=');
      if (equals == std::string_view::npos || equals == 0) return {};
      const auto [promise, name] = split_name(trim(part.substr(0, equals)));
      out.append(promise).append(prefix).append(name).append(part.substr(equals));
      continue;
    }
    const std::string_view attribute = trim(part.substr(0, part.find('=')));
    if (attribute.empty() || equal_ignoring_ascii_case(attribute, "domain")) continue;
    out.append("; ").append(part);
  }
  return out;
}

/// A redirection to the other side's own address leads to the forward's.
std::string own_location(std::string_view value, const std::string& host) {
  if (!value.starts_with(kFarOrigin)) return std::string(value);
  const std::string_view rest = value.substr(kFarOrigin.size());
  if (!rest.empty() && rest.front() != '/' && rest.front() != '?' && rest.front() != '#') return std::string(value);
  return "http://" + host + std::string(rest);
}

bool is_web_socket(const HttpHead& head) {
  const auto upgrade = head.only("upgrade");
  return upgrade && equal_ignoring_ascii_case(*upgrade, "websocket") && head.lists("connection", "upgrade");
}

std::optional<ForwardRefusal> judge(const HttpHead& head, const ForwardRules& rules) {
  const auto host = head.only("host");
  if (!host || !equal_ignoring_ascii_case(*host, rules.host))
    return ForwardRefusal{421, "This door answers to " + rules.host + " only; open http://" + rules.host + "/ instead."};
  if (head.count("origin") == 0) return std::nullopt;
  const auto origin = head.only("origin");
  if (origin && equal_ignoring_ascii_case(*origin, "http://" + rules.host)) return std::nullopt;
  return ForwardRefusal{
      403, "This request comes from a page of another address, so it is not passed on; use the page at http://" + rules.host + "/ itself."};
}

std::string_view reason_for(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

}  // namespace

ForwardRules make_forward_rules(std::string_view name, std::string host, const PeerId& peer, std::string_view target) {
  const std::string text = std::string(name) + "/" + peer.to_string() + "/" + std::string(target);
  const auto digest = crypto::sha256(bytes_of(text));
  return {std::move(host), "sf" + to_hex(digest).substr(0, kPrefixDigits) + "-"};
}

std::expected<ForwardRequest, ForwardRefusal> rewrite_request(const HttpHead& head, const ForwardRules& rules) {
  if (auto refusal = judge(head, rules)) return std::unexpected(std::move(*refusal));
  const auto body = body_of_request(head);
  if (!body) return std::unexpected(refusal_for(body.error()));
  ForwardRequest out;
  out.body = *body;
  out.upgrade = is_web_socket(head);
  out.asked_by_head = head.method == "HEAD";
  out.repeatable = body->kind == BodyKind::None && !out.upgrade && (head.method == "GET" || head.method == "HEAD");
  out.last = head.lists("connection", "close");
  out.head.append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  add(out.head, "Host", kFarHost);
  if (head.count("origin") != 0) add(out.head, "Origin", kFarOrigin);
  if (out.upgrade) {
    add(out.head, "Connection", "Upgrade");
    add(out.head, "Upgrade", "websocket");
  }
  const std::string cookies = own_cookies(head, rules.cookie_prefix);
  if (!cookies.empty()) add(out.head, "Cookie", cookies);
  for (const HttpField& field : head.fields) {
    if (is_one_of(field.name, kHop) || is_one_of(field.name, kNotOnward) || is_forwarding_claim(field.name)) continue;
    const bool framing =
        equal_ignoring_ascii_case(field.name, "content-length") || equal_ignoring_ascii_case(field.name, "transfer-encoding");
    if (!framing && head.lists("connection", field.name)) continue;
    add(out.head, field.name, field.value);
  }
  out.head += "\r\n";
  return out;
}

ForwardRefusal refusal_for(const Error& error) {
  switch (error.code) {
    case Errc::TooLarge: return {431, "The head of the request is larger than 64 KiB; clear the cookies of this address and try again."};
    case Errc::Unsupported: return {505, "Only HTTP/1.1 is understood here; use another program to connect."};
    case Errc::Malformed: return {400, "The request is not in the form of HTTP/1.1; use another program to connect."};
    case Errc::Busy:
    case Errc::RateLimited: return {503, error.message};
    case Errc::TimedOut: return {504, error.message};
    default: return {502, error.message};
  }
}

Result<ForwardResponse> rewrite_response(const HttpHead& head, const ForwardRequest& request, const ForwardRules& rules) {
  SF_TRY_ASSIGN(const BodyPlan body, body_of_response(head, request.asked_by_head));
  ForwardResponse out;
  out.body = body;
  out.upgraded = head.status == 101;
  out.interim = head.status < 200 && !out.upgraded;
  if (out.upgraded && (!request.upgrade || !is_web_socket(head)))
    return fail(Errc::Malformed, "The other side changed to another protocol unasked.");
  const bool until_end = body.kind == BodyKind::UntilEnd;
  out.last = !out.interim && (request.last || until_end);
  out.reusable = !out.upgraded && !until_end && !head.old && !head.lists("connection", "close");
  out.head = "HTTP/1.1 " + std::to_string(head.status) + " " + std::string(head.reason) + "\r\n";
  if (out.upgraded) {
    add(out.head, "Connection", "Upgrade");
    add(out.head, "Upgrade", "websocket");
  } else if (out.last) {
    add(out.head, "Connection", "close");
  }
  for (const HttpField& field : head.fields) {
    if (equal_ignoring_ascii_case(field.name, "location")) add(out.head, field.name, own_location(field.value, rules.host));
    if (equal_ignoring_ascii_case(field.name, "set-cookie")) {
      const std::string cookie = own_set_cookie(field.value, rules.cookie_prefix);
      if (!cookie.empty()) add(out.head, field.name, cookie);
    }
    if (is_one_of(field.name, kHop) || is_one_of(field.name, kNotBack)) continue;
    const bool framing =
        equal_ignoring_ascii_case(field.name, "content-length") || equal_ignoring_ascii_case(field.name, "transfer-encoding");
    if (!framing && head.lists("connection", field.name)) continue;
    add(out.head, field.name, field.value);
  }
  out.head += "\r\n";
  return out;
}

std::string render_refusal(const ForwardRefusal& refusal) {
  const std::string text = refusal.sentence + "\n";
  std::string out = "HTTP/1.1 " + std::to_string(refusal.status) + " " + std::string(reason_for(refusal.status)) + "\r\n";
  add(out, "Content-Type", "text/plain; charset=utf-8");
  add(out, "Content-Length", std::to_string(text.size()));
  add(out, "Cache-Control", "no-store");
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "Connection", "close");
  return out + "\r\n" + text;
}

}  // namespace soulfabric::relay
