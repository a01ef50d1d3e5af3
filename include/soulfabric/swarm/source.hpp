// SPDX-License-Identifier: GPL-3.0-or-later
// One source of a content, as the swarm sees it (architecture, section 10). Network thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/library/manifest.hpp"

namespace soulfabric::swarm {

/// What a source did wrong, as far as it can be proven against what it stated itself (security rule S11).
enum class Fault : std::uint8_t {
  WrongBytes,  // a piece that does not fit the root it stated
  FalseRoot,   // the whole file, made of pieces that fit its root, is not the content that was asked for
  Malformed,
  Slow,        // no violation: only no longer asked
  Silent,      // no violation: given up, for it sent nothing while it was asked
};

class PieceSource {
 public:
  virtual ~PieceSource() = default;
  /// For the page: which source this is.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// The node behind it, as text; empty where it is none of the mesh.
  [[nodiscard]] virtual std::string peer() const { return {}; }
  /// This, `is_reputable` and `depth` are asked again once it is open. Sources of one network and one prefix are not independent of each other (security rule S11).
  [[nodiscard]] virtual std::string prefix() const = 0;
  [[nodiscard]] virtual bool is_reputable() const = 0;
  /// Begins the conversation: what it states of the content. The manifest is checked in itself. NotFound: it refuses (the one refusal).
  [[nodiscard]] virtual Task<Result<library::Manifest>> open(library::ContentId want, MonoTime deadline) = 0;
  /// One piece, whole, into `into`. Several may be asked for before the first has come (at most `depth()`); they come in order.
  /// `arrived` is told of each part of it, so that a slow one is seen before its piece is there; of 0 bytes where something else came
  /// (the rest of a piece that was given up). A fetch that is cancelled was given up; others may be asked for after it.
  [[nodiscard]] virtual Task<Status> fetch(std::uint64_t piece, MutableByteView into, std::function<void(std::size_t)> arrived,
                                           MonoTime deadline) = 0;
  [[nodiscard]] virtual std::size_t depth() const { return 2; }
  /// Charged where it is one of the proven faults; a verified piece counts for its good.
  virtual void blame(Fault fault) = 0;
  virtual void praise() = 0;
  virtual void close() = 0;
};

}  // namespace soulfabric::swarm
