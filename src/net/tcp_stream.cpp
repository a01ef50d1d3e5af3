// SPDX-License-Identifier: GPL-3.0-or-later
// A stream over a TCP socket: options, addresses, errors.
#include "socket_stream.hpp"

namespace soulfabric::net {

std::unique_ptr<ByteStream> make_tcp_stream(IoClock& clock, TcpSocket socket) {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  // Some reads wait for as long as the other side lives: the kernel finds out within two minutes that it does not.
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>(60), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>(10), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>(6), ignored);
  return std::make_unique<SocketStream<TcpSocket>>(std::make_shared<SocketCore<TcpSocket>>(clock, std::move(socket)));
}

boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) return {boost::asio::ip::address_v4(endpoint.address.to_v4()), endpoint.port};
  return {boost::asio::ip::address_v6(endpoint.address.bytes()), endpoint.port};
}

Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {IpAddress::v4(address.to_v4().to_uint()), endpoint.port()};
  return {IpAddress::v6(address.to_v6().to_bytes()), endpoint.port()};
}

Error from_system(const boost::system::error_code& code, std::string_view what) {
  namespace error = boost::asio::error;
  Errc errc = Errc::Io;
  if (code == error::operation_aborted || code == error::bad_descriptor) errc = Errc::Cancelled;
  if (code == error::eof || code == error::connection_reset || code == error::broken_pipe || code == error::connection_aborted)
    errc = Errc::Closed;
  if (code == error::connection_refused || code == error::host_unreachable || code == error::network_unreachable) errc = Errc::Offline;
  if (code == error::timed_out) errc = Errc::TimedOut;
  return Error{errc, std::string(what) + ": " + code.message()};
}

}  // namespace soulfabric::net
