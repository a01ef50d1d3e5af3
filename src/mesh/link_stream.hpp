// SPDX-License-Identifier: GPL-3.0-or-later
// The handle of one stream of a link.
#pragma once
#include "link.hpp"

namespace soulfabric::mesh {

[[nodiscard]] StreamPtr make_link_stream(std::shared_ptr<StreamEnd> end);

}  // namespace soulfabric::mesh
