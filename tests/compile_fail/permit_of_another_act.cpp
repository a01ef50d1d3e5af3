// SPDX-License-Identifier: GPL-3.0-or-later
// A permit for one act does not buy another.
// expect: no known conversion from 'Permit<soulfabric::guard::SoulseekSearch>' to 'Permit<SoulseekBrowse>'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

void search(Permit<SoulseekSearch> permit);
void browse(Permit<SoulseekBrowse> permit);

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  browse(std::move(*permit));
#else
  search(std::move(*permit));
#endif
}
