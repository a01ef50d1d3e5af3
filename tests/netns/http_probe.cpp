// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the HTTP client, with the system's resolver and real sockets, for each URL: http_probe [--except HOST]... URL...
// Prints a line for each: what came of it, after how many milliseconds, and the URL.
#include <cstdio>
#include <cstring>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/http_client.hpp"

namespace {

using namespace soulfabric;

Task<void> ask(net::HttpClient& client, IoClock& clock, std::vector<std::string> urls) {
  for (const auto& url : urls) {
    net::HttpRequest request;
    request.url = url;
    request.time = std::chrono::seconds(2);
    const auto began = clock.now();
    const auto before = client.metrics();
    const auto answer = co_await client.fetch(std::move(request));
    const auto after = client.metrics();
    std::string said = answer ? std::to_string(answer->status) : "";
    for (std::size_t i = 0; i < after.refused.size(); ++i) {
      if (after.refused[i] != before.refused[i]) said += net::name_of(static_cast<net::HttpRefusal>(i));
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - began).count();
    std::printf("%s %lld %s\n", said.c_str(), static_cast<long long>(took), url.c_str());
  }
}

}  // namespace

int main(int count, char** words) {
  IoContext context;
  SystemIoClock clock;
  const auto dialer = net::make_tcp_dialer(context, clock);
  net::HttpClientSettings settings;
  settings.user_agent = "soulfabric/test";
  std::vector<std::string> urls;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--except") == 0 && i + 1 < count) {
      settings.exceptions[words[++i]] = {};
    } else {
      urls.emplace_back(words[i]);
    }
  }
  const auto client = net::make_http_client({.context = context, .clock = clock, .dialer = *dialer}, settings);
  if (!client) return 1;
  TaskScope scope(context, "probe");
  scope.spawn("ask", ask(**client, clock, std::move(urls)));
  context.run();
  return 0;
}
