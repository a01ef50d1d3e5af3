// SPDX-License-Identifier: GPL-3.0-or-later
// From a request to a call of a mesh service. Errors are words of one list; nothing internal is told.
#include "api/mesh_gateway.hpp"

#include <algorithm>

#include "api/document.hpp"
#include "api/dto_mesh.hpp"
#include "api/mesh_socket.hpp"
#include "core/json_cbor.hpp"
#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

using fabric::CallStatus;

constexpr std::string_view kCbor = "application/cbor";
constexpr std::string_view kAll = "*";

Response refusal(int status, std::string_view word) {
  std::string body;
  JsonWriter(body).begin_object().member("error", word).end_object();
  return json_response(std::move(body), status);
}

Response refusal(CallStatus status) { return refusal(static_cast<int>(fabric::http_status_of(status)), fabric::name_of(status)); }

/// Of our own side: what happened and what to do is for our own user to read; what nobody can act on stays inside.
Response refusal(const Error& error) {
  const auto status = fabric::status_of(error);
  if (status == CallStatus::Internal) return refusal(status);
  std::string body;
  JsonWriter(body).begin_object().member("error", fabric::name_of(status)).member("message", error.message).end_object();
  return json_response(std::move(body), static_cast<int>(fabric::http_status_of(status)));
}

std::string media_type(std::string_view header) { return ascii_lower(trim(header.substr(0, header.find(';')))); }

bool is_allowed(const std::vector<std::string>& methods, const std::string& method) {
  return std::ranges::find(methods, method) != methods.end() || std::ranges::find(methods, kAll) != methods.end();
}

/// Who a rate is counted for.
std::string client_of(const Call& call) {
  const auto& who = call.identity;
  if (who.proof == Proof::Key) return "key " + who.name;
  if (!who.session.empty()) return "session " + who.session;
  return "address " + (call.request->address ? call.request->address->to_string() : std::string("tunnel"));
}

/// The payload of a call; an error's message is for the caller.
Result<Bytes> payload_of(const Request& request) {
  const auto type = media_type(request.header("Content-Type"));
  if (request.body.empty()) return json_to_cbor("");
  if (type == kCbor) {
    const auto bytes = bytes_of(request.body);
    cbor::Reader reader(bytes);
    SF_TRY(reader.skip());
    SF_TRY(reader.end());
    return Bytes(bytes.begin(), bytes.end());
  }
  const bool json = type == "application/json" || type == "text/json" || (type.starts_with("application/") && type.ends_with("+json"));
  if (!json) return fail(Errc::Unsupported, "Send application/json or application/cbor.");
  return json_to_cbor(request.body);
}

Response reply_of(const Request& request, const fabric::CallOutcome& outcome) {
  if (outcome.status != CallStatus::Ok) return refusal(outcome.status);
  const bool raw = media_type(request.header("Content-Type")) == kCbor || request.header("Accept").find(kCbor) != std::string_view::npos;
  Response response;
  if (raw) {
    response.content_type = kCbor;
    response.body = text_of(outcome.payload);
  } else {
    auto json = cbor_to_json(outcome.payload);
    if (!json) return refusal(CallStatus::Internal);
    response = json_response(std::move(*json));
  }
  response.headers.emplace_back("x-mesh-provider", outcome.provider.to_string());
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

}  // namespace

std::optional<Response> MeshGateway::refuse(const Call& call) {
  const auto options = context_.deps.configuration.options().mesh.gateway;
  if (!options.enabled) return refusal(404, "mesh_gateway_disabled");
  const auto service = options.services.find(call.value(0));
  if (service == options.services.end() || !is_allowed(service->second, call.value(1))) return refusal(403, "service_not_allowed");
  if (!fabric::is_service_name(call.value(0)) || !fabric::is_method_name(call.value(1))) return refusal(403, "service_not_allowed");
  if (rates_.take(client_of(call), context_.deps.clock.now())) return std::nullopt;
  auto response = refusal(CallStatus::RateLimited);
  response.headers.emplace_back("retry-after", "60");
  return response;
}

std::expected<MeshGateway::Admitted, Response> MeshGateway::admit(const Call& call) {
  if (auto refused = refuse(call)) return std::unexpected(std::move(*refused));
  fabric::CallOptions options;
  options.reply_cap = fabric::kPayloadCap;
  auto name = call.request->header("X-Mesh-Peer");
  if (name.empty()) name = call.query.find("peer").value_or("");
  if (!name.empty()) {
    options.to = PeerId::parse(trim(name));
    if (!options.to) return std::unexpected(refusal(400, "invalid_peer"));
  }
  const auto* parts = parts_of(context_);
  if (parts == nullptr) return std::unexpected(refusal(CallStatus::Unavailable));
  auto permit = context_.deps.guard.try_permit<guard::MeshCall>({.origin = call.request->origin, .address = call.request->address});
  if (!permit) return std::unexpected(refusal(permit.error()));
  return Admitted{parts->fabric, std::move(*permit), options};
}

Task<Response> MeshGateway::answer(Call& call) {
  auto admitted = admit(call);
  if (!admitted) co_return std::move(admitted.error());
  auto payload = payload_of(*call.request);
  if (!payload) {
    const auto code = payload.error().code;
    if (code == Errc::Unsupported) co_return refusal(415, "unsupported_media_type");
    std::string body;
    JsonWriter(body).begin_object().member("error", "invalid_payload").member("message", payload.error().message).end_object();
    co_return json_response(std::move(body), 400);
  }
  if (payload->size() > fabric::kPayloadCap) co_return refusal(CallStatus::PayloadTooLarge);
  const auto outcome = co_await admitted->fabric.call(std::move(admitted->permit), call.value(0), call.value(1), std::move(*payload), admitted->options);
  if (!outcome) co_return refusal(outcome.error());
  co_return reply_of(*call.request, *outcome);
}

Task<Response> MeshGateway::open(Call& call) {
  if (!call.request->upgrade) {
    auto response = empty_response(426);
    response.headers.emplace_back("upgrade", "websocket");
    co_return response;
  }
  auto admitted = admit(call);
  if (!admitted) co_return std::move(admitted.error());
  if (hub_.is_full()) co_return refusal(CallStatus::Unavailable);
  auto payload = json_to_cbor(call.query.find("payload").value_or(""));
  if (!payload) co_return refusal(CallStatus::InvalidPayload);
  auto stream = co_await admitted->fabric.open(std::move(admitted->permit), call.value(0), call.value(1), std::move(*payload), admitted->options);
  if (!stream) co_return refusal(stream.error());
  auto socket = std::make_shared<MeshSocket>(context_.deps.clock, std::move(*stream));
  hub_.adopt(socket, call.identity);
  Response response;
  response.status = 101;
  response.socket = std::move(socket);
  co_return response;
}

Response MeshGateway::list() {
  const auto options = context_.deps.configuration.options().mesh.gateway;
  if (!options.enabled) return refusal(404, "mesh_gateway_disabled");
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& [service, methods] : options.services) {
    json.begin_object().member("name", service).key("methods").begin_array();
    for (const auto& method : methods) json.value(method);
    json.end_array().end_object();
  }
  json.end_array();
  return json_response(std::move(body));
}

void MeshGateway::add_routes(RouteTable& table) {
  table.add({.method = "GET", .path = "/mesh/http/services", .summary = "Lists what may be called through this gateway; \"*\" stands for all methods.",
             .gives = "MeshHttpService[]", .statuses = {200, 404}, .scope = "mesh"},
            [this](Call&) { return list(); });
  table.add({.method = "POST", .path = "/mesh/http/{service}/{method}", .summary = "Calls a method of a mesh service; the header X-Mesh-Peer or the query `peer` names who is to answer.",
             .takes = std::string(kCallBody), .gives = std::string(kCallBody), .statuses = {200, 404, 413, 429, 502, 503, 504}, .scope = "mesh",
             .body_limit = fabric::kPayloadCap},
            [this](Call& call) { return answer(call); });
  table.add({.method = "GET", .path = "/mesh/ws/{service}/{channel}",
             .summary = "Upgrades to a WebSocket of binary frames: the stream of a method that streams; the query `payload` is its JSON argument.",
             .statuses = {101, 404, 426, 429, 502, 503, 504}, .scope = "mesh"},
            [this](Call& call) { return open(call); });
}

}  // namespace soulfabric::gateway
