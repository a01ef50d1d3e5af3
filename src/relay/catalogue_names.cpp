// SPDX-License-Identifier: GPL-3.0-or-later
// What the counters of the catalogue are called.
#include "soulfabric/relay/catalogue.hpp"

namespace soulfabric::relay {
namespace {

template <class Reason, std::size_t size>
std::string_view pick(const std::array<std::string_view, size>& names, Reason reason) noexcept {
  static_assert(size == static_cast<std::size_t>(Reason::Count_));
  const auto index = static_cast<std::size_t>(reason);
  return index < size ? names[index] : std::string_view("other");
}

constexpr std::array<std::string_view, 7> kFaults{"form", "oversize", "content", "other_key", "other_signer", "forged", "expired"};
constexpr std::array<std::string_view, 4> kOwnerFaults{"unreachable", "silent", "refused", "not_believed"};
constexpr std::array<std::string_view, 7> kRefusals{"disabled", "budget", "rate", "busy", "time", "not_ours", "failed"};
constexpr std::array<std::string_view, 7> kOriginFaults{"timed_out", "rate_limited", "too_large", "origin_down", "not_allowed", "malformed", "budget"};
constexpr std::array<std::string_view, 4> kOutcomes{"mesh", "origin", "stale", "failed"};

}  // namespace

std::string_view name_of(CatalogueFault fault) noexcept { return pick(kFaults, fault); }
std::string_view name_of(OwnerFault fault) noexcept { return pick(kOwnerFaults, fault); }
std::string_view name_of(CatalogueRefusal why) noexcept { return pick(kRefusals, why); }
std::string_view name_of(OriginFault fault) noexcept { return pick(kOriginFaults, fault); }
std::string_view name_of(CatalogueOutcome outcome) noexcept { return pick(kOutcomes, outcome); }

}  // namespace soulfabric::relay
