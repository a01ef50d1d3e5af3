// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody but guard makes a permit.
// expect: calling a private constructor of class 'soulfabric::guard::Permit<soulfabric::guard::SoulseekSearch>'
#include "soulfabric/guard/permit.hpp"

using namespace soulfabric::guard;

struct Thief {
  Grant* grant = nullptr;
};

void use(Permit<SoulseekSearch> given) {
  auto* const permit = &given;
#ifdef SF_WRONG
  Thief thief;
  Permit<SoulseekSearch> mine(std::move(*thief.grant));
#else
  Thief thief;
  Permit<SoulseekSearch> mine(std::move(*permit));
#endif
}
