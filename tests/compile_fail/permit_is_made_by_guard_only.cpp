// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody but guard makes a permit.
// expect: calling a private constructor of class 'soulfabric::guard::Permit<soulfabric::guard::SoulseekSearch>'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

struct Thief {
  Grant* grant = nullptr;
};

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  Thief thief;
  Permit<SoulseekSearch> mine(std::move(*thief.grant));
#else
  Thief thief;
  Permit<SoulseekSearch> mine(std::move(*permit));
#endif
}
