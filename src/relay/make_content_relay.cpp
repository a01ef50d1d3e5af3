// SPDX-License-Identifier: GPL-3.0-or-later
// The content relay with the swarm's own downloads.
#include "content_room.hpp"

namespace soulfabric::relay {

std::unique_ptr<ContentRelay> make_content_relay(ContentDependencies dependencies, ContentSettings settings) {
  const MakeDownload make = [needs = swarm::SwarmDependencies{dependencies.context, dependencies.clock, dependencies.random, dependencies.workers,
                                                              dependencies.files}](swarm::DownloadRequest request,
                                                                                   const swarm::SwarmSettings& swarm_settings) {
    return swarm::make_download(needs, std::move(request), swarm_settings);
  };
  return std::make_unique<ContentRoom>(std::move(dependencies), settings, make);
}

}  // namespace soulfabric::relay
