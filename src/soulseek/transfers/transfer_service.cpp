// SPDX-License-Identifier: GPL-3.0-or-later
// The service: messages handed to downloads or uploads, connections told apart by their token, start and stop.
#include "transfers/transfer_service.hpp"

#include "transfers/downloads.hpp"
#include "transfers/uploads.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {

struct TransferService::Impl {
  Impl(const TransferDeps& deps, TransferOptions options, TransferEvents events)
      : parts(deps, std::move(options), std::move(events)), downloads(parts), uploads(parts) {}

  void on_transfer_request(const PeerMessageIn& from, const wire::peer::TransferRequest& request);
  [[nodiscard]] Task<void> check_ready(std::string user, Endpoint remote, std::string path, std::uint32_t token, std::uint64_t size);
  [[nodiscard]] Task<void> greet(FileConnection connection);

  TransferParts parts;
  Downloads downloads;
  Uploads uploads;
  bool started = false;
};

TransferService::TransferService(const TransferDeps& deps, TransferOptions options, TransferEvents events)
    : impl_(std::make_unique<Impl>(deps, std::move(options), std::move(events))) {}
TransferService::~TransferService() = default;

Task<Status> TransferService::start() {
  auto loaded = co_await impl_->parts.book.load();
  if (!loaded) co_return loaded;
  co_await impl_->downloads.recover();
  impl_->uploads.recover();
  impl_->started = true;
  impl_->parts.scope.spawn("download timers", impl_->downloads.keep_time());
  impl_->parts.scope.spawn("upload timers", impl_->uploads.keep_time());
  auto stored = co_await impl_->parts.book.flush();
  co_return stored;
}

Task<void> TransferService::stop() {
  co_await impl_->parts.scope.close();
  if (!impl_->started) co_return;
  co_await impl_->downloads.settle();
  const Status stored = co_await impl_->parts.book.flush();
  static_cast<void>(stored);
}

// ---- messages -----------------------------------------------------------------------------------------------------

void TransferService::Impl::on_transfer_request(const PeerMessageIn& from, const wire::peer::TransferRequest& request) {
  if (request.direction == wire::peer::TransferDirection::Download) return uploads.on_legacy_request(from, request.token, request.path);
  if (from.address_checked || !downloads.is_active(from.username, request.path)) {
    return downloads.on_ready(from.username, request.path, request.token, request.size);
  }
  parts.scope.spawn("check", check_ready(from.username, from.remote, request.path, request.token, request.size));
}

Task<void> TransferService::Impl::check_ready(std::string user, Endpoint remote, std::string path, std::uint32_t token, std::uint64_t size) {
  const bool genuine = co_await parts.is_genuine(user, remote, false);
  if (genuine) {
    downloads.on_ready(user, path, token, size);
  } else {
    const std::string cancelled(core::refusal::kCancelled);
    parts.send_quietly(user, wire::encode(wire::peer::TransferResponse{token, false, std::nullopt, cancelled}));
  }
}

bool TransferService::on_peer_message(const PeerMessageIn& message) {
  switch (message.code) {
    case wire::peer::TransferRequest::kCode:
    case wire::peer::TransferResponse::kCode:
    case wire::peer::UploadPlacehold::kCode:
    case wire::peer::QueueUpload::kCode:
    case wire::peer::PlaceInQueueResponse::kCode:
    case wire::peer::UploadFailed::kCode:
    case wire::peer::UploadDenied::kCode:
    case wire::peer::PlaceInQueueRequest::kCode:
    case wire::peer::UploadQueueNotification::kCode: break;
    default: return false;
  }
  const auto decoded = wire::decode_peer(message.code, message.body);
  if (!decoded || impl_->parts.scope.closing()) return true;
  const std::string& user = message.username;
  if (const auto* request = std::get_if<wire::peer::TransferRequest>(&*decoded)) impl_->on_transfer_request(message, *request);
  if (const auto* response = std::get_if<wire::peer::TransferResponse>(&*decoded)) {
    impl_->uploads.on_response(user, response->token, response->allowed, response->reason);
  }
  if (const auto* wish = std::get_if<wire::peer::QueueUpload>(&*decoded)) impl_->uploads.on_queue_request(message, wish->path);
  if (const auto* place = std::get_if<wire::peer::PlaceInQueueResponse>(&*decoded)) impl_->downloads.on_place(user, place->path, place->place);
  if (const auto* failed = std::get_if<wire::peer::UploadFailed>(&*decoded)) impl_->downloads.on_failed(user, failed->path);
  if (const auto* denied = std::get_if<wire::peer::UploadDenied>(&*decoded)) impl_->downloads.on_denied(user, denied->path, denied->reason);
  if (const auto* asked = std::get_if<wire::peer::PlaceInQueueRequest>(&*decoded)) impl_->uploads.on_place_request(user, asked->path);
  return true;
}

void TransferService::on_file_connection(FileConnection connection) {
  impl_->parts.scope.spawn("file connection", impl_->greet(std::move(connection)));
}

Task<void> TransferService::Impl::greet(FileConnection connection) {
  Bytes bytes(sizeof(std::uint32_t));
  net::ByteStream& stream = *connection.stream;
  const Status got = co_await net::read_exactly(stream, bytes, parts.deps.clock.now() + parts.options.handshake_wait);
  if (!got) co_return;
  const auto token = wire::decode_transfer_token(bytes);
  if (!token) co_return;
  // Only then is it worth a question to the server who this is.
  if (!downloads.expects(connection.username, token->token) && !uploads.expects(connection.username, token->token)) co_return;
  const bool genuine = co_await parts.is_genuine(connection.username, connection.remote, connection.address_checked);
  if (!genuine) co_return;
  if (downloads.on_file(connection.username, token->token, connection.stream)) co_return;
  if (uploads.on_file(connection.username, token->token, connection.stream)) co_return;
  stream.close();
}

// ---- news ---------------------------------------------------------------------------------------------------------

void TransferService::on_user_status(const std::string& user, const UserStatus& status) {
  impl_->downloads.on_user(user, status.presence != Presence::Offline);
  impl_->uploads.on_user(user, status);
}

void TransferService::on_session(bool logged_in) {
  impl_->parts.logged_in = logged_in;
  impl_->downloads.on_session(logged_in);
  impl_->uploads.on_session(logged_in);
}

void TransferService::set_privileged(const std::string& user, bool privileged) { impl_->uploads.set_privileged(user, privileged); }

void TransferService::set_options(TransferOptions options) {
  impl_->parts.options = std::move(options);
  impl_->downloads.configure();
  impl_->uploads.configure();
}

UploadLoad TransferService::upload_load() const { return impl_->uploads.load(); }
std::uint64_t TransferService::bytes_downloaded() const noexcept { return impl_->parts.bytes_in; }
std::uint64_t TransferService::bytes_uploaded() const noexcept { return impl_->parts.bytes_out; }

// ---- Transfers ----------------------------------------------------------------------------------------------------

Task<Result<EnqueueResult>> TransferService::enqueue(DownloadRequest request, guard::Origin origin) {
  if (impl_->parts.scope.closing()) co_return fail(Errc::Unavailable, "The daemon is stopping; ask again after its restart.");
  auto result = co_await impl_->downloads.enqueue(std::move(request), origin);
  co_return result;
}

std::vector<Transfer> TransferService::list(Direction direction, bool include_removed) const {
  return impl_->parts.book.list(direction, include_removed);
}

std::optional<Transfer> TransferService::find(const std::string& id) const {
  const TransferRow* row = std::as_const(impl_->parts.book).find(id);
  return row == nullptr ? std::nullopt : std::optional(row->shown);
}

bool TransferService::cancel(const std::string& id, bool remove) {
  TransferRow* row = impl_->parts.book.find(id);
  if (row == nullptr) return false;
  if (remove) row->remove_when_done = true;
  if (!has(row->shown.state, TransferState::Completed)) {
    row->shown.direction == Direction::Download ? impl_->downloads.cancel(*row) : impl_->uploads.cancel(*row);
  } else if (remove) {
    impl_->parts.book.hide(*row);
  }
  return true;
}

void TransferService::remove_completed(Direction direction) {
  for (TransferRow* row : impl_->parts.book.completed(direction)) impl_->parts.book.hide(*row);
}

Task<std::optional<Batch>> TransferService::batch(std::string id) { return impl_->parts.book.batch(std::move(id)); }

Task<Result<std::uint32_t>> TransferService::place_in_queue(std::string id, MonoTime deadline) {
  const TransferRow* row = impl_->parts.book.find(id);
  if (row == nullptr) co_return fail(Errc::NotFound, "There is no such transfer.");
  if (row->shown.direction == Direction::Upload) {
    const auto place = impl_->uploads.place_of(*row);
    if (place) co_return *place;
    co_return fail(Errc::NotFound, "The upload does not stand in the queue now.");
  }
  auto place = co_await impl_->downloads.ask_place(std::move(id), deadline);
  co_return place;
}

}  // namespace soulfabric::soulseek
