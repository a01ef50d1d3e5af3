// SPDX-License-Identifier: GPL-3.0-or-later
// The service `pods`, method by method.
#include "pod_service.hpp"

#include "soulfabric/base/cbor.hpp"

namespace soulfabric::services {
namespace {

constexpr std::size_t kSmallRequest = 256;

fabric::ServiceInfo info_of_pods() {
  fabric::ServiceInfo info;
  info.name = kPodsService;
  info.version = "1.0.0";
  const auto add = [&info](const char* name, bool idempotent, std::size_t request_cap) {
    fabric::MethodInfo method;
    method.name = name;
    method.idempotent = idempotent;
    method.request_cap = request_cap;
    info.methods.push_back(std::move(method));
  };
  add("List", true, kSmallRequest);
  add("Get", true, kSmallRequest);
  add("Join", false, kSmallRequest);
  add("Fetch", true, kSmallRequest);
  add("Post", false, kMessageCap + kSmallRequest);
  add("Act", false, kActCap);
  add("Push", false, 256 * 1024);
  info.calls_per_minute = 60;
  info.longest_call = std::chrono::milliseconds(10'000);
  return info;
}

}  // namespace

PodService::PodService(PodBook& book, guard::Guard& guard, IoClock& clock, std::function<void()> changed)
    : book_(book), guard_(guard), clock_(clock), changed_(std::move(changed)), info_(info_of_pods()) {}

Task<fabric::Reply> PodService::call(fabric::CallContext& context, std::string method, ByteView payload) {
  const PeerId caller = context.caller;
  if (!book_.settings().enabled) co_return fabric::Reply{fabric::CallStatus::Unavailable, {}};
  auto answered = answer(caller, method, payload);
  changed_();
  if (answered) co_return fabric::Reply{fabric::CallStatus::Ok, std::move(*answered)};
  if (answered.error().code == Errc::Unauthorized)
    guard_.charge({guard::Violation::BadSignature, guard::Subject::peer(caller.text()), std::nullopt, guard::Channel::TheyConnected});
  co_return fabric::Reply{fabric::status_of(answered.error()), {}};
}

Result<Bytes> PodService::answer(const PeerId& caller, const std::string& method, ByteView payload) {
  if (method == "List") {
    cbor::Reader reader(payload);
    SF_TRY(reader.array(0));
    SF_TRY(reader.end());
    return encode_views(book_.visible(caller));
  }
  if (method == "Get") {
    SF_TRY_ASSIGN(const std::string pod, read_pod_request(payload));
    SF_TRY_ASSIGN(PodView view, book_.view(caller, pod));
    return encode_views({std::move(view)});
  }
  if (method == "Join") return join(caller, payload);
  if (method == "Fetch") {
    SF_TRY_ASSIGN(const FetchRequest request, read_fetch(payload));
    SF_TRY_ASSIGN(const PodNews news, book_.fetch(caller, request));
    return encode_news(news);
  }
  if (method == "Post") return post(caller, payload);
  if (method == "Act") {
    SF_TRY_ASSIGN(const PodAct act, read_act(payload));
    SF_TRY_ASSIGN(const PodNews news, book_.act(caller, act, clock_.wall()));
    return encode_news(news);
  }
  if (method == "Push") return push(caller, payload);
  return fail(Errc::Unsupported, "The service pods has no such method.");
}

Result<Bytes> PodService::join(const PeerId& caller, ByteView payload) {
  SF_TRY_ASSIGN(const std::string pod, read_pod_request(payload));
  SF_TRY_ASSIGN(PodView view, book_.join(caller, pod, clock_.wall()));
  return encode_views({std::move(view)});
}

Result<Bytes> PodService::post(const PeerId& caller, ByteView payload) {
  SF_TRY_ASSIGN(const PostRequest request, read_post(payload));
  SF_TRY_ASSIGN(const PodNews news, book_.post(caller, request, clock_.wall(), clock_.now()));
  return encode_news(news);
}

/// Only the host pushes; whoever else does learns nothing of what we are in.
Result<Bytes> PodService::push(const PeerId& caller, ByteView payload) {
  SF_TRY_ASSIGN(const PodNews news, read_news(payload));
  const PodRecord* pod = book_.find(news.pod);
  if (pod == nullptr || pod->owner != caller) return no_such_pod();
  SF_TRY(book_.apply(news, false, clock_.wall()));
  return Bytes{};
}

}  // namespace soulfabric::services
