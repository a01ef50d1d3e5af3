// SPDX-License-Identifier: GPL-3.0-or-later
// One conversation with the router by NAT-PMP, else by UPnP. Every wait is bounded.
#include "port_mapping_router.hpp"

#include <arpa/inet.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <natpmp.h>

namespace soulfabric::net {
namespace {

constexpr int kUpnpDiscovery = 1000;  // milliseconds
constexpr std::chrono::milliseconds kNatPmpAnswer{1500};
constexpr const char* kDescription = "soulfabric";

/// The library's retries go on for two minutes; a router on the same wire answers at once or is none.
Result<natpmpresp_t> answer_of(natpmp_t& state) {
  auto left = kNatPmpAnswer;
  for (;;) {
    natpmpresp_t response{};
    const int code = ::readnatpmpresponseorretry(&state, &response);
    if (code == 0) return response;
    if (code != NATPMP_TRYAGAIN) {
      const bool absent = code == NATPMP_ERR_NOGATEWAYSUPPORT || code == NATPMP_ERR_RECVFROM;
      return fail(absent ? Errc::NotFound : Errc::Rejected, "the router does not map ports by NAT-PMP");
    }
    if (left.count() <= 0) return fail(Errc::NotFound, "no router answers NAT-PMP");
    timeval wait{};
    ::getnatpmprequesttimeout(&state, &wait);
    const std::chrono::milliseconds asked = std::chrono::seconds(wait.tv_sec) + std::chrono::milliseconds(wait.tv_usec / 1000 + 1);
    const auto patience = std::clamp(asked, std::chrono::milliseconds(1), left);
    pollfd waiting{state.s, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(patience.count()));
    left -= patience;  // a wait that ended early counts as whole: what matters is that there is an end
  }
}

class NatPmp {
 public:
  explicit NatPmp(const std::optional<IpAddress>& router) {
    const bool forced = router && router->is_v4();
    ready_ = ::initnatpmp(&state_, forced ? 1 : 0, forced ? htonl(router->to_v4()) : 0) == 0;
  }
  NatPmp(const NatPmp&) = delete;
  NatPmp& operator=(const NatPmp&) = delete;
  ~NatPmp() {
    if (ready_) ::closenatpmp(&state_);
  }

  Result<PortMapping> map(std::uint16_t port, std::chrono::seconds lifetime) {
    if (!ready_) return fail(Errc::NotFound, "there is no default route to a router");
    PortMapping out;
    out.by = "NAT-PMP";
    if (::sendpublicaddressrequest(&state_) < 0) return fail(Errc::NotFound, "the router cannot be reached");
    SF_TRY_ASSIGN(const natpmpresp_t address, answer_of(state_));
    out.external = IpAddress::v4(ntohl(address.pnu.publicaddress.addr.s_addr));
    SF_TRY_ASSIGN(out.outer, one(NATPMP_PROTOCOL_TCP, port, port, lifetime));
    SF_TRY(one(NATPMP_PROTOCOL_UDP, port, out.outer, lifetime));
    return out;
  }

 private:
  Result<std::uint16_t> one(int protocol, std::uint16_t inner, std::uint16_t outer, std::chrono::seconds lifetime) {
    // A lifetime of 0 takes the mapping back; the outer port must be 0 then (RFC 6886, section 3.4).
    const std::uint16_t wanted = lifetime.count() == 0 ? std::uint16_t{0} : outer;
    if (::sendnewportmappingrequest(&state_, protocol, inner, wanted, static_cast<std::uint32_t>(lifetime.count())) < 0)
      return fail(Errc::NotFound, "the router cannot be reached");
    SF_TRY_ASSIGN(const natpmpresp_t response, answer_of(state_));
    return response.pnu.newportmapping.mappedpublicport;
  }

  natpmp_t state_{};
  bool ready_ = false;
};

class Upnp {
 public:
  Upnp() {
    int error = 0;
    devices_ = ::upnpDiscover(kUpnpDiscovery, nullptr, nullptr, 0, 0, 2, &error);
    if (devices_ != nullptr) found_ = ::UPNP_GetValidIGD(devices_, &urls_, &data_, lan_.data(), static_cast<int>(lan_.size()));
  }
  Upnp(const Upnp&) = delete;
  Upnp& operator=(const Upnp&) = delete;
  ~Upnp() {
    if (found_ != 0) ::FreeUPNPUrls(&urls_);
    if (devices_ != nullptr) ::freeUPNPDevlist(devices_);
  }

  Result<PortMapping> map(std::uint16_t port, std::chrono::seconds lifetime) {
    if (found_ != 1) return fail(Errc::NotFound, "no router answers UPnP");
    const std::string text = std::to_string(port);
    PortMapping out{port, std::nullopt, "UPnP"};
    for (const char* protocol : {"TCP", "UDP"}) {
      const int code = lifetime.count() == 0 ? remove(text, protocol) : add(text, protocol, lifetime);
      if (code != UPNPCOMMAND_SUCCESS && lifetime.count() != 0) {
        const char* words = ::strupnperror(code);
        return fail(Errc::Rejected, std::string("the router refuses the port by UPnP: ") + (words != nullptr ? words : "no reason given"));
      }
    }
    std::array<char, 64> external{};
    if (::UPNP_GetExternalIPAddress(urls_.controlURL, data_.first.servicetype, external.data()) == UPNPCOMMAND_SUCCESS)
      out.external = IpAddress::parse(external.data());
    return out;
  }

 private:
  int add(const std::string& port, const char* protocol, std::chrono::seconds lifetime) {
    const std::string lease = std::to_string(lifetime.count());
    const int code = ::UPNP_AddPortMapping(urls_.controlURL, data_.first.servicetype, port.c_str(), port.c_str(), lan_.data(), kDescription,
                                           protocol, nullptr, lease.c_str());
    constexpr int kOnlyPermanentLeases = 725;
    if (code != kOnlyPermanentLeases) return code;
    return ::UPNP_AddPortMapping(urls_.controlURL, data_.first.servicetype, port.c_str(), port.c_str(), lan_.data(), kDescription, protocol,
                                 nullptr, "0");
  }
  int remove(const std::string& port, const char* protocol) {
    return ::UPNP_DeletePortMapping(urls_.controlURL, data_.first.servicetype, port.c_str(), protocol, nullptr);
  }

  UPNPDev* devices_ = nullptr;
  UPNPUrls urls_{};
  IGDdatas data_{};
  std::array<char, 64> lan_{};
  int found_ = 0;
};

}  // namespace

Result<PortMapping> ask_router(std::uint16_t port, std::chrono::seconds lifetime, const std::optional<IpAddress>& router) {
  NatPmp nat_pmp(router);
  auto mapped = nat_pmp.map(port, lifetime);
  if (mapped || mapped.error().code == Errc::Rejected) return mapped;
  Upnp upnp;
  return upnp.map(port, lifetime);
}

}  // namespace soulfabric::net
