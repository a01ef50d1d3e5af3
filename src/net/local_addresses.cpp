// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses of the interfaces, by getifaddrs.
#include "soulfabric/net/local_addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace soulfabric::net {

std::vector<IpAddress> local_addresses() {
  std::vector<IpAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    if (entry->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, entry->ifa_addr, sizeof v4);
      out.push_back(IpAddress::v4(ntohl(v4.sin_addr.s_addr)));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, entry->ifa_addr, sizeof v6);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80) continue;
      out.push_back(IpAddress::v6(bytes));
    }
  }
  ::freeifaddrs(list);
  std::ranges::sort(out, {}, [](const IpAddress& address) { return address.is_loopback(); });
  return out;
}

}  // namespace soulfabric::net
