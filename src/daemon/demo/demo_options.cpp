// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's command line.
#include "demo/demo_options.hpp"

#include "demo/network_plan.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::uint64_t kLeastRecordLife = 20;  // as mesh.record_life has it
constexpr std::uint64_t kMostRecordLife = 3600;

}  // namespace

Result<DemoOptions> parse_demo_options(const std::vector<std::string>& arguments) {
  DemoOptions out;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto& flag = arguments[i];
    if (i + 1 == arguments.size()) return fail(Errc::InvalidArgument, flag + " wants a value, see 'soulfabric demo --help'");
    const auto& value = arguments[i + 1];
    const auto number = parse_u64(value);
    if (flag == "--dir") {
      out.folder = value;
    } else if (flag == "--base-port" && number && *number <= 65535) {
      out.base_port = static_cast<unsigned>(*number);
    } else if (flag == "--nodes" && number && *number <= kMostNodes) {
      out.nodes = static_cast<std::size_t>(*number);
    } else if (flag == "--record-life" && number && *number >= kLeastRecordLife && *number <= kMostRecordLife) {
      out.record_life = static_cast<unsigned>(*number);
    } else {
      return fail(Errc::InvalidArgument, flag + " " + value + " is not understood, see 'soulfabric demo --help'");
    }
  }
  if (out.folder.empty()) return fail(Errc::InvalidArgument, "the demo wants --dir DIR, an empty or new folder");
  if (out.base_port == 0) return fail(Errc::InvalidArgument, "the demo wants --base-port N, the first of the ports it may use");
  return out;
}

}  // namespace soulfabric::daemon::demo
