// SPDX-License-Identifier: GPL-3.0-or-later
// What a demo is asked for on its command line. Pure.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::daemon::demo {

struct DemoOptions {
  std::filesystem::path folder;
  unsigned base_port = 0;
  std::size_t nodes = 5;
  unsigned record_life = 60;  // seconds
};

/// `arguments` without program and subcommand. InvalidArgument with a sentence that names the option.
[[nodiscard]] Result<DemoOptions> parse_demo_options(const std::vector<std::string>& arguments);

}  // namespace soulfabric::daemon::demo
