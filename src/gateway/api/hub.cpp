// SPDX-License-Identifier: GPL-3.0-or-later
// From the faces' observers to sockets and event records.
#include "api/hub.hpp"

#include <algorithm>

#include "api/dto.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::Transfer;
using soulseek::TransferState;

constexpr std::size_t kEndedKept = 4096;

std::string transfer_data(std::string_view local, const Transfer& transfer, WallTime now) {
  std::string data;
  JsonWriter json(data);
  json.begin_object().member("localFilename", local).member("remoteFilename", transfer.filename).key("transfer");
  write(json, transfer, now);
  json.end_object();
  return data;
}

}  // namespace

void Hub::add_routes(RouteTable& table) {
  table.add({.method = "GET", .path = "/api/v0/events/ws", .summary = "Upgrades to a WebSocket that tells every change.", .statuses = {101, 426, 503}},
            [this](Call& call) { return open(call); });
}

void Hub::start() {
  if (std::exchange(started_, true)) return;
  logged_in_ = has(context_.deps.client.session().info().state, soulseek::SessionState::LoggedIn);
  context_.deps.client.subscribe(*this);
  context_.deps.shares.add_observer(*this);
}

void Hub::stop() {
  close_all();
  if (!std::exchange(started_, false)) return;
  context_.deps.client.unsubscribe(*this);
  context_.deps.shares.remove_observer(*this);
}

Task<Response> Hub::open(Call& call) {
  if (!call.request->upgrade) {
    auto response = empty_response(426);
    response.headers.emplace_back("upgrade", "websocket");
    co_return response;
  }
  std::erase_if(sockets_, [](const auto& socket) { return socket.expired(); });
  if (sockets_.size() >= context_.settings.limits.sockets) co_return string_response(503, "Too many pages are open: close some of them.");
  auto socket = std::make_shared<EventSocket>(context_, call.identity);
  sockets_.push_back(socket);
  Response response;
  response.status = 101;
  response.socket = std::move(socket);
  co_return response;
}

void Hub::close_session(const std::string& session) {
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock(); socket && socket->identity().session == session) socket->end();
  }
}

void Hub::close_all() {
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock()) socket->end();
  }
}

void Hub::close_lost_keys() {
  const auto& keys = context_.settings.api_keys;
  for (const auto& weak : sockets_) {
    const auto socket = weak.lock();
    if (!socket || socket->identity().proof != Proof::Key) continue;
    const bool kept = std::ranges::any_of(keys, [&](const ApiKey& key) { return key.name == socket->identity().name; });
    if (!kept) socket->end();
  }
}

void Hub::tell(News news, const std::string& id) {
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock()) socket->tell(news, id);
  }
}

void Hub::record(std::string_view type, std::string data) {
  context_.events.add({make_guid(context_.deps.random), context_.deps.clock.wall(), std::string(type), std::move(data)});
}

void Hub::on_session_changed() {
  tell(News::Application);
  const auto info = context_.deps.client.session().info();
  const bool now = has(info.state, soulseek::SessionState::LoggedIn);
  if (now == std::exchange(logged_in_, now)) return;
  std::string data;
  JsonWriter json(data);
  json.begin_object();
  if (!now) json.member("message", info.problem.value_or("Disconnected"));
  json.end_object();
  record(now ? "SoulseekClientConnected" : "SoulseekClientDisconnected", std::move(data));
}

void Hub::on_search_changed(const std::string& id) { tell(News::Search, id); }

void Hub::on_search_responses(const std::string& id, std::size_t from) {
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock()) socket->tell_responses(id, from);
  }
}

void Hub::on_search_removed(const std::string& id) { tell(News::SearchRemoved, id); }

void Hub::on_transfer_changed(const Transfer& transfer) {
  tell(News::Transfer, transfer.id);
  record_transfer_end(transfer);
}

void Hub::on_transfer_removed(const std::string& id) { tell(News::TransferRemoved, id); }

void Hub::record_transfer_end(const Transfer& transfer) {
  if (transfer.direction != soulseek::Direction::Upload || !has(transfer.state, TransferState::Succeeded)) return;
  if (ended_uploads_.size() >= kEndedKept) ended_uploads_.clear();
  if (!ended_uploads_.insert(transfer.id).second) return;
  record("UploadFileComplete", transfer_data(transfer.local_path.value_or(""), transfer, context_.deps.clock.wall()));
}

void Hub::on_download_complete(const Transfer& transfer) {
  const auto local = transfer.local_path.value_or("");
  record("DownloadFileComplete", transfer_data(local, transfer, context_.deps.clock.wall()));
  const auto folder = folder_of(transfer.filename);
  for (const auto& other : context_.deps.client.transfers().list(soulseek::Direction::Download, false)) {
    const bool pending = !has(other.state, TransferState::Completed);
    if (pending && other.username == transfer.username && folder_of(other.filename) == folder) return;
  }
  std::string data;
  JsonWriter json(data);
  json.begin_object().member("localDirectoryName", folder_of(local)).member("remoteDirectoryName", folder);
  json.member("username", transfer.username).end_object();
  record("DownloadDirectoryComplete", std::move(data));
}

void Hub::on_message(const soulseek::PrivateMessage& message) {
  const auto text = R"({"type":"message","data":)" + to_json(message) + "}";
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock()) socket->tell_message(text);
  }
  if (message.incoming) record("PrivateMessageReceived", R"({"message":)" + to_json(message) + "}");
}

void Hub::on_browse_progress(const std::string& username, std::uint64_t /*bytes*/, std::uint64_t /*size*/) { tell(News::Browse, username); }
void Hub::on_scan_progress(const library::ScanProgress& /*progress*/) { tell(News::Shares); }
void Hub::on_snapshot(const std::shared_ptr<const library::Snapshot>& /*snapshot*/) {
  tell(News::Shares);
  tell(News::Application);
}

}  // namespace soulfabric::gateway
