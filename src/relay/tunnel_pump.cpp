// SPDX-License-Identifier: GPL-3.0-or-later
// One coroutine per direction.
#include "tunnel_pump.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

namespace soulfabric::relay {
namespace {

constexpr std::chrono::seconds kFinishTime{10};  // for an end to be passed on

/// A buffer as long as this lives.
class HeldBuffer {
 public:
  explicit HeldBuffer(PumpBuffers& buffers) : buffers_(buffers), buffer_(buffers.take()) {}
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;
  ~HeldBuffer() { buffers_.give_back(std::move(buffer_)); }
  [[nodiscard]] MutableByteView view() const noexcept { return {buffer_.get(), PumpBuffers::kSize}; }

 private:
  PumpBuffers& buffers_;
  PumpBuffers::Buffer buffer_;
};

/// A peer that waits for its turn, as long as this lives.
class Waiting {
 public:
  Waiting(FairBytes& bytes, PeerId peer) : bytes_(bytes), peer_(peer) { bytes_.wait(peer_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { bytes_.leave(peer_); }

 private:
  FairBytes& bytes_;
  PeerId peer_;
};

/// How many bytes may be read now: at least one, at most a buffer.
Task<std::size_t> allowance(IoClock& clock, FairBytes& bytes, PeerId peer) {
  auto taken = bytes.take(peer, clock.now(), PumpBuffers::kSize);
  if (taken.granted > 0) co_return static_cast<std::size_t>(taken.granted);
  const Waiting waiting(bytes, peer);
  while (taken.granted == 0) {
    co_await clock.sleep_until(taken.retry_at);
    taken = bytes.take(peer, clock.now(), PumpBuffers::kSize);
  }
  co_return static_cast<std::size_t>(taken.granted);
}

struct Way {
  net::ByteStream& from;
  net::ByteStream& to;
  FairBytes& bytes;
  std::uint64_t& counted;
};

/// True: an orderly end, passed on.
Task<bool> copy(PumpRoom& room, TunnelEntry& entry, Way way) {
  for (;;) {
    const auto ready = co_await way.from.wait_readable(kNever);
    if (!ready) co_return false;
    const std::size_t may = co_await allowance(room.clock, way.bytes, entry.peer);
    const HeldBuffer held(room.buffers);
    const auto got = co_await way.from.read_some(held.view().first(may), kNever);
    way.bytes.refund(may - got.value_or(0));
    if (!got && got.error().code != Errc::Closed) co_return false;
    if (!got) break;
    entry.moved = room.clock.now();
    way.counted += *got;
    const auto written = co_await way.to.write(held.view().first(*got), kNever);
    if (!written) co_return false;
    entry.moved = room.clock.now();
  }
  const auto passed_on = co_await way.to.finish(room.clock.now() + kFinishTime);
  co_return passed_on.has_value();
}

Task<void> run_way(PumpRoom& room, TunnelEntry& entry, Way way) {
  const bool orderly = co_await copy(room, entry, way);
  if (orderly) {
    entry.state = entry.state == TunnelState::Open ? TunnelState::HalfClosed : TunnelState::Closing;
    co_return;
  }
  entry.state = TunnelState::Closing;
  way.from.close();
  way.to.close();
}

}  // namespace

PumpBuffers::Buffer PumpBuffers::take() {
  if (free_.empty()) return std::make_unique_for_overwrite<std::uint8_t[]>(kSize);
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void PumpBuffers::give_back(Buffer buffer) {
  if (free_.size() < kKept) free_.push_back(std::move(buffer));
}

Task<void> pump_both_ways(PumpRoom& room, std::shared_ptr<TunnelEntry> entry, net::ByteStream& peer, net::ByteStream& target) {
  using namespace boost::asio::experimental::awaitable_operators;
  const Way in{peer, target, room.inward, entry->bytes_in};
  const Way out{target, peer, room.outward, entry->bytes_out};
  entry->state = TunnelState::Open;
  co_await (run_way(room, *entry, in) && run_way(room, *entry, out));
}

}  // namespace soulfabric::relay
