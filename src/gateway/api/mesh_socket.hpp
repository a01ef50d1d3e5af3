// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of a mesh service behind a WebSocket. Frame boundaries mean nothing: both sides are byte streams. Network thread only.
#pragma once
#include "http/binary_source.hpp"
#include "soulfabric/mesh/stream.hpp"

namespace soulfabric::gateway {

class MeshSocket final : public BinarySource {
 public:
  MeshSocket(IoClock& clock, mesh::StreamPtr stream) : clock_(clock), stream_(std::move(stream)) {}
  [[nodiscard]] Task<std::optional<std::string>> next() override;
  [[nodiscard]] Task<bool> take(std::string bytes) override;
  void end() override;

 private:
  IoClock& clock_;
  mesh::StreamPtr stream_;
  bool ended_ = false;
};

}  // namespace soulfabric::gateway
