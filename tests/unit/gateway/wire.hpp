// SPDX-License-Identifier: GPL-3.0-or-later
// A small HTTP client that can also misbehave: bytes out, replies in, over a blocking loopback socket.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway::testing {

struct Reply {
  int status = 0;  // 0: the connection ended first
  std::map<std::string, std::string> headers;  // lower-case names; the last one wins
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

class Wire {
 public:
  explicit Wire(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  /// One end of a socket pair.
  struct Joined {
    int descriptor;
  };
  explicit Wire(Joined end) : socket_(end.descriptor), connected_(true) {
    timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Wire() { ::close(socket_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// True when the other side has closed; bytes that still come are dropped.
  bool closed() {
    char buffer[4096];
    for (;;) {
      const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
      if (got < 0) return false;
    }
  }
  Reply read(bool without_body = false) {
    Reply reply;
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return reply;
    }
    const std::string head = input_.substr(0, end);
    input_.erase(0, end + 4);
    const auto lines = split(head, '\n');
    if (lines.empty() || lines[0].size() < 12) return reply;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto colon = lines[i].find(':');
      if (colon != std::string_view::npos) reply.headers[ascii_lower(lines[i].substr(0, colon))] = trim(lines[i].substr(colon + 1));
    }
    const auto length = without_body ? 0 : parse_u64(reply.header("content-length")).value_or(0);
    while (input_.size() < length) {
      if (!more()) return reply;
    }
    reply.body = input_.substr(0, length);
    input_.erase(0, length);
    reply.status = static_cast<int>(parse_u64(lines[0].substr(9, 3)).value_or(0));
    return reply;
  }
  /// Reads to the end without keeping anything; the number of bytes.
  std::uint64_t drain() {
    std::string buffer(1 << 20, '\0');
    std::uint64_t total = input_.size();
    for (;;) {
      const auto got = ::recv(socket_, buffer.data(), buffer.size(), MSG_TRUNC);
      if (got <= 0) return total;
      total += static_cast<std::uint64_t>(got);
    }
  }
  /// At least `count` raw bytes, or what came before the end.
  std::string raw(std::size_t count) {
    while (input_.size() < count && more()) {
    }
    const auto out = input_.substr(0, count);
    input_.erase(0, out.size());
    return out;
  }

 private:
  bool more() {
    char buffer[65536];
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  int socket_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace soulfabric::gateway::testing
