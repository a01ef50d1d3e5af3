// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets of this machine.
#include "soulfabric/net/local.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cstring>

#include "socket_stream.hpp"

namespace soulfabric::net {
namespace {

using Local = boost::asio::local::stream_protocol;
using LocalSocket = boost::asio::basic_stream_socket<Local, IoContext::executor_type>;
using Acceptor = boost::asio::basic_socket_acceptor<Local, IoContext::executor_type>;

std::unique_ptr<ByteStream> make_stream(IoClock& clock, LocalSocket socket) {
  return std::make_unique<SocketStream<LocalSocket>>(std::make_shared<SocketCore<LocalSocket>>(clock, std::move(socket)));
}

class LocalListener final : public Listener {
 public:
  LocalListener(IoClock& clock, Acceptor acceptor, std::filesystem::path path)
      : clock_(clock), acceptor_(std::move(acceptor)), path_(std::move(path)) {}
  ~LocalListener() override { close_and_remove(); }
  LocalListener(const LocalListener&) = delete;
  LocalListener& operator=(const LocalListener&) = delete;

  Task<Result<std::unique_ptr<ByteStream>>> accept() override {
    LocalSocket socket(acceptor_.get_executor());
    const auto [code] = co_await acceptor_.async_accept(socket, kAwait);
    if (code) co_return std::unexpected(from_system(code, "could not accept a connection"));
    co_return make_stream(clock_, std::move(socket));
  }
  Endpoint local() const override { return {}; }
  void close() override { close_and_remove(); }

 private:
  void close_and_remove() {
    if (!acceptor_.is_open()) return;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    ::unlink(path_.c_str());
  }
  IoClock& clock_;
  Acceptor acceptor_;
  std::filesystem::path path_;
};

/// Whether somebody answers at the socket; a connection to it is over at once.
bool is_answered(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return !refused;
}

}  // namespace

std::unique_ptr<ByteStream> make_local_stream(IoContext& context, IoClock& clock, int descriptor) {
  LocalSocket socket(context);
  boost::system::error_code code;
  socket.assign(Local(), descriptor, code);
  if (code) ::close(descriptor);
  return make_stream(clock, std::move(socket));
}

Result<LocalPair> make_local_pair(IoContext& context, IoClock& clock) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return std::unexpected(error_from_errno(errno, "A pair of sockets could not be made"));
  return LocalPair{make_local_stream(context, clock, ends[0]), ends[1]};
}

Result<std::unique_ptr<Listener>> listen_local(IoContext& context, IoClock& clock, const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty() || text.size() >= sizeof address.sun_path)
    return fail(Errc::InvalidArgument, "The path of the socket " + text + " is too long; choose one of at most 107 bytes.");
  std::memcpy(address.sun_path, text.data(), text.size());
  struct stat status{};
  if (::lstat(text.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode) || is_answered(address))
      return fail(Errc::Conflict, "The path " + text + " is in use; choose another one for the socket.");
    ::unlink(text.c_str());
  }
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return std::unexpected(error_from_errno(errno, "A socket could not be made"));
  // The mode of an unbound socket is the mode of the file that bind makes, so there is no moment at which others could connect.
  if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0 ||
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(descriptor, SOMAXCONN) != 0) {
    const Error error = error_from_errno(errno, "The socket " + text + " could not be made");
    ::close(descriptor);
    return std::unexpected(error);
  }
  Acceptor acceptor(context);
  boost::system::error_code code;
  acceptor.assign(Local(), descriptor, code);
  if (code) return std::unexpected(from_system(code, "could not listen on " + text));
  return std::make_unique<LocalListener>(clock, std::move(acceptor), path);
}

}  // namespace soulfabric::net
