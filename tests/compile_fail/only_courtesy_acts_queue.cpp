// SPDX-License-Identifier: GPL-3.0-or-later
// Only acts under a courtesy limit wait in the queue.
// expect: no matching member function for call to 'enqueue'
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

void use(Guard& the_guard) {
  auto permit = the_guard.try_permit<SoulseekSearch>({});
#ifdef SF_WRONG
  auto ticket = the_guard.enqueue<SoulseekMessage>(ActRequest{});
#else
  auto ticket = the_guard.enqueue<SoulseekBrowse>(ActRequest{});
#endif
}
