// SPDX-License-Identifier: GPL-3.0-or-later
// A ByteStream over a TCP socket, with one lazy timer for both directions.
#pragma once
#include <boost/asio/ip/tcp.hpp>

#include <memory>

#include "soulfabric/net/stream.hpp"

namespace soulfabric::net {

using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoContext::executor_type>;

[[nodiscard]] std::unique_ptr<ByteStream> make_tcp_stream(IoClock& clock, TcpSocket socket);
[[nodiscard]] boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint);
[[nodiscard]] Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint);
[[nodiscard]] Error from_system(const boost::system::error_code& code, std::string_view what);

}  // namespace soulfabric::net
