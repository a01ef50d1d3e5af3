// SPDX-License-Identifier: GPL-3.0-or-later
// One connection: requests in, answers out, in order. Network thread only.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"

namespace soulfabric::gateway {

using HttpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoContext::executor_type>;

class HttpConnection {
 public:
  HttpConnection(HttpServer& server, HttpSocket socket, guard::Origin origin);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  [[nodiscard]] Task<void> run();
  /// Closes the socket where its time is up.
  void expire(MonoTime now);
  /// The server stops: idle ones end at once, others after their answer.
  void wind_up();
  void abort() noexcept;

  // for the server's list
  std::size_t place = 0;

 private:
  struct Parser;
  enum class Phase : std::uint8_t { Idle, Header, Body, Answer, Write, Socket };
  // Requests that arrive whole, carry no body and are answered at once never wake the coroutine: `pump` reads, answers and reads on.
  [[nodiscard]] Task<bool> wait_input();
  void pump();
  [[nodiscard]] bool answer_waiting();
  [[nodiscard]] bool answer_next();
  [[nodiscard]] Task<bool> finish_answer();
  [[nodiscard]] Task<bool> read_more();
  [[nodiscard]] Task<bool> read_header();
  [[nodiscard]] Task<bool> read_body(std::size_t limit);
  [[nodiscard]] Task<bool> serve_one();
  [[nodiscard]] bool compose(const Response& response, bool keep_alive);
  [[nodiscard]] Task<bool> send(Response response, bool keep_alive);
  [[nodiscard]] Task<bool> send_text(ByteView text);
  [[nodiscard]] Task<bool> send_file(FilePart part);
  [[nodiscard]] Task<void> linger();
  [[nodiscard]] Task<bool> refuse(int status);
  [[nodiscard]] int fault_of_header() const;
  void take_request();
  void set_phase(Phase phase, std::chrono::milliseconds time);
  void close() noexcept;

  HttpServer& server_;
  HttpSocket socket_;
  guard::Origin origin_;
  std::optional<IpAddress> address_;
  std::unique_ptr<Parser> parser_;
  std::string input_;  // received, not parsed yet: [input_at_, input_end_)
  std::size_t input_at_ = 0;
  std::size_t input_end_ = 0;
  std::string output_;
  Request request_;
  Phase phase_ = Phase::Idle;
  MonoTime deadline_ = kNever;
  boost::asio::steady_timer wake_;  // ends a wait for `pump`
  std::optional<Response> carried_;  // an answer of `pump` that takes more than one write
  std::size_t unsent_ = 0;           // of output_, counted from its end
  bool pumping_ = false;
  bool ended_ = false;    // the other side is gone
  bool closing_ = false;  // the last answer was the last one
  int fault_ = 0;  // status of the refusal that ended reading, 0: the other side is gone
  bool timed_out_ = false;
};

}  // namespace soulfabric::gateway
