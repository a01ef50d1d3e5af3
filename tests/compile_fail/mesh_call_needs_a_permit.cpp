// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody calls another node without a permit.
// expect: no viable conversion from 'int' to 'guard::Permit<guard::MeshCall>'
#include "soulfabric/fabric/fabric.hpp"

using namespace soulfabric;

void use(fabric::Fabric& fabric, guard::Permit<guard::MeshCall> permit) {
#ifdef SF_WRONG
  auto call = fabric.call(0, "pods", "List", {}, {});
#else
  auto call = fabric.call(std::move(permit), "pods", "List", {}, {});
#endif
}
