// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody but the gate gives a place to a socket.
// expect: calling a private constructor of class 'soulfabric::guard::ConnectionSlot'
#include "soulfabric/guard/connection_gate.hpp"

using namespace soulfabric;
using namespace soulfabric::guard;

ConnectionGate* gate = nullptr;

void use() {
#ifdef SF_WRONG
  ConnectionSlot slot(*gate, IpAddress(), true);
#else
  auto slot = gate->accept(IpAddress(), MonoTime());
#endif
}
