// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes between a connection, TLS where the URL says so, and the reader of answers.
#include "http_exchange.hpp"

#include <array>
#include <optional>

#include "core/http_tls.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
using Piece = std::array<std::uint8_t, kPiece>;

HttpFault broken(const Error& error, const std::string& host) {
  if (error.code == Errc::Cancelled) return {HttpRefusal::Connect, error};
  if (error.code == Errc::TimedOut) return {HttpRefusal::Time, {Errc::TimedOut, host + " did not answer in time."}};
  return {HttpRefusal::Connect, {Errc::Offline, "The connection to " + host + " broke."}};
}

class Exchange {
 public:
  Exchange(HttpExchange with, std::uint64_t& bytes) : with_(std::move(with)), bytes_(bytes), reader_(with_.method, with_.body_cap) {
    if (with_.url.tls) tls_.emplace(with_.trust.get(), with_.url);
  }

  Task<HttpResult<HttpResponse>> run() {
    if (tls_) {
      auto safe = co_await shake_hands();
      if (!safe) co_return std::unexpected(std::move(safe).error());
      if (auto written = tls_->write(bytes_of(with_.request)); !written) co_return std::unexpected(std::move(written).error());
    }
    auto sent = tls_ ? flush() : send(bytes_of(with_.request));
    auto asked = co_await std::move(sent);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    while (!reader_.done()) {
      auto more = co_await receive();
      if (!more) co_return std::unexpected(std::move(more).error());
    }
    auto response = reader_.take();
    response.host = with_.url.host;
    co_return response;
  }

 private:
  Task<HttpStatus> send(ByteView bytes) {
    const auto written = co_await with_.stream->write(bytes, with_.deadline);
    if (!written) co_return std::unexpected(broken(written.error(), with_.url.host));
    co_return HttpStatus{};
  }

  Task<HttpStatus> flush() {
    const Bytes pending = tls_->take();
    if (pending.empty()) co_return HttpStatus{};
    co_return co_await send(pending);
  }

  /// What arrived, at least a byte; 0 at the orderly end of the connection.
  Task<HttpResult<std::size_t>> read() {
    const auto count = co_await with_.stream->read_some(piece_, with_.deadline);
    if (!count && count.error().code == Errc::Closed) co_return std::size_t{0};
    if (!count) co_return std::unexpected(broken(count.error(), with_.url.host));
    bytes_ += *count;
    co_return *count;
  }

  Task<HttpStatus> shake_hands() {
    while (!tls_->established()) {
      auto flushed = co_await flush();
      if (!flushed) co_return flushed;
      auto count = co_await read();
      if (!count) co_return std::unexpected(std::move(count).error());
      if (*count == 0) co_return refuse(HttpRefusal::Connect, Errc::Offline, with_.url.host + " ended the connection before it was safe.");
      if (auto fed = tls_->feed(ByteView(piece_).first(*count)); !fed) {
        [[maybe_unused]] const auto said = co_await flush();  // the alert that says why
        co_return fed;
      }
    }
    co_return HttpStatus{};
  }

  Task<HttpStatus> receive() {
    auto count = co_await read();
    if (!count) co_return std::unexpected(std::move(count).error());
    const auto came = ByteView(piece_).first(*count);
    if (!tls_) co_return *count == 0 ? reader_.end() : reader_.feed(came);
    if (*count == 0) co_return refuse(HttpRefusal::Body, Errc::Malformed, "The answer of " + with_.url.host + " was cut short.");
    co_return decrypt(came);
  }

  HttpStatus decrypt(ByteView came) {
    if (auto fed = tls_->feed(came); !fed) return fed;
    while (!reader_.done()) {
      auto count = tls_->read(plain_);
      if (!count) return std::unexpected(std::move(count).error());
      if (*count == 0) return tls_->ended() ? reader_.end() : HttpStatus{};
      if (auto read = reader_.feed(ByteView(plain_).first(*count)); !read) return read;
    }
    return {};
  }

  HttpExchange with_;
  std::uint64_t& bytes_;
  HttpReader reader_;
  std::optional<HttpTls> tls_;
  Piece piece_{};
  Piece plain_{};
};

}  // namespace

Task<HttpResult<HttpResponse>> run_exchange(HttpExchange exchange, std::uint64_t& bytes) {
  const auto running = std::make_unique<Exchange>(std::move(exchange), bytes);
  co_return co_await running->run();
}

}  // namespace soulfabric::net
