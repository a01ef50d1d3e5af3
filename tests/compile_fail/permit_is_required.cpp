// SPDX-License-Identifier: GPL-3.0-or-later
// An act cannot be asked for without a permit.
// expect: candidate function not viable: requires 2 arguments, but 1 was provided
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

void search(int query, Permit<SoulseekSearch> permit);

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  search(1);
#else
  search(1, std::move(*permit));
#endif
}
