// SPDX-License-Identifier: GPL-3.0-or-later
// Saved nodes and names of nodes.
#include "dht/node_file.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/files.hpp"

namespace soulfabric::mesh {

namespace {

constexpr std::uint64_t kFileCap = 64 * 1024;
constexpr std::size_t kAddressesOfAName = 8;

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostPort> split(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  HostPort out;
  const auto digits = text.substr(colon + 1);
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (code != std::errc{} || end != digits.data() + digits.size() || out.port == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  out.host = std::string(host);
  return out;
}

void look_up(const HostPort& wanted, std::vector<Endpoint>& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(wanted.host.c_str(), nullptr, &hints, &found) != 0) return;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::size_t taken = 0;
  for (const auto* one = found; one != nullptr && taken < kAddressesOfAName; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, one->ai_addr, sizeof v4);
      out.push_back({IpAddress::v4(ntohl(v4.sin_addr.s_addr)), wanted.port});
      ++taken;
    } else if (one->ai_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, one->ai_addr, sizeof v6);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      out.push_back({IpAddress::v6(bytes), wanted.port});
      ++taken;
    }
  }
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto address = IpAddress::parse(parts->host);
  return address ? std::optional(Endpoint{*address, parts->port}) : std::nullopt;
}

std::vector<Endpoint> load_nodes(const std::filesystem::path& file) {
  std::vector<Endpoint> out;
  const auto content = read_whole(file, kFileCap);
  if (!content) return out;
  auto rest = text_of(*content);
  while (!rest.empty() && out.size() < kSavedNodes) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (const auto endpoint = parse_endpoint(line)) out.push_back(*endpoint);
  }
  return out;
}

Status save_nodes(const std::filesystem::path& file, const std::vector<Endpoint>& nodes) {
  std::string text;
  for (const auto& node : nodes) text += node.to_string() + "\n";
  return write_whole(file, bytes_of(text), 0600);
}

std::vector<Endpoint> resolve_nodes(const std::vector<std::string>& named) {
  std::vector<Endpoint> out;
  for (const auto& name : named) {
    const auto parts = split(name);
    if (!parts) continue;
    if (const auto address = IpAddress::parse(parts->host)) {
      out.push_back({*address, parts->port});
    } else {
      look_up(*parts, out);
    }
  }
  return out;
}

}  // namespace soulfabric::mesh
