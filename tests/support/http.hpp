// SPDX-License-Identifier: GPL-3.0-or-later
// A blocking HTTP client of a few lines, for tests that look at the daemon from outside as curl does.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace soulfabric::testing {

struct HttpReply {
  int status = 0;  // 0: no answer
  std::string head;
  std::string body;
};

struct HttpCall {
  std::string method = "GET";
  std::string path = "/";
  std::string headers;  // whole lines, each ended by \r\n
  std::string body;
  std::string host{};  // empty: 127.0.0.1 with the port
};

/// One request on a connection of its own to 127.0.0.1; at most 30 s.
inline HttpReply http(std::uint16_t port, const HttpCall& call) {
  HttpReply reply;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return reply;
  timeval limit{};
  limit.tv_sec = 30;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof to == sizeof generic);
  std::memcpy(&generic, &to, sizeof to);
  std::string text = call.method + " " + call.path + " HTTP/1.1\r\nHost: " + (call.host.empty() ? "127.0.0.1:" + std::to_string(port) : call.host) + "\r\nConnection: close\r\n" + call.headers;
  if (!call.body.empty()) text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(call.body.size()) + "\r\n";
  text += "\r\n" + call.body;
  std::string answer;
  if (::connect(socket, &generic, sizeof generic) == 0 && ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
    std::array<char, 65536> chunk{};
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(socket, chunk.data(), chunk.size(), 0);
      if (got > 0) answer.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos || answer.size() < 12) return reply;
  reply.status = std::atoi(answer.c_str() + 9);
  reply.head = answer.substr(0, end);
  reply.body = answer.substr(end + 4);
  return reply;
}

}  // namespace soulfabric::testing
