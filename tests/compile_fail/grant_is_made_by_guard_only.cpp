// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody but guard fills in what a permit is worth.
// expect: calling a private constructor of class 'soulfabric::guard::Grant'
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

Ledger* ledger = nullptr;

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  Grant grant(*ledger, Reservation{});
#else
  Reservation reservation{};
#endif
}
