// SPDX-License-Identifier: GPL-3.0-or-later
// One permit pays for one act.
// expect: call to implicitly-deleted copy constructor of 'Permit<SoulseekSearch>'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  Permit<SoulseekSearch> again(*permit);
#else
  Permit<SoulseekSearch> again(std::move(*permit));
#endif
}
