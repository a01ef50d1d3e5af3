// SPDX-License-Identifier: GPL-3.0-or-later
// Deadlines: a direction notes when its wait must end; one timer per stream looks at the earlier note and closes that wait.
#include "tcp_stream.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <netinet/tcp.h>
#include <sys/sendfile.h>

#include <algorithm>

namespace soulfabric::net {
namespace {

constexpr std::uint64_t kSendfileStep = 1024 * 1024;

struct Core : std::enable_shared_from_this<Core> {
  Core(IoClock& clock_in, TcpSocket socket_in) : clock(clock_in), socket(std::move(socket_in)), timer(socket.get_executor()) {}

  void watch(MonoTime deadline) {
    if (deadline == kNever || (armed && deadline >= timer.expiry())) return;
    armed = true;
    timer.expires_at(deadline);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
      if (code) return;
      self->armed = false;
      self->expire();
    });
  }

  void expire() {
    const auto now = clock.now();
    if (read_deadline <= now || write_deadline <= now) {
      timed_out = true;
      close();
      return;
    }
    const auto next = std::min(read_deadline, write_deadline);
    if (next != kNever) watch(next);
  }

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    armed = false;
  }

  [[nodiscard]] std::unexpected<Error> failed(const boost::system::error_code& code) const {
    if (timed_out) return fail(Errc::TimedOut, "the connection was silent for too long");
    return std::unexpected(from_system(code, "the connection failed"));
  }

  IoClock& clock;
  TcpSocket socket;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, IoContext::executor_type> timer;
  MonoTime read_deadline = kNever;
  MonoTime write_deadline = kNever;
  bool armed = false;
  bool timed_out = false;
};

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~TcpStream() override { core_->close(); }
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto core = core_;
    core->read_deadline = deadline;
    core->watch(deadline);
    const auto [code, count] = co_await core->socket.async_read_some(boost::asio::buffer(into.data(), into.size()), kAwait);
    core->read_deadline = kNever;
    if (code) co_return core->failed(code);
    co_return count;
  }

  Task<Status> wait_readable(MonoTime deadline) override {
    const auto core = core_;
    core->read_deadline = deadline;
    core->watch(deadline);
    const auto [code] = co_await core->socket.async_wait(TcpSocket::wait_read, kAwait);
    core->read_deadline = kNever;
    if (code) co_return core->failed(code);
    co_return Status{};
  }
  void limit_unsent(int bytes) override {
    boost::system::error_code ignored;
    core_->socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>(bytes), ignored);
  }

  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto core = core_;
    core->write_deadline = deadline;
    core->watch(deadline);
    const auto [code, count] = co_await boost::asio::async_write(core->socket, boost::asio::buffer(data.data(), data.size()), kAwait);
    core->write_deadline = kNever;
    if (code) co_return core->failed(code);
    co_return Status{};
  }

  Task<Status> send_file(int descriptor, std::uint64_t offset, std::uint64_t count, MonoTime deadline) override {
    const auto core = core_;
    core->write_deadline = deadline;
    core->watch(deadline);
    core->socket.native_non_blocking(true);
    auto at = static_cast<off_t>(offset);
    while (count > 0) {
      if (!core->socket.is_open()) co_return core->failed(boost::asio::error::operation_aborted);
      const auto sent = ::sendfile(core->socket.native_handle(), descriptor, &at, std::min(count, kSendfileStep));
      if (sent > 0) {
        count -= static_cast<std::uint64_t>(sent);
        continue;
      }
      if (sent == 0) co_return fail(Errc::Io, "the file became shorter while it was sent");
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return core->failed(boost::system::error_code(errno, boost::system::system_category()));
      const auto [code] = co_await core->socket.async_wait(TcpSocket::wait_write, kAwait);
      if (code) co_return core->failed(code);
    }
    core->write_deadline = kNever;
    co_return Status{};
  }

  void shutdown_write() override {
    boost::system::error_code ignored;
    core_->socket.shutdown(TcpSocket::shutdown_send, ignored);
  }
  void close() override { core_->close(); }
  bool is_open() const noexcept override { return core_->socket.is_open(); }
  Endpoint remote() const override {
    boost::system::error_code code;
    return from_asio(core_->socket.remote_endpoint(code));
  }
  Endpoint local() const override {
    boost::system::error_code code;
    return from_asio(core_->socket.local_endpoint(code));
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<ByteStream> make_tcp_stream(IoClock& clock, TcpSocket socket) {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  // Some reads wait for as long as the other side lives: the kernel finds out within two minutes that it does not.
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>(60), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>(10), ignored);
  socket.set_option(boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>(6), ignored);
  return std::make_unique<TcpStream>(std::make_shared<Core>(clock, std::move(socket)));
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
  if (code == error::eof || code == error::connection_reset || code == error::broken_pipe || code == error::connection_aborted) errc = Errc::Closed;
  if (code == error::connection_refused || code == error::host_unreachable || code == error::network_unreachable) errc = Errc::Offline;
  if (code == error::timed_out) errc = Errc::TimedOut;
  return Error{errc, std::string(what) + ": " + code.message()};
}

}  // namespace soulfabric::net
