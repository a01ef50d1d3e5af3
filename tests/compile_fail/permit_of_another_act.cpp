// SPDX-License-Identifier: GPL-3.0-or-later
// A permit for one act does not buy another.
// expect: no known conversion from 'Permit<soulfabric::guard::SoulseekSearch>' to 'Permit<SoulseekBrowse>'
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

void search(Permit<SoulseekSearch> permit);
void browse(Permit<SoulseekBrowse> permit);

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  browse(std::move(*permit));
#else
  search(std::move(*permit));
#endif
}
