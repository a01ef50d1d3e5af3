// SPDX-License-Identifier: GPL-3.0-or-later
// The tunnels that stand, how many a peer may have, and which have been silent for too long. Pure; `now` is passed in.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

enum class TunnelSide : std::uint8_t { Near, Far, Middle };
enum class TunnelState : std::uint8_t { Opening, Open, HalfClosed, Closing };
[[nodiscard]] std::string_view name_of(TunnelState state) noexcept;
enum class NoPlace : std::uint8_t { PerPeer, Total };

/// One tunnel, as long as somebody serves it.
struct TunnelEntry {
  std::uint64_t id = 0;
  TunnelSide side = TunnelSide::Near;
  PeerId peer{};
  std::optional<PeerId> via{};
  std::string target{};
  std::string forward{};
  MonoTime began{};
  MonoTime moved{};             // when a byte last went either way
  std::uint64_t bytes_in = 0;   // from the peer
  std::uint64_t bytes_out = 0;  // to the peer
  TunnelState state = TunnelState::Opening;
  std::function<void()> close{};  // ends its streams; whoever serves it then leaves
};

struct TunnelLimits {
  std::size_t per_peer = 4;
  std::size_t total = 20;  // of far side and middle together; the near side has a place for each it may open at one peer
  Duration idle = std::chrono::seconds(120);
};

class TunnelBook {
 public:
  void configure(const TunnelLimits& limits) { limits_ = limits; }
  [[nodiscard]] const TunnelLimits& limits() const noexcept { return limits_; }
  /// Whether one more of this peer has a place.
  [[nodiscard]] std::optional<NoPlace> refuses(TunnelSide side, const PeerId& peer) const;
  /// Counts from here on until `leave`. The entry stays where it is.
  [[nodiscard]] std::shared_ptr<TunnelEntry> enter(TunnelEntry entry, MonoTime now);
  void leave(std::uint64_t id);
  [[nodiscard]] TunnelEntry* find(std::uint64_t id);
  /// Closed already, and not yet left, ones among them.
  [[nodiscard]] std::vector<std::shared_ptr<TunnelEntry>> all() const;
  [[nodiscard]] std::size_t count(TunnelSide side, const PeerId& peer) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Those that were silent for the idle time.
  [[nodiscard]] std::vector<std::shared_ptr<TunnelEntry>> silent(MonoTime now) const;
  /// When the next one may be; MonoTime::max() where there is none.
  [[nodiscard]] MonoTime next_silence() const;
  [[nodiscard]] std::uint64_t bytes() const noexcept;  // of all there ever were
  [[nodiscard]] std::uint64_t opened() const noexcept { return last_id_; }

 private:
  TunnelLimits limits_;
  std::map<std::uint64_t, std::shared_ptr<TunnelEntry>> entries_;
  std::uint64_t last_id_ = 0;
  std::uint64_t past_bytes_ = 0;
};

}  // namespace soulfabric::relay
