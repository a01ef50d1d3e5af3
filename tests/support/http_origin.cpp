// SPDX-License-Identifier: GPL-3.0-or-later
// Reading requests, TLS over memory where wanted, and the answers.
#include "support/http_origin.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

#include "soulfabric/base/text.hpp"

namespace soulfabric::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr std::size_t kRequestCap = 64 * 1024;

class Connection final : public OriginConnection {
 public:
  Connection(IoClock& clock, std::unique_ptr<net::ByteStream> stream, SSL_CTX* tls) : clock_(clock), stream_(std::move(stream)) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_accept_state(ssl_.get());
  }

  /// False where the client refuses.
  Task<bool> shake_hands() {
    if (!ssl_) co_return true;
    for (;;) {
      const int done = SSL_do_handshake(ssl_.get());
      const bool flushed = co_await flush();
      if (done == 1) co_return flushed;
      if (!flushed || SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) co_return false;
      const bool more = co_await fill();
      if (!more) co_return false;
    }
  }

  /// The head of a request; empty at the end.
  Task<std::string> read_head() {
    std::string text;
    while (text.size() < kRequestCap) {
      if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) co_return text.substr(0, end);
      const std::string piece = co_await read();
      if (piece.empty()) co_return std::string();
      text += piece;
    }
    co_return std::string();
  }

  Task<bool> send(std::string bytes) override {
    if (!ssl_) {
      const auto sent = co_await stream_->write(bytes_of(bytes), clock_.now() + kPatience);
      co_return sent.has_value();
    }
    if (!bytes.empty() && SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) co_return false;
    const bool flushed = co_await flush();
    co_return flushed;
  }

  Task<void> wait_for_end() override {
    for (;;) {
      const std::string piece = co_await read();
      if (piece.empty()) co_return;
    }
  }

  void abandon() override { abandoned_ = true; }

  Task<void> say_goodbye() {
    if (ssl_ && !abandoned_) SSL_shutdown(ssl_.get());
    if (ssl_) [[maybe_unused]]
      const bool flushed = co_await flush();
    stream_->shutdown_write();
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Task<bool> flush() {
    Bytes pending(BIO_ctrl_pending(out_));
    if (pending.empty()) co_return true;
    BIO_read(out_, pending.data(), static_cast<int>(pending.size()));
    const auto sent = co_await stream_->write(pending, clock_.now() + kPatience);
    co_return sent.has_value();
  }

  Task<bool> fill() {
    const auto count = co_await stream_->read_some(piece_, clock_.now() + kPatience);
    if (!count) co_return false;
    BIO_write(in_, piece_.data(), static_cast<int>(*count));
    co_return true;
  }

  Task<std::string> read() {
    if (!ssl_) {
      const auto count = co_await stream_->read_some(piece_, clock_.now() + kPatience);
      co_return count ? std::string(text_of(ByteView(piece_).first(*count))) : std::string();
    }
    std::string plain(piece_.size(), '\0');
    for (;;) {
      const int count = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
      if (count > 0) co_return plain.substr(0, static_cast<std::size_t>(count));
      if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ) co_return std::string();
      const bool more = co_await fill();
      if (!more) co_return std::string();
    }
  }

  IoClock& clock_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<SSL, Free> ssl_;
  bool abandoned_ = false;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::array<std::uint8_t, 16 * 1024> piece_{};
};

std::optional<OriginRequest> parse(const std::string& head) {
  const auto lines = split(head, '\n');
  const auto words = split(trim(lines.front()), ' ');
  if (words.size() != 3) return std::nullopt;
  OriginRequest request{std::string(words[0]), std::string(words[1]), {}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    if (colon != std::string_view::npos)
      request.headers[ascii_lower(lines[i].substr(0, colon))] = std::string(trim(lines[i].substr(colon + 1)));
  }
  return request;
}

std::string write(const OriginRequest& request, const OriginAnswer& answer) {
  if (answer.raw) return *answer.raw;
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\nConnection: close\r\n";
  if (answer.status != 204 && answer.status != 304) out += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
  out += "\r\n";
  return request.method == "HEAD" ? out : out + answer.body;
}

}  // namespace

HttpOrigin::HttpOrigin(IoContext& context, IoClock& clock, Script script, std::shared_ptr<SSL_CTX> tls, IpAddress at)
    : clock_(clock), script_(std::move(script)), tls_(std::move(tls)), scope_(context, "origin") {
  auto listening = net::listen_tcp(context, clock, {at, 0});
  if (!listening) {
    ADD_FAILURE() << listening.error().message;
    return;
  }
  listener_ = std::move(*listening);
  port_ = listener_->local().port;
  scope_.spawn("serve", serve());
}

HttpOrigin::~HttpOrigin() = default;

std::string HttpOrigin::url(const std::string& target, const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + target;
}

std::size_t HttpOrigin::count(const std::string& target) const {
  const auto found = counts_.find(target);
  return found == counts_.end() ? 0 : found->second;
}

Task<void> HttpOrigin::close() {
  if (listener_) listener_->close();
  co_await scope_.close();
}

Task<void> HttpOrigin::serve() {
  for (;;) {
    auto stream = co_await listener_->accept();
    if (!stream) co_return;
    ++connections_;
    if (!down_) scope_.spawn("attend", attend(std::move(*stream)));
  }
}

Task<void> HttpOrigin::attend(std::unique_ptr<net::ByteStream> stream) {
  Connection connection(clock_, std::move(stream), tls_.get());
  const bool safe = co_await connection.shake_hands();
  if (!safe) co_return;
  const std::string head = co_await connection.read_head();
  const auto request = head.empty() ? std::nullopt : parse(head);
  if (!request) co_return;
  ++requests_;
  ++counts_[request->target];
  last_ = *request;
  const OriginAnswer answer = script_(*request);
  if (answer.perform) {
    co_await answer.perform(connection);
  } else {
    const bool sent = co_await connection.send(write(*request, answer));
    if (!sent) co_return;
  }
  co_await connection.say_goodbye();
}

}  // namespace soulfabric::testing
