// SPDX-License-Identifier: GPL-3.0-or-later
// A permit that nobody takes is a mistake.
// expect: ignoring return value
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  the_guard.try_permit<SoulseekBrowse>({});
#else
  (void)the_guard.try_permit<SoulseekBrowse>({});
#endif
}
