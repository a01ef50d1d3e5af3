// SPDX-License-Identifier: GPL-3.0-or-later
// Plays the songbook onto disk: renders, encodes and lays out what each node shares. Blocking; uses all processors.
#pragma once
#include "demo/demo_folder.hpp"
#include "demo/network_plan.hpp"
#include "demo/songbook.hpp"

namespace soulfabric::daemon::demo {

struct MusicMade {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

/// The album as file name and bytes, cover included. Thread-safe.
[[nodiscard]] Result<std::vector<std::pair<std::string, Bytes>>> make_album(const Album& album);
/// Fills `<node>/music` of every node.
[[nodiscard]] Result<MusicMade> make_music(DemoFolder& folder, const NetworkPlan& plan);

}  // namespace soulfabric::daemon::demo
