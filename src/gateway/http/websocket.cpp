// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocket by Beast: one reader, one writer, closed when either ends.
#include "http/websocket.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "http/binary_source.hpp"

namespace soulfabric::gateway {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using Stream = websocket::stream<HttpSocket&, false>;

Task<void> read_texts(Stream& stream, SocketSource& source) {
  beast::flat_buffer buffer(kMaxSocketMessage);
  for (;;) {
    const auto [code, size] = co_await stream.async_read(buffer, kAwait);
    if (code) break;
    source.received({static_cast<const char*>(buffer.cdata().data()), size});
    buffer.consume(buffer.size());
  }
  source.end();
}

Task<void> read_bytes(Stream& stream, BinarySource& source) {
  beast::flat_buffer buffer(kMaxBinaryMessage);
  for (;;) {
    const auto [code, size] = co_await stream.async_read(buffer, kAwait);
    if (code || !stream.got_binary()) break;
    std::string bytes(static_cast<const char*>(buffer.cdata().data()), size);
    buffer.consume(buffer.size());
    const bool taken = co_await source.take(std::move(bytes));
    if (!taken) break;
  }
  source.end();
}

Task<void> write_texts(HttpServer& server, HttpSocket& socket, Stream& stream, SocketSource& source) {
  for (;;) {
    const std::optional<std::string> text = co_await source.next();
    if (!text) break;
    // A reader that takes nothing for so long is cut off; it comes back and is told everything anew.
    boost::asio::steady_timer guard(server.context());
    guard.expires_after(server.limits().write_time);
    guard.async_wait([&socket, &source](const boost::system::error_code& code) {
      if (code) return;
      boost::system::error_code ignored;
      socket.close(ignored);
      source.end();
    });
    const auto [code, size] = co_await stream.async_write(boost::asio::buffer(*text), kAwait);
    guard.cancel();
    if (code) break;
  }
  co_await stream.async_close(websocket::close_code::normal, kAwait);
}

}  // namespace

Task<void> run_websocket(HttpServer& server, HttpSocket& socket, const BeastRequest& request, std::shared_ptr<SocketSource> source) {
  Stream stream(socket);
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = std::chrono::seconds(2);
  timeout.idle_timeout = server.limits().ping_time * 2;
  timeout.keep_alive_pings = true;
  stream.set_option(timeout);
  auto* bytes = dynamic_cast<BinarySource*>(source.get());
  stream.read_message_max(bytes == nullptr ? kMaxSocketMessage : kMaxBinaryMessage);
  stream.text(bytes == nullptr);
  const auto [code] = co_await stream.async_accept(request, kAwait);
  if (!code) {
    ++server.counters().sockets;
    TaskScope scope(server.context(), "websocket");
    if (bytes == nullptr) scope.spawn("read", read_texts(stream, *source));
    if (bytes != nullptr) scope.spawn("read", read_bytes(stream, *bytes));
    co_await write_texts(server, socket, stream, *source);
    boost::system::error_code ignored;
    socket.close(ignored);
    co_await scope.join();
    --server.counters().sockets;
  }
  source->end();
}

}  // namespace soulfabric::gateway
