// SPDX-License-Identifier: GPL-3.0-or-later
// From the faces' observers to sockets and event records.
#include "api/hub.hpp"

#include <algorithm>

#include "api/dto.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/services/pods.hpp"

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
  watch_relays();
  if (context_.deps.mesh == nullptr) return;
  context_.deps.mesh->on_change([weak = std::weak_ptr<Hub*>(self_)] {
    const auto self = weak.lock();
    if (!self) return;
    ++(*self)->mesh_joins_;
    (*self)->watch_mesh();
    (*self)->tell(News::Mesh);
  });
  watch_mesh();
}

void Hub::watch_relays() {
  if (context_.deps.relay == nullptr) return;
  context_.deps.relay->on_change([weak = std::weak_ptr<Hub*>(self_)] {
    if (const auto self = weak.lock()) (*self)->tell(News::Relay);
  });
}

void Hub::watch_mesh() {
  const auto* parts = context_.deps.mesh == nullptr ? nullptr : context_.deps.mesh->parts();
  if (parts == nullptr || std::exchange(mesh_watched_, mesh_joins_) == mesh_joins_) return;
  const std::weak_ptr<Hub*> weak = self_;
  parts->links.on_link([weak](const PeerId&, bool) {
    if (const auto self = weak.lock()) (*self)->tell(News::Mesh);
  });
  if (parts->pods == nullptr) return;
  parts->pods->on_change([weak](const std::string& pod) {
    if (const auto self = weak.lock()) (*self)->tell(News::Pod, pod);
  });
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
  if (is_full()) co_return string_response(503, "Too many pages are open: close some of them.");
  watch_mesh();
  auto socket = std::make_shared<EventSocket>(context_, call.identity);
  sockets_.push_back(socket);
  Response response;
  response.status = 101;
  response.socket = std::move(socket);
  co_return response;
}

bool Hub::is_full() {
  std::erase_if(sockets_, [](const auto& socket) { return socket.expired(); });
  std::erase_if(adopted_, [](const Adopted& one) { return one.socket.expired(); });
  return sockets_.size() + adopted_.size() >= context_.settings.limits.sockets;
}

void Hub::adopt(std::shared_ptr<SocketSource> socket, Identity identity) { adopted_.push_back({socket, std::move(identity)}); }

template <class F>
void Hub::close_where(F&& matches) {
  for (const auto& weak : sockets_) {
    if (const auto socket = weak.lock(); socket && matches(socket->identity(), std::string_view())) socket->end();
  }
  for (const auto& one : adopted_) {
    if (const auto socket = one.socket.lock(); socket && matches(one.identity, std::string_view("mesh"))) socket->end();
  }
}

void Hub::close_session(const std::string& session) {
  close_where([&](const Identity& who, std::string_view) { return who.session == session; });
}

void Hub::close_all() {
  close_where([](const Identity&, std::string_view) { return true; });
}

void Hub::close_lost_keys() {
  const auto& keys = context_.settings.api_keys;
  close_where([&](const Identity& who, std::string_view scope) {
    if (who.proof != Proof::Key) return false;
    return std::ranges::none_of(keys, [&](const ApiKey& key) {
      return key.name == who.name && (scope.empty() || std::ranges::find(key.scopes, scope) != key.scopes.end());
    });
  });
}

void Hub::tell(News news, const std::string& id) {
  const std::string_view scope = news == News::Mesh || news == News::Pod ? "mesh" : news == News::Relay ? "relay" : "";
  for (const auto& weak : sockets_) {
    const auto socket = weak.lock();
    if (!socket) continue;
    // What a key has no scope to ask for it is not told either (security rule S21).
    const auto& who = socket->identity();
    if (!scope.empty() && who.proof == Proof::Key && std::ranges::find(who.scopes, scope) == who.scopes.end()) continue;
    if (news == News::Relay) {
      socket->tell_relay();
    } else {
      socket->tell(news, id);
    }
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
