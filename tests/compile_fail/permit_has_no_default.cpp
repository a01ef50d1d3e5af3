// SPDX-License-Identifier: GPL-3.0-or-later
// A permit does not come from nothing.
// expect: no matching constructor for initialization of 'Permit<SoulseekSearch>'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  Permit<SoulseekSearch> mine;
#else
  Permit<SoulseekSearch> mine(std::move(*permit));
#endif
}
