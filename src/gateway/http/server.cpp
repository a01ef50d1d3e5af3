// SPDX-License-Identifier: GPL-3.0-or-later
// Listening sockets, the sweep over deadlines, the end.
#include "http/server.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "http/connection.hpp"

namespace soulfabric::gateway {
namespace {

using Tcp = boost::asio::ip::tcp;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, IoContext::executor_type>;

Tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) return {boost::asio::ip::address_v4(endpoint.address.to_v4()), endpoint.port};
  return {boost::asio::ip::address_v6(endpoint.address.bytes()), endpoint.port};
}

Status bind_to(Acceptor& acceptor, const Endpoint& at) {
  const auto endpoint = to_asio(at);
  boost::system::error_code code;
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(Tcp::acceptor::reuse_address(true), code);
  if (!code && !at.address.is_v4()) acceptor.set_option(boost::asio::ip::v6_only(!at.address.is_unspecified()), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(boost::asio::socket_base::max_listen_connections, code);
  if (code == boost::asio::error::address_in_use) {
    return fail(Errc::Conflict, "port " + std::to_string(at.port) + " is in use by another program, stop it or set web.port to another port");
  }
  if (code) return fail(Errc::Io, "could not listen on " + at.to_string() + ": " + code.message() + ", set web.ip_address to an address of this machine");
  return {};
}

Task<void> run_connection(HttpServer& server, HttpSocket socket, guard::Origin origin) {
  HttpConnection connection(server, std::move(socket), origin);
  co_await connection.run();
}

}  // namespace

struct HttpServer::Door {
  Door(IoContext& context, guard::Origin origin_in) : acceptor(context), origin(origin_in) {}
  Acceptor acceptor;
  guard::Origin origin;
};

HttpServer::HttpServer(IoContext& context, IoClock& clock, WorkerPool& workers, RequestHandler& handler, const HttpLimits& limits)
    : context_(context), clock_(clock), workers_(workers), handler_(handler), limits_(limits), scope_(context, "gateway") {}

HttpServer::~HttpServer() = default;

Status HttpServer::listen(const std::vector<ListenAt>& at) {
  std::vector<std::unique_ptr<Door>> doors;
  for (const auto& place : at) {
    auto door = std::make_unique<Door>(context_, place.origin);
    SF_TRY(bind_to(door->acceptor, place.endpoint));
    doors.push_back(std::move(door));
  }
  doors_ = std::move(doors);
  for (const auto& door : doors_) scope_.spawn("accept", accept(*door));
  scope_.spawn("sweep", sweep());
  return {};
}

std::vector<Endpoint> HttpServer::endpoints() const {
  std::vector<Endpoint> all;
  for (const auto& door : doors_) {
    boost::system::error_code code;
    const auto local = door->acceptor.local_endpoint(code);
    const auto address = local.address();
    all.push_back({address.is_v4() ? IpAddress::v4(address.to_v4().to_uint()) : IpAddress::v6(address.to_v6().to_bytes()), local.port()});
  }
  return all;
}

Status HttpServer::join(int descriptor, guard::Origin origin) {
  HttpSocket socket(context_);
  boost::system::error_code code;
  socket.assign(Tcp::v4(), descriptor, code);  // only reading and writing are asked of it, which are the same for every stream socket
  if (code) {
    ::close(descriptor);
    return fail(Errc::InvalidArgument, "the tunnel could not be joined to the page: " + code.message());
  }
  if (stopping_) return fail(Errc::Unavailable, "the page of this node is stopping");
  if (connections_.size() >= limits_.connections) {
    ++counters_.refused;
    return fail(Errc::Busy, "the page of this node has as many connections as it may");
  }
  ++counters_.connections;
  scope_.spawn("tunnelled connection", run_connection(*this, std::move(socket), origin));
  return {};
}

Task<void> HttpServer::accept(Door& door) {
  while (!stopping_) {
    HttpSocket socket(context_);
    const auto [code] = co_await door.acceptor.async_accept(socket, kAwait);
    if (code == boost::asio::error::operation_aborted || code == boost::asio::error::bad_descriptor) co_return;
    if (code) {
      // Out of descriptors: give those that are open a moment to end.
      co_await clock_.sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    if (connections_.size() >= limits_.connections) {
      ++counters_.refused;
      continue;
    }
    ++counters_.connections;
    scope_.spawn("connection", run_connection(*this, std::move(socket), door.origin));
  }
}

Task<void> HttpServer::sweep() {
  while (!stopping_) {
    co_await clock_.sleep_for(limits_.sweep);
    const auto now = clock_.now();
    for (auto* connection : std::vector<HttpConnection*>(connections_)) connection->expire(now);
  }
}

void HttpServer::enter(HttpConnection& connection) {
  connection.place = connections_.size();
  connections_.push_back(&connection);
  counters_.open = connections_.size();
}

void HttpServer::leave(HttpConnection& connection) noexcept {
  connections_.back()->place = connection.place;
  std::swap(connections_[connection.place], connections_.back());
  connections_.pop_back();
  counters_.open = connections_.size();
}

std::string_view HttpServer::date() {
  const auto now = clock_.now();
  if (date_.empty() || now - date_made_ >= std::chrono::seconds(1)) {
    const auto seconds = static_cast<std::time_t>(to_unix_micros(clock_.wall()) / 1'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    date_made_ = now;
  }
  return date_;
}

Task<void> HttpServer::stop(Duration grace) {
  stopping_ = true;
  for (const auto& door : doors_) {
    boost::system::error_code ignored;
    door->acceptor.close(ignored);
  }
  for (auto* connection : std::vector<HttpConnection*>(connections_)) connection->wind_up();
  const auto end = clock_.now() + grace;
  while (!connections_.empty() && clock_.now() < end) co_await clock_.sleep_for(std::chrono::milliseconds(10));
  for (auto* connection : std::vector<HttpConnection*>(connections_)) connection->abort();
  // Event streams join a reader of their own: they have to end by themselves, now that their sockets are closed.
  while (counters_.sockets > 0) co_await clock_.sleep_for(std::chrono::milliseconds(1));
  co_await scope_.close();
}

}  // namespace soulfabric::gateway
