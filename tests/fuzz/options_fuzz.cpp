// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a configuration file: no crash, and what is accepted can be shown, compared and read again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/options_loader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric;
  const std::string yaml = size == 0 ? std::string() : std::string(text_of({data, size}));
  OptionSources sources;
  sources.yaml = yaml;
  const auto loaded = load_options(sources);
  (void)restricted_changes("web:\n  port: 1\n", yaml);
  if (!loaded) {
    if (loaded.error().message.empty()) std::abort();
    return 0;
  }
  if (!changed_options(loaded->options, loaded->options).empty()) std::abort();
  const ConfigNode tree = render_options(loaded->options);
  if (tree.at("web.port") == nullptr) std::abort();
  const auto again = load_options(sources);
  if (!again || !(again->options == loaded->options)) std::abort();
  return 0;
}
