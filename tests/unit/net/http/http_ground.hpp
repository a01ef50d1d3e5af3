// SPDX-License-Identifier: GPL-3.0-or-later
// A client and the loop it runs on, names that mean what the test says, and an origin behind an exception.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "soulfabric/net/http_client.hpp"
#include "support/http_origin.hpp"
#include "support/run_task.hpp"

namespace soulfabric::net {

struct HttpGround {
  IoContext context;
  SystemIoClock clock;
  std::unique_ptr<Dialer> dialer = make_tcp_dialer(context, clock);
  std::map<std::string, std::vector<std::string>> names;  // what the resolver says
  std::map<std::string, int> asked;
  std::unique_ptr<HttpClient> client;

  Task<Result<std::vector<IpAddress>>> resolve(std::string host) {
    ++asked[host];
    std::vector<IpAddress> addresses;
    const auto known = names.find(host);
    if (known == names.end()) co_return fail(Errc::NotFound, "no such name");
    for (const auto& text : known->second) addresses.push_back(IpAddress::parse(text).value());
    co_return addresses;
  }

  void make(HttpClientSettings settings, Dialer* with = nullptr) {
    auto resolver = [this](std::string host, MonoTime) { return resolve(std::move(host)); };
    auto made = make_http_client({.context = context, .clock = clock, .dialer = with == nullptr ? *dialer : *with, .resolver = resolver},
                                 std::move(settings));
    ASSERT_TRUE(made) << made.error().message;
    client = std::move(*made);
  }

  static Task<void> fetch_into(HttpClient* client, HttpRequest request, testing::HttpOrigin* origin, Result<HttpResponse>* out) {
    *out = co_await client->fetch(std::move(request));
    if (origin != nullptr) co_await origin->close();
  }

  /// Fetches, then ends `origin` where there is one.
  Result<HttpResponse> fetch(HttpRequest request, testing::HttpOrigin* origin = nullptr) {
    Result<HttpResponse> out = fail(Errc::Internal, "never ran");
    testing::run_task(context, fetch_into(client.get(), std::move(request), origin, &out));
    return out;
  }

  static Task<void> close_task(testing::HttpOrigin* origin) { co_await origin->close(); }
  void end(testing::HttpOrigin& origin) { testing::run_task(context, close_task(&origin)); }

  [[nodiscard]] std::uint64_t refused(HttpRefusal why) const { return client->metrics().refused[static_cast<std::size_t>(why)]; }
  /// What else than `why` was refused: nothing, if each refusal is counted under its own reason.
  [[nodiscard]] std::uint64_t refused_else(HttpRefusal why) const {
    const auto metrics = client->metrics();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < metrics.refused.size(); ++i) sum += i == static_cast<std::size_t>(why) ? 0 : metrics.refused[i];
    return sum;
  }
};

inline HttpClientSettings with_exception(const std::string& host, std::vector<std::uint16_t> ports, bool mesh = false) {
  HttpClientSettings settings;
  settings.user_agent = "soulfabric/test (nobody@example.org)";
  settings.exceptions[host] = {std::move(ports), mesh};
  return settings;
}

}  // namespace soulfabric::net
