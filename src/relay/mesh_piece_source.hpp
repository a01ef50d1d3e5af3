// SPDX-License-Identifier: GPL-3.0-or-later
// A node of the mesh as a source for the swarm: one stream, pieces asked for ahead and read in their order. Network thread only.
#pragma once
#include <deque>
#include <optional>

#include "soulfabric/relay/content.hpp"
#include "soulfabric/swarm/source.hpp"

namespace soulfabric::relay {

struct MeshSourceDependencies {
  IoClock& clock;
  guard::Guard& guard;
  fabric::Fabric& fabric;
  mesh::Links& links;
  mesh::PeerBook& peers;
  std::uint64_t& fetched_bytes;  // counted here
};

class MeshPieceSource final : public swarm::PieceSource {
 public:
  MeshPieceSource(MeshSourceDependencies dependencies, PeerId peer, guard::Origin origin);
  MeshPieceSource(const MeshPieceSource&) = delete;
  MeshPieceSource& operator=(const MeshPieceSource&) = delete;
  ~MeshPieceSource() override;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::string prefix() const override;
  [[nodiscard]] bool is_reputable() const override;
  /// Also Unavailable: the other node has no place for us now; Offline, TimedOut, Malformed.
  [[nodiscard]] Task<Result<library::Manifest>> open(library::ContentId want, MonoTime deadline) override;
  [[nodiscard]] Task<Status> fetch(std::uint64_t piece, MutableByteView into, std::function<void(std::size_t)> arrived,
                                   MonoTime deadline) override;
  [[nodiscard]] std::size_t depth() const override;
  void blame(swarm::Fault fault) override;
  void praise() override;
  void close() override;

 private:
  class Turn;
  [[nodiscard]] Task<Result<library::Manifest>> read_manifest(library::ContentId want, MonoTime deadline);
  [[nodiscard]] Task<Status> ask(Turn& turn, std::uint32_t piece, MonoTime deadline);
  [[nodiscard]] Task<Status> receive(std::uint32_t piece, MutableByteView into, std::function<void(std::size_t)> arrived, MonoTime deadline);
  void fail_all(Error why);
  [[nodiscard]] std::optional<IpAddress> address() const;

  MeshSourceDependencies deps_;
  PeerId peer_;
  guard::Origin origin_;
  std::string name_;
  mesh::StreamPtr stream_;
  std::uint64_t piece_length_ = 0;
  std::deque<const Turn*> waiting_;  // in the order in which they asked
  bool writing_ = false;
  Notifier turned_;
  std::optional<Error> broken_;  // why nothing more comes
};

}  // namespace soulfabric::relay
