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

/// A few buffers for whoever has bytes on their way; more are made and dropped as needed.
class BufferPool {
 public:
  static constexpr std::size_t kSize = 128 * 1024;

  class Borrowed {
   public:
    Borrowed(std::vector<Bytes>& home, Bytes bytes) noexcept : home_(&home), bytes_(std::move(bytes)) {}
    Borrowed(Borrowed&& other) noexcept : home_(std::exchange(other.home_, nullptr)), bytes_(std::move(other.bytes_)) {}
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (home_ != nullptr && home_->size() < kKept && bytes_.capacity() <= 2 * kSize) home_->push_back(std::move(bytes_));
    }
    [[nodiscard]] Bytes& bytes() noexcept { return bytes_; }

   private:
    std::vector<Bytes>* home_;
    Bytes bytes_;
  };

  /// kSize bytes of whatever was there before, to be read into; never resized by the borrower.
  [[nodiscard]] Borrowed borrow_full() {
    Bytes bytes = take(full_);
    bytes.resize(kSize);
    return {full_, std::move(bytes)};
  }
  /// Empty, to be appended to.
  [[nodiscard]] Borrowed borrow_empty() {
    Bytes bytes = take(empty_);
    bytes.clear();
    return {empty_, std::move(bytes)};
  }

 private:
  static constexpr std::size_t kKept = 3;
  static Bytes take(std::vector<Bytes>& from) {
    if (from.empty()) return {};
    Bytes bytes = std::move(from.back());
    from.pop_back();
    return bytes;
  }
  std::vector<Bytes> full_;
  std::vector<Bytes> empty_;
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
