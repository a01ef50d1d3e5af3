// SPDX-License-Identifier: GPL-3.0-or-later
// Listening and dialling.
#include "soulfabric/net/tcp.hpp"

#include <boost/asio/ip/tcp.hpp>

#include "soulfabric/base/timeout.hpp"
#include "tcp_stream.hpp"

namespace soulfabric::net {
namespace {

using Tcp = boost::asio::ip::tcp;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, IoContext::executor_type>;

class TcpDialer final : public Dialer {
 public:
  TcpDialer(IoContext& context, IoClock& clock) : context_(context), clock_(clock) {}

  Task<Result<std::unique_ptr<ByteStream>>> connect(Endpoint to, MonoTime deadline) override {
    auto dialled = co_await with_timeout<std::unique_ptr<ByteStream>>(clock_, dial(to), deadline);
    if (!dialled && dialled.error().code == Errc::TimedOut) co_return fail(Errc::TimedOut, "no answer from the other side");
    co_return dialled;
  }

  Task<Result<IpAddress>> resolve(std::string host, MonoTime deadline) override {
    if (const auto literal = IpAddress::parse(host)) co_return *literal;
    auto found = co_await with_timeout<IpAddress>(clock_, look_up(host), deadline);
    if (!found) co_return fail(found.error().code, "the host name " + host + " could not be resolved, check the name and the network");
    co_return found;
  }

 private:
  Task<Result<std::unique_ptr<ByteStream>>> dial(Endpoint to) {
    TcpSocket socket(context_);
    const auto [code] = co_await socket.async_connect(to_asio(to), kAwait);
    if (code) co_return std::unexpected(from_system(code, "could not connect"));
    co_return make_tcp_stream(clock_, std::move(socket));
  }

  Task<Result<IpAddress>> look_up(std::string host) {
    Tcp::resolver resolver(context_);
    const auto [code, found] = co_await resolver.async_resolve(Tcp::v4(), host, "", kAwait);
    if (code || found.empty()) co_return fail(Errc::Offline, "no address");
    co_return from_asio(found.begin()->endpoint()).address;
  }

  IoContext& context_;
  IoClock& clock_;
};

class TcpListener final : public Listener {
 public:
  TcpListener(IoClock& clock, Acceptor acceptor) : clock_(clock), acceptor_(std::move(acceptor)) {}

  Task<Result<std::unique_ptr<ByteStream>>> accept() override {
    TcpSocket socket(acceptor_.get_executor());
    const auto [code] = co_await acceptor_.async_accept(socket, kAwait);
    if (code) co_return std::unexpected(from_system(code, "could not accept a connection"));
    co_return make_tcp_stream(clock_, std::move(socket));
  }
  Endpoint local() const override {
    boost::system::error_code code;
    return from_asio(acceptor_.local_endpoint(code));
  }
  void close() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  IoClock& clock_;
  Acceptor acceptor_;
};

}  // namespace

std::unique_ptr<Dialer> make_tcp_dialer(IoContext& context, IoClock& clock) { return std::make_unique<TcpDialer>(context, clock); }

Result<std::unique_ptr<Listener>> listen_tcp(IoContext& context, IoClock& clock, Endpoint at) {
  const auto endpoint = to_asio(at);
  Acceptor acceptor(context);
  boost::system::error_code code;
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(Tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(boost::asio::socket_base::max_listen_connections, code);
  if (code == boost::asio::error::address_in_use) {
    return fail(Errc::Conflict, "port " + std::to_string(at.port) + " is in use by another program, stop it or choose another port");
  }
  if (code) return fail(Errc::Io, "could not listen on " + at.to_string() + ": " + code.message());
  return std::make_unique<TcpListener>(clock, std::move(acceptor));
}

}  // namespace soulfabric::net
