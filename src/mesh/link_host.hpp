// SPDX-License-Identifier: GPL-3.0-or-later
// What a link asks of the room it stands in, and the buffers that all links of a room borrow. Network thread only.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/mesh/stream.hpp"

namespace soulfabric::mesh {

class Link;

/// A few buffers of one size for whoever has bytes on their way; more are made and dropped as needed.
class BufferPool {
 public:
  static constexpr std::size_t kSize = 128 * 1024;

  class Borrowed {
   public:
    Borrowed(BufferPool& pool, Bytes bytes) noexcept : pool_(&pool), bytes_(std::move(bytes)) {}
    Borrowed(Borrowed&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), bytes_(std::move(other.bytes_)) {}
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (pool_ != nullptr) pool_->give_back(std::move(bytes_));
    }
    [[nodiscard]] Bytes& bytes() noexcept { return bytes_; }

   private:
    BufferPool* pool_;
    Bytes bytes_;
  };

  /// kSize bytes of whatever was there before.
  [[nodiscard]] Borrowed borrow() {
    if (free_.empty()) return {*this, Bytes(kSize)};
    Bytes bytes = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(bytes)};
  }
  [[nodiscard]] std::size_t kept() const noexcept { return free_.size(); }

 private:
  static constexpr std::size_t kKept = 4;
  void give_back(Bytes bytes) {
    if (free_.size() >= kKept || bytes.capacity() > 2 * kSize) return;
    bytes.resize(kSize);
    free_.push_back(std::move(bytes));
  }
  std::vector<Bytes> free_;
};

class LinkHost {
 public:
  virtual ~LinkHost() = default;
  [[nodiscard]] virtual IoClock& clock() noexcept = 0;
  [[nodiscard]] virtual TaskScope& scope() noexcept = 0;
  [[nodiscard]] virtual BufferPool& buffers() noexcept = 0;
  /// Plain text on its way through a link; used between two awaits only.
  [[nodiscard]] virtual MutableByteView scratch() noexcept = 0;
  /// The bytes unread on one link changed to `unread`; whether it may hold more: grow its credit, take further streams.
  [[nodiscard]] virtual bool account_unread(std::int64_t change, std::uint64_t unread) noexcept = 0;
  /// The other side opened a stream and said what for. False: nobody speaks that here.
  [[nodiscard]] virtual bool knows(Protocol protocol) const = 0;
  virtual void accept_stream(StreamPtr stream) = 0;
  /// The other side will take no more streams.
  virtual void leaving(Link& link) = 0;
  /// Exactly once for every link that was started.
  virtual void ended(Link& link, const Error& reason) = 0;
  /// The link's times changed: somebody has to look at them.
  virtual void wake() = 0;
};

}  // namespace soulfabric::mesh
