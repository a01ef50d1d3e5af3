// SPDX-License-Identifier: GPL-3.0-or-later
// One request per connection.
#include "demo/catalogue_origin.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "demo/catalogue_answers.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::size_t kHeadCap = 8 * 1024;
constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostCounted = 10'000;  // different requests
constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::string_view kStats = "/stats";

std::string_view phrase_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    default: return "Bad Request";
  }
}

std::string compose(const CatalogueReply& reply, bool with_body) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " " + std::string(phrase_of(reply.status)) + "\r\nContent-Type: " + reply.content_type +
                    "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\nConnection: close\r\n\r\n";
  if (with_body) out += text_of(reply.body);
  return out;
}

}  // namespace

CatalogueOrigin::CatalogueOrigin(IoContext& context, IoClock& clock, Endpoint at)
    : context_(context), clock_(clock), at_(at), scope_(context, "catalogue of the demo", kMostConnections + 1) {}

Status CatalogueOrigin::start() {
  SF_TRY_ASSIGN(listener_, net::listen_tcp(context_, clock_, at_));
  scope_.spawn("accept", accept());
  return {};
}

Task<void> CatalogueOrigin::stop() {
  if (listener_) listener_->close();
  co_await scope_.close();
}

Task<void> CatalogueOrigin::accept() {
  for (;;) {
    auto stream = co_await listener_->accept();
    if (!stream && stream.error().code == Errc::Cancelled) co_return;
    if (!stream) continue;
    scope_.spawn("request", serve(std::move(*stream)));
  }
}

Task<void> CatalogueOrigin::serve(std::unique_ptr<net::ByteStream> stream) {
  const MonoTime deadline = clock_.now() + kPatience;
  std::array<std::uint8_t, 2048> part{};
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < kHeadCap) {
    const auto got = co_await stream->read_some(part, deadline);
    if (!got) co_return;
    head += text_of(ByteView(part).first(*got));
  }
  const std::string out = answer(head);
  const auto sent = co_await stream->write(bytes_of(out), deadline);
  if (sent) stream->shutdown_write();
  // Until the other side has read it: closing before that may take the answer away.
  while (sent) {
    const auto rest = co_await stream->read_some(part, deadline);
    if (!rest) break;
  }
}

std::string CatalogueOrigin::answer(const std::string& head) {
  const auto words = split(std::string_view(head).substr(0, head.find("\r\n")), ' ');
  const bool well_formed = words.size() == 3 && words[1].starts_with('/') && words[2].starts_with("HTTP/1.");
  if (!well_formed) return compose({400, "text/plain", {}}, true);
  const bool is_get = words[0] == "GET";
  if (!is_get && words[0] != "HEAD") return compose({405, "text/plain", {}}, true);
  const std::string target(words[1]);
  if (target == kStats) {
    const std::string text = stats();
    const auto bytes = bytes_of(text);
    return compose({200, "application/json", Bytes(bytes.begin(), bytes.end())}, is_get);
  }
  if (requests_.size() < kMostCounted || requests_.contains(target)) ++requests_[target];
  return compose(answer_of_catalogue(target), is_get);
}

std::string CatalogueOrigin::stats() const {
  nlohmann::ordered_json requests = nlohmann::ordered_json::object();
  for (const auto& [target, count] : requests_) requests[target] = count;
  return nlohmann::ordered_json{{"requests", requests}}.dump();
}

}  // namespace soulfabric::daemon::demo
