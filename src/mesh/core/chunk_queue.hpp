// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that wait for a reader, in pieces that are freed as they are read; an empty queue owns nothing.
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::mesh {

class ChunkQueue {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void append(ByteView bytes) {
    size_ += bytes.size();
    if (!chunks_.empty()) {
      Chunk& tail = chunks_.back();
      const std::size_t fits = std::min(bytes.size(), tail.capacity - tail.end);
      if (fits > 0) std::memcpy(tail.bytes.get() + tail.end, bytes.data(), fits);
      tail.end += fits;
      bytes = bytes.subspan(fits);
    }
    while (!bytes.empty()) {
      const std::size_t doubled = chunks_.empty() ? kLeast : chunks_.back().capacity * 2;
      const std::size_t capacity = std::clamp(std::max(bytes.size(), doubled), kLeast, kMost);
      const std::size_t taken = std::min(bytes.size(), capacity);
      Chunk chunk{std::make_unique_for_overwrite<std::uint8_t[]>(capacity), 0, taken, capacity};
      std::memcpy(chunk.bytes.get(), bytes.data(), taken);
      chunks_.push_back(std::move(chunk));
      bytes = bytes.subspan(taken);
    }
  }

  std::size_t take(MutableByteView into) {
    std::size_t done = 0;
    while (done < into.size() && head_ < chunks_.size()) {
      Chunk& chunk = chunks_[head_];
      const std::size_t n = std::min(into.size() - done, chunk.end - chunk.begin);
      std::memcpy(into.data() + done, chunk.bytes.get() + chunk.begin, n);
      chunk.begin += n;
      done += n;
      if (chunk.begin < chunk.end) break;
      chunk.bytes.reset();
      ++head_;
    }
    size_ -= done;
    tidy();
    return done;
  }

  void clear() { *this = ChunkQueue{}; }

 private:
  struct Chunk {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t capacity = 0;
  };
  static constexpr std::size_t kLeast = 256;
  static constexpr std::size_t kMost = 32 * 1024;

  /// Read pieces leave the list when it is empty or when they are the larger half of it.
  void tidy() {
    if (head_ == chunks_.size()) {
      clear();
    } else if (head_ > 16 && head_ > chunks_.size() / 2) {
      chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  std::vector<Chunk> chunks_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace soulfabric::mesh
