// SPDX-License-Identifier: GPL-3.0-or-later
// Origins in memory: what each URL answers, how long that takes, and what was asked of them.
#pragma once
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/net/http_client.hpp"

namespace soulfabric::testing {

/// Shared by the clients of all nodes of a test.
struct FakeOrigin {
  struct Page {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::string etag;
  };
  std::map<std::string, Page> pages{};
  std::map<std::string, int> requests{};  // by URL
  std::vector<net::HttpRequest> log{};
  bool down = false;
  std::chrono::milliseconds takes{200};
  std::size_t at_once = 0;       // now
  std::size_t most_at_once = 0;
  [[nodiscard]] int total() const {
    int sum = 0;
    for (const auto& [url, count] : requests) sum += count;
    return sum;
  }
};

class FakeHttp final : public net::HttpClient {
 public:
  FakeHttp(FakeOrigin& origin, IoClock& clock) : origin_(origin), clock_(clock) {}
  Task<Result<net::HttpResponse>> fetch(net::HttpRequest request) override {
    struct Count {
      std::size_t& value;
      explicit Count(std::size_t& counted) : value(counted) { ++value; }
      ~Count() { --value; }
    };
    const Count count(origin_.at_once);
    origin_.most_at_once = std::max(origin_.most_at_once, origin_.at_once);
    ++origin_.requests[request.url];
    origin_.log.push_back(request);
    if (refuse_mesh && request.origin == guard::Origin::RemoteMesh)
      co_return fail(Errc::Forbidden, "This host may not be reached for other nodes.");
    co_await clock_.sleep_for(origin_.takes);
    if (origin_.down) co_return fail(Errc::Offline, "The host does not answer.");
    net::HttpResponse response;
    response.host = "origin";
    const auto page = origin_.pages.find(request.url);
    if (page == origin_.pages.end()) {
      response.status = 404;
      co_return response;
    }
    const auto tag = request.headers.find("If-None-Match");
    response.status = page->second.status;
    if (!page->second.etag.empty()) response.headers["etag"] = page->second.etag;
    if (tag != request.headers.end() && tag->second == page->second.etag) {
      response.status = 304;
      co_return response;
    }
    if (page->second.body.size() > request.body_cap) co_return fail(Errc::TooLarge, "The answer is larger than it may be.");
    response.headers["content-type"] = page->second.type;
    response.body = Bytes(page->second.body.begin(), page->second.body.end());
    co_return response;
  }
  void configure(net::HttpClientSettings) override {}
  net::HttpClientMetrics metrics() const override { return {}; }

  bool refuse_mesh = false;  // as for a host excepted by the operator, but not for the mesh

 private:
  FakeOrigin& origin_;
  IoClock& clock_;
};

/// One of the real answers in tests/data/musicbrainz.
inline std::string musicbrainz_answer(const std::string& name) {
  std::ifstream file(std::string(SF_SOURCE_DIR) + "/tests/data/musicbrainz/" + name + ".json", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace soulfabric::testing
