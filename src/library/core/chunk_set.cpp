// SPDX-License-Identifier: GPL-3.0-or-later
// Intersections and differences within one chunk.
#include <algorithm>

#include "core/postings.hpp"

namespace soulfabric::library {
namespace {

std::uint32_t entry(const Container& container, std::size_t i) noexcept { return load<std::uint16_t>(container.data + 2 * i); }

FileRun run(const Container& container, std::size_t i) noexcept {
  const std::uint32_t first = entry(container, 2 * i);
  return {first, std::min(first + entry(container, 2 * i + 1) + 1, kChunkFiles)};
}

bool stored_bit(const std::uint8_t* bytes, std::uint32_t i) noexcept { return ((bytes[i / 8] >> (i % 8)) & 1U) != 0; }

/// First place at or after `from` whose entry is not below `value`.
std::size_t gallop(const Container& container, std::size_t from, std::uint32_t value) noexcept {
  std::size_t step = 1;
  while (from + step < container.count && entry(container, from + step) < value) step *= 2;
  std::size_t low = from + step / 2;
  for (std::size_t high = std::min<std::size_t>(from + step, container.count); low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (entry(container, middle) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

void ChunkSet::fill() noexcept {
  is_bitmap_ = true;
  bits_.fill(~std::uint64_t{0});
}

void ChunkSet::set_range(std::uint32_t first, std::uint32_t end) noexcept {
  for (; first < end && first % 64 != 0; ++first) bits_[first / 64] |= std::uint64_t{1} << (first % 64);
  for (; first + 64 <= end; first += 64) bits_[first / 64] = ~std::uint64_t{0};
  for (; first < end; ++first) bits_[first / 64] |= std::uint64_t{1} << (first % 64);
}

void ChunkSet::clear_range(std::uint32_t first, std::uint32_t end) noexcept {
  for (; first < end && first % 64 != 0; ++first) bits_[first / 64] &= ~(std::uint64_t{1} << (first % 64));
  for (; first + 64 <= end; first += 64) bits_[first / 64] = 0;
  for (; first < end; ++first) bits_[first / 64] &= ~(std::uint64_t{1} << (first % 64));
}

void ChunkSet::assign(const Container& container) noexcept {
  size_ = 0;
  is_bitmap_ = container.kind == ContainerKind::Bitmap;
  if (is_bitmap_) {
    std::memcpy(bits_.data(), container.data, sizeof bits_);
    return;
  }
  if (container.kind == ContainerKind::Array) {
    size_ = std::min<std::size_t>(container.count, kCapacity);
    std::memcpy(array_.data(), container.data, size_ * sizeof(std::uint16_t));
    return;
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < container.count; ++i) total += run(container, i).end - run(container, i).first;
  is_bitmap_ = total > kCapacity;
  if (is_bitmap_) bits_.fill(0);
  for (std::size_t i = 0; i < container.count; ++i) {
    const FileRun files = run(container, i);
    if (is_bitmap_) {
      set_range(files.first, files.end);
    } else {
      for (std::uint32_t id = files.first; id < files.end; ++id) array_[size_++] = static_cast<std::uint16_t>(id);
    }
  }
}

void ChunkSet::intersect_array(const Container& container) noexcept {
  std::size_t kept = 0;
  std::size_t j = 0;
  if (container.count > size_ * 16) {
    for (std::size_t i = 0; i < size_; ++i) {
      j = gallop(container, j, array_[i]);
      if (j == container.count) break;
      if (entry(container, j) == array_[i]) array_[kept++] = array_[i];
    }
  } else {
    for (std::size_t i = 0; i < size_ && j < container.count;) {
      const std::uint32_t ours = array_[i];
      const std::uint32_t theirs = entry(container, j);
      array_[kept] = static_cast<std::uint16_t>(ours);  // kept <= i: nothing unread is overwritten
      kept += ours == theirs ? 1U : 0U;
      i += ours <= theirs ? 1U : 0U;
      j += theirs <= ours ? 1U : 0U;
    }
  }
  size_ = kept;
}

void ChunkSet::filter_array(const Container& container, bool wanted) noexcept {
  std::size_t kept = 0;
  std::size_t j = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::uint32_t id = array_[i];
    bool is_in = false;
    if (container.kind == ContainerKind::Bitmap) {
      is_in = stored_bit(container.data, id);
    } else if (container.kind == ContainerKind::Array) {
      while (j < container.count && entry(container, j) < id) ++j;
      is_in = j < container.count && entry(container, j) == id;
    } else {
      while (j < container.count && run(container, j).end <= id) ++j;
      is_in = j < container.count && run(container, j).first <= id;
    }
    array_[kept] = array_[i];
    kept += is_in == wanted ? 1U : 0U;
  }
  size_ = kept;
}

void ChunkSet::intersect(const Container& container) noexcept {
  if (!is_bitmap_) {
    if (container.kind == ContainerKind::Array) return intersect_array(container);
    return filter_array(container, true);
  }
  if (container.kind == ContainerKind::Bitmap) {
    for (std::size_t w = 0; w < kChunkWords; ++w) bits_[w] &= load<std::uint64_t>(container.data + 8 * w);
  } else if (container.kind == ContainerKind::Array) {
    size_ = 0;
    for (std::size_t i = 0; i < container.count; ++i) {
      array_[size_] = static_cast<std::uint16_t>(entry(container, i));
      size_ += has_bit(entry(container, i)) ? 1U : 0U;
    }
    is_bitmap_ = false;
  } else {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < container.count; ++i) {
      const FileRun files = run(container, i);
      clear_range(at, files.first);
      at = std::max(at, files.end);
    }
    clear_range(at, kChunkFiles);
  }
}

void ChunkSet::subtract(const Container& container) noexcept {
  if (!is_bitmap_) return filter_array(container, false);
  if (container.kind == ContainerKind::Bitmap) {
    for (std::size_t w = 0; w < kChunkWords; ++w) bits_[w] &= ~load<std::uint64_t>(container.data + 8 * w);
  } else if (container.kind == ContainerKind::Array) {
    for (std::size_t i = 0; i < container.count; ++i) clear_range(entry(container, i), entry(container, i) + 1);
  } else {
    for (std::size_t i = 0; i < container.count; ++i) clear_range(run(container, i).first, run(container, i).end);
  }
}

void ChunkSet::intersect_words(ByteView words) noexcept {
  if (is_bitmap_) {
    const std::size_t covered = std::min(words.size() / 8, kChunkWords);
    for (std::size_t w = 0; w < covered; ++w) bits_[w] &= load<std::uint64_t>(words.data() + 8 * w);
    for (std::size_t w = covered; w < kChunkWords; ++w) bits_[w] = 0;
    return;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::uint32_t id = array_[i];
    array_[kept] = array_[i];
    kept += id / 8 < words.size() && stored_bit(words.data(), id) ? 1U : 0U;
  }
  size_ = kept;
}

void ChunkSet::subtract_words(ByteView words) noexcept {
  if (is_bitmap_) {
    const std::size_t covered = std::min(words.size() / 8, kChunkWords);
    for (std::size_t w = 0; w < covered; ++w) bits_[w] &= ~load<std::uint64_t>(words.data() + 8 * w);
    return;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::uint32_t id = array_[i];
    array_[kept] = array_[i];
    kept += id / 8 < words.size() && stored_bit(words.data(), id) ? 0U : 1U;
  }
  size_ = kept;
}

void ChunkSet::subtract(const ChunkSet& other) noexcept {
  Container container;
  container.kind = other.is_bitmap_ ? ContainerKind::Bitmap : ContainerKind::Array;
  container.count = static_cast<std::uint32_t>(other.size_);
  container.data = other.is_bitmap_ ? reinterpret_cast<const std::uint8_t*>(other.bits_.data())
                                    : reinterpret_cast<const std::uint8_t*>(other.array_.data());
  subtract(container);
}

}  // namespace soulfabric::library
