// SPDX-License-Identifier: GPL-3.0-or-later
// Judging a step, and writing the request for one that passed.
#include "core/http_rules.hpp"

#include <algorithm>
#include <array>

#include "soulfabric/base/text.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kHeaderValueCap = 1024;
constexpr std::array<std::string_view, 4> kSendable = {"accept", "if-none-match", "if-modified-since", "range"};

HttpResult<HttpStep> judge(const HttpRequest& request, const HttpClientSettings& settings, HttpUrl url, bool may_be_excepted) {
  const auto* exception = find_exception(settings, url);
  if (exception != nullptr && request.origin == guard::Origin::RemoteMesh && !exception->mesh)
    return refuse(HttpRefusal::NotAllowed, Errc::Forbidden, url.host + " is not opened for other nodes; its exception does not say mesh.");
  if (request.allowed && !request.allowed(url.host))
    return refuse(HttpRefusal::NotAllowed, Errc::Forbidden, url.host + " is not among the hosts that this request may reach.");
  if (!may_be_excepted) exception = nullptr;
  const bool listed = exception != nullptr && std::ranges::find(exception->ports, url.port) != exception->ports.end();
  if (url.port != 80 && url.port != 443 && !listed)
    return refuse(
        HttpRefusal::Port, Errc::Forbidden,
        "Port " + std::to_string(url.port) + " of " + url.host + " is not opened; only 80 and 443 are, and those of an exception.");
  if (exception == nullptr && !url.literal && is_local_name(url.host))
    return refuse(HttpRefusal::Host, Errc::Forbidden,
                  url.host + " is a name of this machine or the local network; an exception of the operator would open it.");
  HttpStep step{std::move(url), exception != nullptr};
  if (step.url.literal) {
    if (auto global = judge_addresses({*step.url.literal}, step); !global) return std::unexpected(std::move(global).error());
  }
  return step;
}

}  // namespace

std::string_view name_of(HttpRefusal why) noexcept {
  switch (why) {
    case HttpRefusal::Url: return "url";
    case HttpRefusal::Scheme: return "scheme";
    case HttpRefusal::UserInfo: return "user_info";
    case HttpRefusal::Port: return "port";
    case HttpRefusal::Host: return "host";
    case HttpRefusal::NotAllowed: return "not_allowed";
    case HttpRefusal::Resolve: return "resolve";
    case HttpRefusal::Address: return "address";
    case HttpRefusal::Connect: return "connect";
    case HttpRefusal::Certificate: return "certificate";
    case HttpRefusal::Redirect: return "redirect";
    case HttpRefusal::Header: return "header";
    case HttpRefusal::Body: return "body";
    case HttpRefusal::Inflation: return "inflation";
    case HttpRefusal::Time: return "time";
    case HttpRefusal::Rate: return "rate";
    case HttpRefusal::Count_: break;
  }
  return "unknown";
}

const HttpException* find_exception(const HttpClientSettings& settings, const HttpUrl& url) {
  auto found = settings.exceptions.find(url.host);
  if (found == settings.exceptions.end() && url.literal) found = settings.exceptions.find("[" + url.host + "]");
  return found == settings.exceptions.end() ? nullptr : &found->second;
}

HttpResult<HttpStep> judge_first(const HttpRequest& request, const HttpClientSettings& settings) {
  auto url = parse_http_url(request.url);
  if (!url) return std::unexpected(std::move(url).error());
  return judge(request, settings, std::move(*url), true);
}

HttpResult<HttpStep> judge_redirect(const HttpRequest& request, const HttpClientSettings& settings, const HttpStep& from,
                                    std::string_view location, bool first_excepted) {
  auto url = follow_location(from.url, location);
  if (!url) {
    auto fault = std::move(url).error();  // the caller's own words were right
    return refuse(fault.why, Errc::Forbidden, "A redirect of " + from.url.host + " was not followed. " + fault.error.message);
  }
  const bool was_tls = from.url.tls;
  auto step = judge(request, settings, std::move(*url), first_excepted);
  if (step && was_tls && !step->url.tls && !step->excepted)
    return refuse(HttpRefusal::Redirect, Errc::Forbidden, from.url.host + " sends us from https to http; that is not followed.");
  return step;
}

bool is_redirect(int status) noexcept { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

HttpStatus judge_addresses(const std::vector<IpAddress>& addresses, const HttpStep& step) {
  if (addresses.empty()) return refuse(HttpRefusal::Resolve, Errc::Offline, step.url.host + " has no address; check the name.");
  if (addresses.size() > kHttpAddressCap) return refuse(HttpRefusal::Resolve, Errc::TooLarge, step.url.host + " has too many addresses.");
  if (step.excepted || std::ranges::all_of(addresses, [](const IpAddress& address) { return address.is_global(); })) return {};
  return refuse(HttpRefusal::Address, Errc::Forbidden,
                step.url.host + " leads to an address that is not public; an exception of the operator would open it.");
}

HttpResult<std::string> format_request(const HttpRequest& request, const HttpUrl& url, std::string_view user_agent) {
  std::string out = request.method == HttpMethod::Head ? "HEAD " : "GET ";
  out += url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\nConnection: close\r\n";
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
  bool part = false;
  for (const auto& [name, value] : request.headers) {
    const auto lower = ascii_lower(name);
    if (std::ranges::find(kSendable, lower) == kSendable.end() || value.size() > kHeaderValueCap || !std::ranges::all_of(value, printable))
      return refuse(HttpRefusal::Header, Errc::InvalidArgument, "This request has a header that is not sent to others.");
    part = part || lower == "range";
    out += name + ": " + value + "\r\n";
  }
  out += part ? "Accept-Encoding: identity\r\n" : "Accept-Encoding: gzip\r\n";  // a part of a packed body could not be unpacked
  if (!user_agent.empty()) {
    out += "User-Agent: ";
    std::ranges::copy_if(user_agent, std::back_inserter(out), printable);
    out += "\r\n";
  }
  return out + "\r\n";
}

}  // namespace soulfabric::net
