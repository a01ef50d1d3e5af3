// SPDX-License-Identifier: GPL-3.0-or-later
// One permit pays for one act.
// expect: call to implicitly-deleted copy constructor of 'Permit<SoulseekSearch>'
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  Permit<SoulseekSearch> again(*permit);
#else
  Permit<SoulseekSearch> again(std::move(*permit));
#endif
}
