// SPDX-License-Identifier: GPL-3.0-or-later
// What may be contacted: hosts and ports by the operator's exceptions, addresses by their range, redirects by both (architecture,
// section 11; security rule S16). Each step of a request is judged whole, as if nothing had been judged before.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/http_fault.hpp"
#include "core/http_url.hpp"

namespace soulfabric::net {

/// The exception for a host, if `settings` has one; an IPv6 address may stand there with or without brackets.
[[nodiscard]] const HttpException* find_exception(const HttpClientSettings& settings, const HttpUrl& url);

/// One step of a request that passed; `excepted` then frees its addresses from being judged.
struct HttpStep {
  HttpUrl url;
  bool excepted = false;
};

/// The first step. UserLocal, LocalAutomation and RemoteGateway use any exception; RemoteMesh reaches an excepted host only where the
/// exception says so, and not by another way either (S16).
[[nodiscard]] HttpResult<HttpStep> judge_first(const HttpRequest& request, const HttpClientSettings& settings);
/// The step that a redirect asks for. Only a request whose first host was excepted is led to an excepted host as such: the
/// operator's mirror may send us on to its neighbour, the internet may not. From https to http only within exceptions.
[[nodiscard]] HttpResult<HttpStep> judge_redirect(const HttpRequest& request, const HttpClientSettings& settings, const HttpStep& from,
                                                  std::string_view location, bool first_excepted);
[[nodiscard]] bool is_redirect(int status) noexcept;

inline constexpr std::size_t kHttpAddressCap = 32;
/// All of them must be global, or the whole host is refused: a name with a good and a bad address is an attack or a mistake.
[[nodiscard]] HttpStatus judge_addresses(const std::vector<IpAddress>& addresses, const HttpStep& step);

/// The bytes of a request, or why its headers cannot be sent (only Accept, If-None-Match, If-Modified-Since, Range; one line each).
[[nodiscard]] HttpResult<std::string> format_request(const HttpRequest& request, const HttpUrl& url, std::string_view user_agent);

}  // namespace soulfabric::net
