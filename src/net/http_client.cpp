// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of a request: judge, wait for the turn, resolve once, judge every address, connect to one of them, ask; again for a redirect.
#include "soulfabric/net/http_client.hpp"

#include "core/http_pace.hpp"
#include "core/http_rules.hpp"
#include "http_exchange.hpp"
#include "http_system.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/timeout.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kConnectCap = 4;  // addresses of a host that are tried

/// What a request holds on to, so that new settings do not change it under way.
struct Rules {
  HttpClientSettings settings;
  std::shared_ptr<SSL_CTX> trust;
};

HttpFault late(const std::string& host) { return {HttpRefusal::Time, {Errc::TimedOut, host + " did not answer in time."}}; }

class Client final : public HttpClient {
 public:
  Client(HttpClientDependencies dependencies, std::shared_ptr<const Rules> rules)
      : clock_(dependencies.clock), dialer_(dependencies.dialer), resolver_(std::move(dependencies.resolver)), rules_(std::move(rules)) {
    if (!resolver_) resolver_ = make_system_resolver(dependencies.context, clock_);
  }

  Task<Result<HttpResponse>> fetch(HttpRequest request) override {
    ++metrics_.requests;
    auto outcome = co_await run(std::move(request));
    if (outcome) {
      ++metrics_.answers;
      co_return std::move(*outcome);
    }
    const bool given_up = outcome.error().error.code == Errc::Cancelled;  // by the one who asked: nothing was refused
    if (!given_up) ++metrics_.refused[static_cast<std::size_t>(outcome.error().why)];
    co_return std::unexpected(std::move(outcome).error().error);
  }

  void configure(HttpClientSettings settings) override {
    if (settings.ca_file == rules_->settings.ca_file) {  // nothing to read again
      rules_ = std::make_shared<const Rules>(std::move(settings), rules_->trust);
      return;
    }
    auto trust = load_trust(settings.ca_file);
    if (!trust) {
      log::error("net", trust.error().message + " Until then only the system's authorities are believed.");
      trust = load_trust("");  // fewer are believed, never more
    }
    if (!trust) return;
    rules_ = std::make_shared<const Rules>(std::move(settings), std::move(*trust));
  }

  HttpClientMetrics metrics() const override { return metrics_; }

 private:
  Task<HttpResult<HttpResponse>> run(HttpRequest request) {
    const auto deadline = clock_.now() + request.time;
    const auto rules = rules_;
    auto step = judge_first(request, rules->settings);
    if (!step) co_return std::unexpected(std::move(step).error());
    const bool first_excepted = step->excepted;
    for (unsigned redirects = 0;; ++redirects) {
      auto response = co_await visit(request, *step, rules, deadline);
      if (!response) co_return response;
      response->redirects = redirects;
      const auto location = response->headers.find("location");
      if (request.redirects == 0 || !is_redirect(response->status) || location == response->headers.end()) co_return response;
      if (redirects == request.redirects)
        co_return refuse(HttpRefusal::Redirect, Errc::Forbidden, step->url.host + " sends us on more often than this request allows.");
      step = judge_redirect(request, rules->settings, *step, location->second, first_excepted);
      if (!step) co_return std::unexpected(std::move(step).error());
    }
  }

  Task<HttpResult<HttpResponse>> visit(const HttpRequest& request, HttpStep step, std::shared_ptr<const Rules> rules, MonoTime deadline) {
    HttpExchange exchange{.stream = nullptr,
                          .trust = rules->trust,
                          .url = step.url,
                          .method = request.method,
                          .request = {},
                          .body_cap = request.body_cap,
                          .deadline = deadline};
    auto text = format_request(request, step.url, rules->settings.user_agent);
    if (!text) co_return std::unexpected(std::move(text).error());
    exchange.request = std::move(*text);
    const HttpTurn pace = turn_of(rules->settings, step.url.host);
    const auto turn = pace_.take(pace.of, pace.spacing, clock_.now(), deadline);
    if (!turn) co_return std::unexpected(turn.error());
    if (*turn > clock_.now()) co_await clock_.sleep_until(*turn);
    auto addresses = co_await look_up(step, deadline);
    if (!addresses) co_return std::unexpected(std::move(addresses).error());
    auto stream = co_await connect(step, std::move(*addresses), deadline);
    if (!stream) co_return std::unexpected(std::move(stream).error());
    exchange.stream = std::move(*stream);
    co_return co_await run_exchange(std::move(exchange), metrics_.bytes);
  }

  /// Asked once; what it says is judged and used, nothing is asked again.
  Task<HttpResult<std::vector<IpAddress>>> look_up(HttpStep step, MonoTime deadline) {
    std::vector<IpAddress> addresses;
    if (step.url.literal) {
      addresses.push_back(*step.url.literal);
    } else {
      auto found = co_await with_timeout<std::vector<IpAddress>>(clock_, resolver_(step.url.host, deadline), deadline);
      if (!found && found.error().code == Errc::TimedOut) co_return std::unexpected(late(step.url.host));
      if (!found)
        co_return refuse(HttpRefusal::Resolve, Errc::Offline,
                         "The name " + step.url.host + " could not be resolved; check the name and the network.");
      addresses = std::move(*found);
    }
    if (auto fine = judge_addresses(addresses, step); !fine) co_return std::unexpected(std::move(fine).error());
    co_return addresses;
  }

  Task<HttpResult<std::unique_ptr<ByteStream>>> connect(HttpStep step, std::vector<IpAddress> addresses, MonoTime deadline) {
    if (addresses.size() > kConnectCap) addresses.resize(kConnectCap);
    bool timed_out = false;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const Endpoint to{addresses[i], step.url.port};
      const auto now = clock_.now();
      if (now >= deadline) break;
      const auto share = now + (deadline - now) / static_cast<Duration::rep>(addresses.size() - i);
      auto stream = co_await dialer_.connect(to, share);
      timed_out = !stream && stream.error().code == Errc::TimedOut;
      if (!stream) continue;
      if ((*stream)->remote() != to)
        co_return refuse(HttpRefusal::Address, Errc::Forbidden,
                         step.url.host + " was reached at another address than the one that was checked.");
      co_return std::move(*stream);
    }
    if (timed_out || clock_.now() >= deadline) co_return std::unexpected(late(step.url.host));
    co_return refuse(HttpRefusal::Connect, Errc::Offline, step.url.host + " cannot be reached; it or the network is down.");
  }

  IoClock& clock_;
  Dialer& dialer_;
  HttpResolver resolver_;
  std::shared_ptr<const Rules> rules_;
  HttpPace pace_;
  HttpClientMetrics metrics_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(HttpClientDependencies dependencies, HttpClientSettings settings) {
  SF_TRY_ASSIGN(auto trust, load_trust(settings.ca_file));
  auto rules = std::make_shared<const Rules>(std::move(settings), std::move(trust));
  return std::make_unique<Client>(std::move(dependencies), std::move(rules));
}

}  // namespace soulfabric::net
