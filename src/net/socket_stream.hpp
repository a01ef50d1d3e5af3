// SPDX-License-Identifier: GPL-3.0-or-later
// A ByteStream over a stream socket of any family. Deadlines: a direction notes when its wait must end; one timer per stream looks at
// the earlier note and closes that wait.
#pragma once
#include <netinet/tcp.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <concepts>

#include "tcp_stream.hpp"

namespace soulfabric::net {

inline constexpr std::uint64_t kSendfileStep = 1024 * 1024;

template <class Socket>
struct SocketCore : std::enable_shared_from_this<SocketCore<Socket>> {
  SocketCore(IoClock& clock_in, Socket socket_in) : clock(clock_in), socket(std::move(socket_in)), timer(socket.get_executor()) {}

  void watch(MonoTime deadline) {
    if (deadline == kNever || (armed && deadline >= timer.expiry())) return;
    armed = true;
    timer.expires_at(deadline);
    timer.async_wait([self = this->shared_from_this()](const boost::system::error_code& code) {
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
  Socket socket;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    IoContext::executor_type>
      timer;
  MonoTime read_deadline = kNever;
  MonoTime write_deadline = kNever;
  bool armed = false;
  bool timed_out = false;
};

/// `Socket` is a stream socket of this context.
template <class Socket>
class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(std::shared_ptr<SocketCore<Socket>> core) : core_(std::move(core)) {}
  ~SocketStream() override { core_->close(); }
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

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
    const auto [code] = co_await core->socket.async_wait(Socket::wait_read, kAwait);
    core->read_deadline = kNever;
    if (code) co_return core->failed(code);
    co_return Status{};
  }
  void limit_unsent([[maybe_unused]] int bytes) override {
    [[maybe_unused]] boost::system::error_code ignored;
    if constexpr (std::same_as<typename Socket::protocol_type, boost::asio::ip::tcp>)
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
      const auto [code] = co_await core->socket.async_wait(Socket::wait_write, kAwait);
      if (code) co_return core->failed(code);
    }
    core->write_deadline = kNever;
    co_return Status{};
  }

  void shutdown_write() override {
    boost::system::error_code ignored;
    core_->socket.shutdown(Socket::shutdown_send, ignored);
  }
  void close() override { core_->close(); }
  bool is_open() const noexcept override { return core_->socket.is_open(); }
  Endpoint remote() const override {
    boost::system::error_code code;
    return from(core_->socket.remote_endpoint(code));
  }
  Endpoint local() const override {
    boost::system::error_code code;
    return from(core_->socket.local_endpoint(code));
  }

 private:
  /// What is not TCP has no address.
  static Endpoint from([[maybe_unused]] const typename Socket::endpoint_type& endpoint) {
    if constexpr (std::same_as<typename Socket::protocol_type, boost::asio::ip::tcp>) return from_asio(endpoint);
    return {};
  }
  std::shared_ptr<SocketCore<Socket>> core_;
};

}  // namespace soulfabric::net
