// SPDX-License-Identifier: GPL-3.0-or-later
// One question at the origin: its turn, its price, the request, what becomes of the answer.
#include <algorithm>

#include "catalogue_room.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::chrono::milliseconds kRequestTime{10'000};
constexpr std::chrono::seconds kQueueTime{60};  // for its turn to come
constexpr std::chrono::seconds kLeftAlone{10};  // an origin that did not answer, while there is something else to give
constexpr std::size_t kEtagCap = 256;

std::string header_of(const net::HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

bool is_down(const Result<net::HttpResponse>& response) {
  if (response) return response->status >= 500 || response->status == 429;
  switch (response.error().code) {
    case Errc::Offline:
    case Errc::TimedOut:
    case Errc::Closed:
    case Errc::Io:
    case Errc::Unauthorized: return true;
    default: return false;
  }
}

OriginFault fault_of(const Error& error) {
  switch (error.code) {
    case Errc::TimedOut:
    case Errc::Busy: return OriginFault::TimedOut;
    case Errc::RateLimited: return OriginFault::RateLimited;
    case Errc::TooLarge: return OriginFault::TooLarge;
    case Errc::Forbidden:
    case Errc::InvalidArgument: return OriginFault::NotAllowed;
    case Errc::Malformed: return OriginFault::Malformed;
    default: return OriginFault::OriginDown;
  }
}

/// Of an answer that was not taken.
OriginFault fault_of(const net::HttpResponse& response, const Error& error) {
  if (response.status == 429) return OriginFault::RateLimited;
  if (response.status == 200) return error.code == Errc::TooLarge ? OriginFault::TooLarge : OriginFault::Malformed;
  return response.status >= 500 ? OriginFault::OriginDown : OriginFault::Malformed;
}

}  // namespace

/// A place in a queue; leaving its scope lets the next one go.
class CatalogueRoom::Seat {
 public:
  Seat(CatalogueRoom& room, CatalogueFlight& flight, OriginQueue& queue, OriginQueue::Ticket ticket) : room_(room), flight_(flight) {
    flight_.queue = &queue;
    flight_.ticket = ticket;
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    flight_.queue->leave(flight_.ticket);
    flight_.queue = nullptr;
    room_.turn_.notify_all();
  }

 private:
  CatalogueRoom& room_;
  CatalogueFlight& flight_;
};

Task<Result<CatalogueFound>> CatalogueRoom::ask_origin(FlightPtr flight) {
  const CatalogueKey key = flight->key;
  const std::string host = host_of(url_of(key, hosts()));
  std::string etag;
  if (const CatalogueEntry* const entry = memory_.find(key); entry != nullptr && entry->ours && entry->answer.status == 200)
    etag = entry->etag;
  const auto alone = down_.find(host);
  if (alone != down_.end() && deps_.clock.now() < alone->second) {
    auto last = fall_back(*flight, {Errc::Unavailable, host + " does not answer at the moment; try again shortly."});
    if (last || flight->origin != guard::Origin::UserLocal) co_return last;
  }
  const auto paid = take_permit(*flight);
  if (!paid) co_return fail_over(*flight, OriginFault::Budget, paid.error());
  auto response = co_await request(flight, std::move(etag));
  if (is_down(response))
    down_[host] = deps_.clock.now() + kLeftAlone;
  else
    down_.erase(host);
  if (!response) co_return fail_over(*flight, fault_of(response.error()), response.error());
  auto found = settle(key, *response);
  if (!found) co_return fail_over(*flight, fault_of(*response, found.error()), found.error());
  ++metrics_.from_origin;
  co_return found;
}

Status CatalogueRoom::take_permit(CatalogueFlight& flight) {
  if (flight.permit) return {};
  auto permit = deps_.guard.try_permit<guard::CatalogueFetch>({.origin = flight.origin});
  if (!permit) return std::unexpected(permit.error());
  flight.permit.emplace(std::move(*permit));
  return {};
}

Task<Result<net::HttpResponse>> CatalogueRoom::request(FlightPtr flight, std::string etag) {
  OriginQueue& queue = queue_of(flight->key.kind);
  const auto ticket = queue.enter(flight->remote ? guard::Origin::RemoteMesh : flight->origin, deps_.clock.now());
  if (!ticket) co_return std::unexpected(ticket.error());
  if (flight->remote) queue.raise(*ticket, flight->origin);
  const Seat seat(*this, *flight, queue, *ticket);
  const MonoTime longest = deps_.clock.now() + kQueueTime;
  while (!queue.may_start(*ticket)) {
    if (deps_.clock.now() >= longest)
      co_return fail(Errc::Busy, "The request waited too long for its turn at the catalogue; try again later.");
    co_await turn_.wait(deps_.clock, longest);
  }
  net::HttpRequest http;
  const CatalogueHosts reach = hosts();
  const CatalogueKind kind = flight->key.kind;
  http.url = url_of(flight->key, reach);
  http.headers["Accept"] = is_cover(kind) ? "image/*" : "application/json";
  if (!etag.empty()) http.headers["If-None-Match"] = std::move(etag);
  // Who began it decides what may be reached, whoever waits for it too.
  http.origin = flight->remote ? guard::Origin::RemoteMesh : flight->origin;
  http.body_cap = kCatalogueBodyCap;
  http.time = kRequestTime;
  http.allowed = [reach, kind](const std::string& host) { return is_allowed_host(kind, host, reach); };
  flight->permit->spend();
  auto response = co_await deps_.http.fetch(std::move(http));
  co_return response;
}

Result<CatalogueFound> CatalogueRoom::settle(const CatalogueKey& key, const net::HttpResponse& response) {
  CatalogueEntry entry;
  entry.answer.via = CatalogueVia::Origin;
  entry.answer.fetched = deps_.clock.wall();
  entry.answer.expires = entry.answer.fetched + settings_.fresh;
  CatalogueEntry* const before = memory_.find(key);
  if (response.status == 304 && before != nullptr && before->ours && before->answer.status == 200) {
    entry.answer.status = 200;
    entry.answer.content_type = before->answer.content_type;
    entry.answer.body = before->answer.body;
    entry.etag = before->etag;
    return keep(key, std::move(entry));
  }
  entry.answer.status = response.status;
  if (response.status == 404) {
    ++metrics_.negative;
    entry.answer.expires = entry.answer.fetched + settings_.negative;
    entry.answer.body = std::make_shared<const Bytes>();
    return keep(key, std::move(entry));
  }
  if (response.status != 200)
    return fail(Errc::Unavailable, response.host + " answered with status " + std::to_string(response.status) + "; try again later.");
  const auto header = response.headers.find("content-type");
  auto type = check_body(key, header == response.headers.end() ? std::string_view() : header->second, response.body);
  if (!type) return std::unexpected(type.error());
  entry.answer.content_type = std::move(*type);
  entry.answer.body = std::make_shared<const Bytes>(response.body);
  entry.etag = header_of(response, "etag");
  if (entry.etag.size() > kEtagCap) entry.etag.clear();
  return keep(key, std::move(entry));
}

CatalogueFound CatalogueRoom::keep(const CatalogueKey& key, CatalogueEntry entry) {
  if (entry.answer.status == 200)
    disk_.write(key, entry);
  else
    disk_.erase(key);
  CatalogueFound found{entry.answer, entry.ours};
  memory_.put(key, std::move(entry));
  return found;
}

Result<CatalogueFound> CatalogueRoom::fail_over(const CatalogueFlight& flight, OriginFault fault, Error error) {
  count(metrics_.failed, fault);
  return fall_back(flight, std::move(error));
}

Result<CatalogueFound> CatalogueRoom::fall_back(const CatalogueFlight& flight, Error error) {
  const CatalogueEntry* const entry = memory_.find(flight.key);
  if (entry == nullptr || entry->answer.status != 200) return std::unexpected(std::move(error));
  ++metrics_.stale;
  CatalogueFound found{entry->answer, entry->ours};
  if (found.answer.via != CatalogueVia::Disk) found.answer.via = CatalogueVia::Memory;
  found.answer.stale = deps_.clock.wall() >= entry->answer.expires;
  return found;
}

}  // namespace soulfabric::relay
