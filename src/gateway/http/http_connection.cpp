// SPDX-License-Identifier: GPL-3.0-or-later
// One connection on a raw socket: Beast parses, we write. Its deadline is a number that the server's sweep looks at.
#include <boost/beast/http/parser.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "core/json_writer.hpp"
#include "http/connection.hpp"
#include "http/file_body.hpp"
#include "http/head.hpp"
#include "http/websocket.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/net/resident.hpp"

namespace soulfabric::gateway {
namespace {

namespace http = boost::beast::http;
constexpr std::size_t kMaxFields = 100;
constexpr std::size_t kInputSize = 8 * 1024;
constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kOutputKept = 64 * 1024;

std::string_view sentence_of(int fault) noexcept {
  switch (fault) {
    case 413: return "The body of the request is too large for this route.";
    case 417: return "The request expects something that this server does not do.";
    case 431: return "The header of the request is too long.";
    case 501: return "The request uses a transfer encoding other than chunked.";
    case 505: return "The request is not HTTP/1.1.";
    default: return "The request is malformed or ambiguous.";
  }
}

std::string_view view_of(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

struct HttpConnection::Parser {
  http::request_parser<http::string_body> http;
};

HttpConnection::HttpConnection(HttpServer& server, HttpSocket socket, guard::Origin origin)
    : server_(server), socket_(std::move(socket)), origin_(origin), input_(kInputSize, '\0'), wake_(server.context()) {
  boost::system::error_code code;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), code);
  socket_.native_non_blocking(true, code);
  const auto remote = socket_.remote_endpoint(code);
  if (!code && origin != guard::Origin::RemoteGateway) {
    const auto address = remote.address();
    address_ = address.is_v4() ? IpAddress::v4(address.to_v4().to_uint()) : IpAddress::v6(address.to_v6().to_bytes());
  }
  server_.enter(*this);
}

HttpConnection::~HttpConnection() { server_.leave(*this); }

void HttpConnection::set_phase(Phase phase, std::chrono::milliseconds time) {
  phase_ = phase;
  deadline_ = time == std::chrono::milliseconds::max() ? kNever : server_.clock().now() + time;
}

void HttpConnection::close() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::expire(MonoTime now) {
  if (deadline_ > now) return;
  timed_out_ = true;
  ++server_.counters().timeouts;
  deadline_ = kNever;
  close();
}

void HttpConnection::abort() noexcept { close(); }

void HttpConnection::wind_up() {
  if (phase_ == Phase::Idle) close();
}

Task<void> HttpConnection::run() {
  bool alive = true;
  while (alive && !server_.stopping()) {
    if (input_at_ == input_end_) {
      set_phase(Phase::Idle, server_.limits().idle_time);
      const bool more = co_await wait_input();
      if (!more) break;
      const bool sent = co_await finish_answer();
      if (!sent) break;
      if (input_at_ == input_end_) continue;
    }
    request_.method = request_.target = {};
    request_.headers.clear();
    parser_ = std::make_unique<Parser>();
    const bool again = co_await serve_one();
    alive = again;
    if (output_.capacity() > kOutputKept) output_ = {};
  }
  boost::system::error_code ignored;
  socket_.shutdown(HttpSocket::shutdown_both, ignored);
}

Task<bool> HttpConnection::wait_input() {
  // Whoever cancels closes the socket first, which ends the read; the frame must outlive it.
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  pumping_ = true;
  wake_.expires_at(MonoTime::max());
  pump();
  while (pumping_) co_await wake_.async_wait(kAwait);
  co_await boost::asio::this_coro::throw_if_cancelled(true);
  co_return !ended_;
}

void HttpConnection::pump() {
  if (input_at_ == input_end_) input_at_ = input_end_ = 0;
  socket_.async_read_some(boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
                          [this](const boost::system::error_code& code, std::size_t size) {
                            input_end_ += size;
                            ended_ = static_cast<bool>(code);
                            if (!ended_ && answer_waiting()) return pump();
                            pumping_ = false;
                            wake_.cancel();
                          });
}

/// True when all of the input was answered and the connection goes on.
bool HttpConnection::answer_waiting() {
  try {
    while (input_at_ < input_end_) {
      if (!answer_next()) return false;
    }
    set_phase(Phase::Idle, server_.limits().idle_time);
    return !server_.stopping();
  } catch (const std::exception&) {
    ended_ = true;
    return false;
  }
}

bool HttpConnection::answer_next() {
  request_.method = request_.target = {};
  request_.headers.clear();
  parser_ = std::make_unique<Parser>();
  auto& parser = parser_->http;
  parser.header_limit(static_cast<std::uint32_t>(server_.limits().header_bytes));
  parser.body_limit(boost::none);
  boost::system::error_code code;
  const auto used = parser.put(boost::asio::buffer(input_.data() + input_at_, input_end_ - input_at_), code);
  if (code || !parser.is_done()) return false;
  take_request();
  if (fault_of_header() != 0 || request_.upgrade) return false;
  std::unique_ptr<RequestHandler::State> state;
  auto verdict = server_.handler().admit(request_, state);
  auto response = verdict.refusal ? std::move(verdict.refusal) : server_.handler().answer_now(request_, state.get());
  if (!response) return false;
  ++server_.counters().requests;
  input_at_ += used;
  closing_ = !parser.keep_alive() || response->close || server_.stopping();
  if (response->file || body_size(*response) > kOutputKept) {
    carried_ = std::move(response);
    return false;
  }
  (void)compose(*response, !closing_);
  const auto sent = ::send(socket_.native_handle(), output_.data(), output_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  unsent_ = sent > 0 ? output_.size() - static_cast<std::size_t>(sent) : output_.size();
  return unsent_ == 0 && !closing_;
}

Task<bool> HttpConnection::finish_answer() {
  if (carried_) {
    Response response = std::move(*carried_);
    carried_.reset();
    co_return co_await send(std::move(response), !closing_);
  }
  if (unsent_ > 0) {
    set_phase(Phase::Write, server_.limits().write_time);
    const auto rest = bytes_of(output_).last(std::exchange(unsent_, 0));
    const bool sent = co_await send_text(rest);
    if (!sent) co_return false;
  }
  co_return !closing_;
}

Task<bool> HttpConnection::read_more() {
  if (input_at_ == input_end_) {
    input_at_ = input_end_ = 0;
  } else if (input_end_ == input_.size()) {
    if (input_at_ > 0) {
      std::copy(input_.begin() + static_cast<std::ptrdiff_t>(input_at_), input_.begin() + static_cast<std::ptrdiff_t>(input_end_), input_.begin());
      input_end_ -= input_at_;
      input_at_ = 0;
    } else if (input_.size() <= server_.limits().header_bytes) {
      input_.resize(input_.size() * 2);
    } else {
      fault_ = 431;
      co_return false;
    }
  }
  const auto [code, size] = co_await socket_.async_read_some(boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_), kAwait);
  if (code) co_return false;
  input_end_ += size;
  co_return true;
}

Task<bool> HttpConnection::read_header() {
  auto& parser = parser_->http;
  parser.header_limit(static_cast<std::uint32_t>(server_.limits().header_bytes));
  parser.body_limit(boost::none);
  fault_ = 0;
  set_phase(Phase::Idle, server_.limits().idle_time);
  for (;;) {
    if (input_at_ < input_end_) {
      if (phase_ == Phase::Idle) set_phase(Phase::Header, server_.limits().header_time);
      boost::system::error_code code;
      input_at_ += parser.put(boost::asio::buffer(input_.data() + input_at_, input_end_ - input_at_), code);
      if (parser.is_header_done()) co_return true;
      if (code && code != http::error::need_more) {
        fault_ = code == http::error::header_limit ? 431 : code == http::error::bad_version ? 505 : 400;
        co_return false;
      }
    }
    const bool more = co_await read_more();
    if (!more) co_return false;
  }
}

void HttpConnection::take_request() {
  const auto& message = parser_->http.get();
  request_.method = view_of(message.method_string());
  request_.target = view_of(message.target());
  request_.headers.clear();
  for (const auto& field : message) request_.headers.emplace_back(view_of(field.name_string()), view_of(field.value()));
  request_.body.clear();
  request_.origin = origin_;
  request_.address = address_;
  request_.upgrade = parser_->http.upgrade() && equal_ignoring_ascii_case(request_.header("Upgrade"), "websocket");
}

int HttpConnection::fault_of_header() const {
  if (request_.headers.size() > kMaxFields) return 431;
  const auto count = [&](std::string_view name) {
    return std::ranges::count_if(request_.headers, [&](const auto& field) { return equal_ignoring_ascii_case(field.first, name); });
  };
  // What two readers may understand differently is refused, whoever is right (request smuggling).
  const auto encodings = count("Transfer-Encoding");
  const auto length = request_.header("Content-Length");
  if (!std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; })) return 400;
  if (count("Host") != 1 || count("Content-Length") > 1 || encodings > 1 || (encodings == 1 && count("Content-Length") == 1)) return 400;
  if (encodings == 1 && !equal_ignoring_ascii_case(request_.header("Transfer-Encoding"), "chunked")) return 501;
  const auto expect = request_.header("Expect");
  if (!expect.empty() && !equal_ignoring_ascii_case(expect, "100-continue")) return 417;
  return 0;
}

Task<bool> HttpConnection::read_body(std::size_t limit) {
  auto& parser = parser_->http;
  const auto length = parser.content_length();
  if (length && *length > limit) {
    fault_ = 413;
    co_return false;
  }
  parser.body_limit(limit);
  set_phase(Phase::Body, server_.limits().request_time);
  if (!request_.header("Expect").empty() && input_at_ == input_end_) {
    const bool sent = co_await send_text(bytes_of(kContinue));
    if (!sent) co_return false;
    set_phase(Phase::Body, server_.limits().request_time);
  }
  while (!parser.is_done()) {
    boost::system::error_code code;
    const auto used = parser.put(boost::asio::buffer(input_.data() + input_at_, input_end_ - input_at_), code);
    input_at_ += used;
    if (code && code != http::error::need_more) {
      fault_ = code == http::error::body_limit ? 413 : 400;
      co_return false;
    }
    if (parser.is_done() || (used > 0 && input_at_ < input_end_ && code != http::error::need_more)) continue;
    const bool more = co_await read_more();
    if (!more) co_return false;
  }
  co_return true;
}

Task<bool> HttpConnection::refuse(int status) {
  if (status == 400 || status == 431 || status == 505) ++server_.counters().malformed;
  Response response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = json_string(sentence_of(status));
  const bool sent = co_await send(std::move(response), false);
  if (sent) co_await linger();
  co_return false;
}

Task<bool> HttpConnection::serve_one() {
  const bool received = co_await read_header();
  if (!received && fault_ == 0) co_return false;
  if (received) {
    take_request();
    fault_ = fault_of_header();
  }
  ++server_.counters().requests;
  if (fault_ != 0) co_return co_await refuse(fault_);
  auto& parser = parser_->http;
  std::unique_ptr<RequestHandler::State> state;
  auto verdict = server_.handler().admit(request_, state);
  const bool keep_alive = parser.keep_alive() && !server_.stopping();
  if (verdict.refusal) {
    const bool whole = parser.is_done();
    const bool alive = co_await send(std::move(*verdict.refusal), keep_alive && whole);
    if (!whole && socket_.is_open()) co_await linger();
    co_return alive;
  }
  if (!parser.is_done()) {
    const bool whole = co_await read_body(verdict.body_limit);
    if (fault_ != 0) co_return co_await refuse(fault_);
    if (!whole) co_return false;
    request_.body = std::move(parser.get().body());
  }
  set_phase(Phase::Answer, std::chrono::milliseconds::max());
  auto at_once = server_.handler().answer_now(request_, state.get());
  if (at_once) co_return co_await send(std::move(*at_once), keep_alive && !at_once->close);
  auto response = co_await server_.handler().answer(request_, state.get());
  if (!response.socket) co_return co_await send(std::move(response), keep_alive && !response.close);
  phase_ = Phase::Socket;
  if (input_at_ == input_end_) co_await run_websocket(server_, socket_, parser.get(), response.socket);
  co_return false;
}

/// Puts the head into output_, and the body where it is small; true when nothing else is to be sent.
bool HttpConnection::compose(const Response& response, bool keep_alive) {
  ++server_.counters().statuses[static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5))];
  HeadOptions options;
  options.date = server_.date();
  options.keep_alive = keep_alive;
  options.old_client = parser_->http.is_header_done() && parser_->http.get().version() < 11;
  output_.clear();
  append_head(output_, response, options);
  if (request_.method == "HEAD" || response.status == 204 || response.status == 304) return true;
  if (response.file || body_size(response) > kOutputKept) return false;
  output_ += response.shared.empty() ? std::string_view(response.body) : text_of(response.shared);
  return true;
}

Task<bool> HttpConnection::send(Response response, bool keep_alive) {
  set_phase(Phase::Write, server_.limits().write_time);
  const bool joined = compose(response, keep_alive);
  const bool head_sent = co_await send_text(bytes_of(output_));
  if (!head_sent) co_return false;
  if (joined) co_return keep_alive;
  if (response.file) {
    const bool file_sent = co_await send_file(std::move(*response.file));
    co_return file_sent && keep_alive;
  }
  const auto body = response.shared.empty() ? bytes_of(response.body) : response.shared;
  const bool body_sent = co_await send_text(body);
  co_return body_sent && keep_alive;
}

Task<bool> HttpConnection::send_text(ByteView text) {
  while (!text.empty()) {
    const auto sent = ::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      text = text.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) co_return false;
    const auto [code] = co_await socket_.async_wait(HttpSocket::wait_write, kAwait);
    if (code) co_return false;
    set_phase(Phase::Write, server_.limits().write_time);
  }
  co_return true;
}

Task<bool> HttpConnection::send_file(FilePart part) {
  const int descriptor = part.file->descriptor();
  std::uint64_t offset = part.offset;
  std::uint64_t left = part.length;
  while (left > 0) {
    std::uint64_t step = std::min(left, kResidentStep);
    left -= step;
    if (!net::is_resident(descriptor, offset, step)) {
      auto prepare = [file = part.file, offset, step] { return net::fill_pages(file->descriptor(), offset, step); };
      const bool there = co_await server_.workers().run(std::move(prepare));
      if (!there) log::debug("gateway", "the kernel cannot read ahead here, sendfile will wait for the disk");
    }
    while (step > 0) {
      if (!socket_.is_open()) co_return false;
      set_phase(Phase::Write, server_.limits().write_time);
      const auto result = send_resident(socket_.native_handle(), descriptor, offset, step);
      if (result == SendResult::Failed) co_return false;
      if (result == SendResult::Done) break;
      const auto [code] = co_await socket_.async_wait(HttpSocket::wait_write, kAwait);
      if (code) co_return false;
    }
  }
  co_return true;
}

Task<void> HttpConnection::linger() {
  // The other side may still be sending: closing now would reset the connection and take the answer with it.
  boost::system::error_code ignored;
  socket_.shutdown(HttpSocket::shutdown_send, ignored);
  set_phase(Phase::Body, std::chrono::milliseconds(2000));
  std::size_t dropped = 0;
  while (dropped < kLingerBytes) {
    const auto [code, size] = co_await socket_.async_read_some(boost::asio::buffer(input_.data(), input_.size()), kAwait);
    if (code) break;
    dropped += size;
  }
}

}  // namespace soulfabric::gateway
