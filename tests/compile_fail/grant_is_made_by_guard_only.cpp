// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody but guard fills in what a permit is worth.
// expect: calling a private constructor of class 'soulfabric::guard::Grant'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

Ledger* ledger = nullptr;

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  Grant grant(*ledger, Reservation{});
#else
  Reservation reservation{};
#endif
}
