// SPDX-License-Identifier: GPL-3.0-or-later
// Texts made from the table of settings; the committed example file and guide are compared with them by a test.
#pragma once
#include <string>

#include "config/schema.hpp"

namespace soulfabric::config {

/// A default as it would be written in YAML; "~" for none.
[[nodiscard]] std::string default_text(const Setting& setting);
[[nodiscard]] std::string make_example();
/// Markdown.
[[nodiscard]] std::string make_settings_table();

}  // namespace soulfabric::config
