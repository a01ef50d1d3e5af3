// SPDX-License-Identifier: GPL-3.0-or-later
// One request and one answer as plain values; handlers see nothing else of HTTP.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/origin.hpp"

namespace soulfabric::gateway {

/// Views last as long as the request is being answered.
struct Request {
  std::string_view method;
  std::string_view target;  // raw
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string body;
  guard::Origin origin = guard::Origin::UserLocal;  // of the connection (security rule S20)
  std::optional<IpAddress> address;                 // nothing on a tunnelled connection
  bool upgrade = false;                             // asks for a WebSocket

  /// The first value under this name (in any case), empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// A part of an open file as the body.
struct FilePart {
  std::shared_ptr<File> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Where the texts for one WebSocket come from and go to. Network thread only.
class SocketSource {
 public:
  virtual ~SocketSource() = default;
  /// The next text to send; nothing when the socket is to be closed.
  [[nodiscard]] virtual Task<std::optional<std::string>> next() = 0;
  virtual void received(std::string_view text) = 0;
  /// The other side is gone, or the server stops: `next` comes back with nothing.
  virtual void end() = 0;
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no body is announced
  std::string body;
  ByteView shared;               // instead of `body`: bytes that outlive the program's requests
  std::optional<FilePart> file;  // instead of `body`
  std::vector<std::pair<std::string, std::string>> headers;
  bool foreign = false;  // bytes of others: sandboxed instead of the page's own policy (security rule S15)
  bool close = false;
  std::shared_ptr<SocketSource> socket;  // upgrades; status is 101
};

struct RequestVerdict {
  std::optional<Response> refusal;  // the body is not read
  std::size_t body_limit = 0;
};

/// What the server asks of the rooms above it; one object serves all connections.
class RequestHandler {
 public:
  /// Made for each request and kept until it is answered.
  struct State {
    virtual ~State() = default;
  };
  virtual ~RequestHandler() = default;
  /// After the header, before the body.
  [[nodiscard]] virtual RequestVerdict admit(const Request& request, std::unique_ptr<State>& state) = 0;
  /// The answer where it can be given without waiting.
  [[nodiscard]] virtual std::optional<Response> answer_now(Request& request, State* state) = 0;
  [[nodiscard]] virtual Task<Response> answer(Request& request, State* state) = 0;
};

[[nodiscard]] std::string_view reason_of(int status) noexcept;

}  // namespace soulfabric::gateway
