// SPDX-License-Identifier: GPL-3.0-or-later
// A permit does not come from nothing.
// expect: no matching constructor for initialization of 'Permit<SoulseekSearch>'
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  Permit<SoulseekSearch> mine;
#else
  Permit<SoulseekSearch> mine(std::move(*permit));
#endif
}
