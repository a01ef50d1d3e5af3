// SPDX-License-Identifier: GPL-3.0-or-later
// Before the start: can we use the folders that the settings name, and if not, which, as whom, and what to do.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "soulfabric/base/options.hpp"

namespace soulfabric::daemon {

struct Preflight {
  std::vector<std::string> errors;    // the start must not go on
  std::vector<std::string> warnings;  // it can, without what they name
};

/// Creates the application folder and what lies in it by default; folders that the user named must be there. Blocking.
[[nodiscard]] Preflight prepare_folders(const Options& options, const std::filesystem::path& app_dir);

}  // namespace soulfabric::daemon
