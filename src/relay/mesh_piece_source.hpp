// SPDX-License-Identifier: GPL-3.0-or-later
// A node of the mesh as a source for the swarm: one stream, pieces asked for ahead and read in their order. Network thread only.
#pragma once
#include <array>
#include <list>
#include <optional>

#include "soulfabric/relay/content.hpp"
#include "soulfabric/swarm/source.hpp"
#include "wire/content_frames.hpp"

namespace soulfabric::relay {

struct MeshSourceDependencies {
  IoClock& clock;
  guard::Guard& guard;
  fabric::Fabric& fabric;
  mesh::Links& links;
  mesh::PeerBook& peers;
  std::uint64_t& fetched_bytes;  // counted here
  FetchFaults& faults;           // the same
};

class MeshPieceSource final : public swarm::PieceSource {
 public:
  MeshPieceSource(MeshSourceDependencies dependencies, PeerId peer, guard::Origin origin);
  MeshPieceSource(const MeshPieceSource&) = delete;
  MeshPieceSource& operator=(const MeshPieceSource&) = delete;
  ~MeshPieceSource() override;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::string peer() const override { return std::string(peer_.text()); }
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
  /// A piece that was asked for and has not come whole. Without a turn nobody wants it any more: it is read and dropped.
  struct Due {
    PieceHead head;
    const Turn* turn = nullptr;
    bool asked = false;
    std::array<std::uint8_t, kPieceHead> head_bytes{};
    std::size_t head_read = 0;
    std::uint64_t body_read = 0;
  };
  [[nodiscard]] Task<Result<library::Manifest>> read_manifest(library::ContentId want, MonoTime deadline);
  [[nodiscard]] Task<Status> ask(Due& due, MonoTime deadline);
  [[nodiscard]] Task<Status> wait_for_turn(Due& due, MonoTime deadline);
  [[nodiscard]] Task<Status> read_head(Due& due, MonoTime deadline);
  [[nodiscard]] Task<Status> receive(Due& due, MutableByteView into, std::function<void(std::size_t)> arrived, MonoTime deadline);
  [[nodiscard]] Task<Status> drop_unwanted(MonoTime deadline);
  void note(const Error& why, bool in_a_piece);
  void fail_all(Error why);
  [[nodiscard]] std::optional<IpAddress> address() const;

  MeshSourceDependencies deps_;
  PeerId peer_;
  guard::Origin origin_;
  std::string name_;
  mesh::StreamPtr stream_;
  std::uint64_t piece_length_ = 0;
  std::list<Due> due_;  // in the order in which they were asked for
  bool writing_ = false;
  Notifier turned_;
  std::optional<Error> broken_;  // why nothing more comes
};

}  // namespace soulfabric::relay
