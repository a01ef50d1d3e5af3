// SPDX-License-Identifier: GPL-3.0-or-later
// As owner of a key: heard at once, answered from memory or from the origin, never by asking another node (security rules S3, S16).
#include <array>

#include "catalogue_room.hpp"
#include "catalogue_service.hpp"
#include "wire/catalogue_wire.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kQuestionCap = 128;
constexpr std::chrono::milliseconds kLongestCall{30'000};
constexpr std::chrono::milliseconds kBeat{1'000};  // between two signs that we are at it
constexpr std::chrono::seconds kWriteTime{10};

fabric::ServiceInfo info_of_catalogue() {
  fabric::ServiceInfo info;
  info.name = kCatalogueService;
  info.version = "1.0.0";
  info.calls_per_minute = 120;
  info.longest_call = kLongestCall;
  return info;
}

CatalogueRefusal refusal_of(const Error& error) {
  switch (error.code) {
    case Errc::RateLimited: return CatalogueRefusal::Rate;
    case Errc::Busy: return CatalogueRefusal::Busy;
    case Errc::TimedOut: return CatalogueRefusal::Time;
    default: return CatalogueRefusal::Failed;
  }
}

}  // namespace

CatalogueService::CatalogueService(Answer answer)
    : TypedService(info_of_catalogue(), {fabric::stream_method<&CatalogueService::fetch>(
                                            "Fetch", {.idempotent = true, .request_cap = kQuestionCap, .units = 2})}),
      answer_(std::move(answer)) {}

Task<fabric::CallStatus> CatalogueService::fetch(fabric::CallContext& context, CatalogueQuestion question, mesh::Stream& stream) {
  const auto key = CatalogueKey::make(static_cast<CatalogueKind>(question.kind), question.id);
  if (!key || key->mbid != question.id) co_return fabric::CallStatus::InvalidPayload;
  co_return co_await answer_(context, *key, stream);
}

Task<fabric::CallStatus> CatalogueRoom::serve(fabric::CallContext& context, CatalogueKey key, mesh::Stream& stream) {
  if (stopping_ || !settings_.enabled || !settings_.mesh) co_return co_await refuse(stream, CatalogueRefusal::Disabled, fabric::CallStatus::Unavailable);
  const CatalogueEntry* const entry = memory_.fresh(key, deps_.clock.wall());
  if (entry != nullptr && entry->ours) {
    const CatalogueAnswer answer = entry->answer;
    co_return co_await send_answer(key, answer, stream);
  }
  std::optional<guard::Permit<guard::CatalogueFetch>> permit;
  if (!at_origin_.contains(key)) {
    auto taken = context.budget.permit<guard::CatalogueFetch>();
    if (!taken) co_return co_await refuse(stream, CatalogueRefusal::Budget, fabric::status_of(taken.error()));
    permit.emplace(std::move(*taken));
  }
  const FlightPtr flight = to_origin(key, guard::Origin::RemoteMesh, std::move(permit));
  if (!flight) co_return co_await refuse(stream, CatalogueRefusal::Busy, fabric::CallStatus::Unavailable);
  const std::array<std::uint8_t, 1> working{static_cast<std::uint8_t>(CatalogueMessage::Working)};
  while (!flight->outcome) {
    const auto written = co_await stream.write(working, context.deadline);
    if (!written || deps_.clock.now() >= context.deadline) {
      count(metrics_.refused, CatalogueRefusal::Time);
      co_return fabric::CallStatus::Timeout;
    }
    if (flight->outcome) break;
    co_await flight->done.wait(deps_.clock, std::min(context.deadline, deps_.clock.now() + kBeat));
  }
  if (!*flight->outcome) {
    const Error& error = flight->outcome->error();
    co_return co_await refuse(stream, refusal_of(error), fabric::status_of(error));
  }
  // What was not fetched by us is not ours to vouch for.
  if (!(*flight->outcome)->ours) co_return co_await refuse(stream, CatalogueRefusal::NotOurs, fabric::CallStatus::Unavailable);
  const CatalogueAnswer answer = (*flight->outcome)->answer;
  co_return co_await send_answer(key, answer, stream);
}

Task<fabric::CallStatus> CatalogueRoom::refuse(mesh::Stream& stream, CatalogueRefusal why, fabric::CallStatus status) {
  count(metrics_.refused, why);
  const std::array<std::uint8_t, 2> message{static_cast<std::uint8_t>(CatalogueMessage::Refusal), static_cast<std::uint8_t>(status)};
  const auto written = co_await stream.write(message, deps_.clock.now() + kWriteTime);
  co_return written ? fabric::CallStatus::Ok : fabric::CallStatus::Unavailable;
}

/// Signed once for as long as it is kept. An answer that is past its time is signed as such, whenever it is sent.
Bytes CatalogueRoom::head_of(const CatalogueKey& key, const CatalogueAnswer& answer) {
  CatalogueEntry* const entry = memory_.find(key);
  const bool same = entry != nullptr && entry->answer.body == answer.body && entry->answer.fetched == answer.fetched && !answer.stale;
  if (same && !entry->signed_head.empty()) return entry->signed_head;
  Bytes head = encode_head(sign_answer(deps_.key, key, answer));
  if (same) entry->signed_head = head;
  return head;
}

Task<fabric::CallStatus> CatalogueRoom::send_answer(CatalogueKey key, CatalogueAnswer answer, mesh::Stream& stream) {
  const Bytes head = head_of(key, answer);
  const auto prefix = answer_prefix({head.size(), answer.body->size()});
  Bytes message;
  message.reserve(prefix.size() + head.size() + answer.body->size());
  message.insert(message.end(), prefix.begin(), prefix.end());
  message.insert(message.end(), head.begin(), head.end());
  message.insert(message.end(), answer.body->begin(), answer.body->end());
  const auto written = co_await stream.write(message, deps_.clock.now() + kWriteTime);
  if (!written) co_return fabric::CallStatus::Unavailable;
  ++metrics_.served;
  co_return fabric::CallStatus::Ok;
}

}  // namespace soulfabric::relay
