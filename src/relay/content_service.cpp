// SPDX-License-Identifier: GPL-3.0-or-later
// Who asks is weighed first, then what for: nothing that an id decides is said, paid or looked up before (security rule S13).
#include "content_service.hpp"

#include "content_sending.hpp"

namespace soulfabric::relay {
namespace {

constexpr unsigned kCallsPerMinute = 240;  // an album's files asked for and fetched, several times over
constexpr std::chrono::hours kLongest{24};  // a stream ends by its own idleness, not by its age

ContentRefusal refusal_of(library::CopyState state) noexcept {
  switch (state) {
    case library::CopyState::Private: return ContentRefusal::Private;
    case library::CopyState::Changed: return ContentRefusal::Changed;
    case library::CopyState::Verified:
    case library::CopyState::NotShared: return ContentRefusal::Unknown;
    case library::CopyState::NotForMesh:
    case library::CopyState::Waiting:
    case library::CopyState::Working:
    case library::CopyState::Unreadable:
    case library::CopyState::Undecodable:
    case library::CopyState::WrongLength:
    case library::CopyState::Silent:
    case library::CopyState::NotAudio:
    case library::CopyState::MediaFailed: break;
  }
  return ContentRefusal::Unverified;
}

guard::Subject subject_of(const PeerId& peer) { return guard::Subject::peer(peer.text()); }

}  // namespace

std::string_view name_of(ContentRefusal why) noexcept {
  switch (why) {
    case ContentRefusal::Unknown: return "unknown";
    case ContentRefusal::Private: return "private";
    case ContentRefusal::Unverified: return "unverified";
    case ContentRefusal::Changed: return "changed";
    case ContentRefusal::Range: return "range";
    case ContentRefusal::Streams: return "streams";
    case ContentRefusal::Rate: return "rate";
    case ContentRefusal::Disabled: return "disabled";
    case ContentRefusal::Slow: return "slow";
    case ContentRefusal::Count_: break;
  }
  return "unknown";
}

/// A stream's place; left at the end of its scope.
class ContentService::Place {
 public:
  Place(ContentService& service, const PeerId& peer, Standing standing)
      : service_(service),
        peer_(peer),
        standing_(standing),
        answer_(service.places_.enter(peer, standing, {service.streams_per_peer_, service.streams_})) {}
  ~Place() {
    if (is_taken()) service_.places_.leave(peer_, standing_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] bool is_taken() const noexcept { return answer_ == StreamPlaces::Answer::Taken; }
  /// Others have what it would have got.
  [[nodiscard]] bool is_crowded_out() const noexcept { return answer_ == StreamPlaces::Answer::Full; }

 private:
  ContentService& service_;
  PeerId peer_;
  Standing standing_;
  StreamPlaces::Answer answer_;
};

ContentService::ContentService(ContentServiceDependencies dependencies, const ContentSettings& settings, Tell tell, ContentPatience patience)
    : TypedService({.name = std::string(kContentService), .version = "1.0.0", .calls_per_minute = kCallsPerMinute, .longest_call = kLongest},
                   {fabric::stream_method<&ContentService::fetch>("Fetch", {.request_cap = 256, .units = 1}),
                    fabric::method<&ContentService::announced>("Announced",
                                                               {.idempotent = true, .request_cap = 4096,
                                                                .reply_cap = AnnouncedQuestion::kIds * (mesh::kRecordCap + 16)})}),
      deps_(dependencies),
      tell_(std::move(tell)),
      patience_(patience),
      cache_(settings.cache) {
  configure(settings);
}

ContentService::~ContentService() = default;

void ContentService::configure(const ContentSettings& settings) {
  enabled_ = settings.enabled;
  streams_per_peer_ = settings.streams_per_peer;
  streams_ = settings.streams;
  lanes_.configure(settings.bytes_per_second, settings.bytes_per_second_per_peer);
  cache_.configure(settings.cache);
  lane_left_.notify_all();
  withdraw();
}

void ContentService::withdraw() {
  for (const auto& id : cache_.contents()) {
    if (!deps_.copies.find(id)) cache_.drop(id);
  }
  for (ContentSending* sending : sendings_) {
    if (!enabled_ || !deps_.copies.find(sending->id())) sending->withdraw();
  }
}

void ContentService::add_metrics(ContentMetrics& into) const {
  into = metrics_;
  into.streams = places_.taken();
  into.cache_pieces = cache_.size();
  into.cache_bytes = cache_.bytes();
}

void ContentService::count_refusal(const library::ContentId& id) {
  refuse(enabled_ ? refusal_of(deps_.copies.state_of(id)) : ContentRefusal::Disabled);
}

Standing ContentService::standing_of(const fabric::CallContext& context) const {
  if (context.trusted) return Standing::Trusted;
  return deps_.guard.is_reputable(subject_of(context.caller)) ? Standing::Known : Standing::Stranger;
}

/// Whoever stood still longest goes; what it held is free for the next that asks.
void ContentService::make_room(Standing asker) {
  ContentSending* slowest = nullptr;
  for (ContentSending* sending : sendings_) {
    if (sending->standing() == Standing::Trusted || sending->standing() > asker || !sending->is_still()) continue;
    if (slowest == nullptr || sending->moved() < slowest->moved()) slowest = sending;
  }
  if (slowest != nullptr) slowest->make_way();
}

Task<fabric::CallStatus> ContentService::say(mesh::Stream& stream, Bytes opening) {
  const auto written = co_await stream.write(opening, deps_.clock.now() + patience_.take);
  co_return written ? fabric::CallStatus::Ok : fabric::CallStatus::Unavailable;
}

/// What was found in memory may have changed on the disk since: whoever finds that out first withdraws it, and it was never here.
Task<std::optional<ContentService::Served>> ContentService::look_up(library::ContentId id) {
  auto manifest = co_await deps_.copies.manifest(id);
  if (!manifest) co_return std::nullopt;
  auto opened = co_await deps_.copies.open(id);
  if (!opened || opened->size != manifest->size) co_return std::nullopt;
  co_return Served{std::move(*manifest), std::move(opened->file)};
}

Task<fabric::CallStatus> ContentService::fetch(fabric::CallContext& context, ContentQuestion question, mesh::Stream& stream) {
  const library::ContentId id{question.sha256};
  auto permit = context.budget.permit<guard::ContentStream>();
  const Standing standing = standing_of(context);
  const Place place(*this, context.caller, standing);
  if (permit && place.is_crowded_out()) make_room(standing);
  if (!permit || !place.is_taken()) {
    refuse(permit ? ContentRefusal::Streams : ContentRefusal::Rate);
    co_return co_await say(stream, encode_opening(Opening::Busy));
  }
  permit->spend();
  auto held = deps_.guard.hold(subject_of(context.caller), context.address, 2 * ContentSending::kPart);
  if (!held) {
    refuse(ContentRefusal::Rate);
    co_return co_await say(stream, encode_opening(Opening::Busy));
  }
  const bool is_here = deps_.copies.find(id).has_value();
  if (!is_here || !enabled_) {
    count_refusal(id);
    co_return co_await say(stream, encode_opening(Opening::NotFound));
  }
  auto served = co_await look_up(id);
  if (!served) {
    refuse(ContentRefusal::Changed);
    co_return co_await say(stream, encode_opening(Opening::NotFound));
  }
  ContentSending sending(*this, std::move(*served), stream, standing);
  co_await sending.run();
  co_return sending.is_whole() ? fabric::CallStatus::Ok : fabric::CallStatus::Unavailable;
}

Task<Result<AnnouncedAnswer>> ContentService::announced(fabric::CallContext& /*context*/, AnnouncedQuestion question) {
  AnnouncedAnswer answer;
  for (const auto& sha256 : question.ids) {
    if (!enabled_) break;
    const auto record = tell_(library::ContentId{sha256});
    if (record) answer.records.push_back(mesh::encode_record(*record));
  }
  co_return answer;
}

}  // namespace soulfabric::relay
