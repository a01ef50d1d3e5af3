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

/// First run at or after `from` that ends beyond `value`.
std::size_t find_run(const Container& container, std::size_t from, std::uint32_t value) noexcept {
  std::size_t step = 1;
  while (from + step < container.count && run(container, from + step).end <= value) step *= 2;
  std::size_t low = from + step / 2;
  for (std::size_t high = std::min<std::size_t>(from + step, container.count); low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (run(container, middle).end <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::size_t ChunkSet::find_entry(std::size_t from, std::uint32_t value) const noexcept {
  std::size_t step = 1;
  while (from + step < size_ && array_[from + step] < value) step *= 2;
  const auto* begin = array_.data() + std::min(from + step / 2, size_);
  const auto* end = array_.data() + std::min(from + step, size_);
  return static_cast<std::size_t>(std::lower_bound(begin, end, value) - array_.data());
}

void ChunkSet::set_range(std::uint32_t first, std::uint32_t end) noexcept {
  if (first >= end) return;
  const std::uint32_t last = end - 1;
  const std::uint64_t head = ~std::uint64_t{0} << (first % 64);
  const std::uint64_t tail = ~std::uint64_t{0} >> (63 - last % 64);
  if (first / 64 == last / 64) {
    bits_[first / 64] |= head & tail;
    return;
  }
  bits_[first / 64] |= head;
  for (std::uint32_t w = first / 64 + 1; w < last / 64; ++w) bits_[w] = ~std::uint64_t{0};
  bits_[last / 64] |= tail;
}

void ChunkSet::clear_range(std::uint32_t first, std::uint32_t end) noexcept {
  if (first >= end) return;
  const std::uint32_t last = end - 1;
  const std::uint64_t head = ~std::uint64_t{0} << (first % 64);
  const std::uint64_t tail = ~std::uint64_t{0} >> (63 - last % 64);
  if (first / 64 == last / 64) {
    bits_[first / 64] &= ~(head & tail);
    return;
  }
  bits_[first / 64] &= ~head;
  for (std::uint32_t w = first / 64 + 1; w < last / 64; ++w) bits_[w] = 0;
  bits_[last / 64] &= ~tail;
}

void ChunkSet::assign_both(const Container& a, const Container& b) noexcept {
  if (a.kind != ContainerKind::Bitmap || b.kind != ContainerKind::Bitmap) {
    assign(a);
    intersect(b);
    return;
  }
  is_bitmap_ = true;
  for (std::size_t w = 0; w < kChunkWords; ++w) bits_[w] = load<std::uint64_t>(a.data + 8 * w) & load<std::uint64_t>(b.data + 8 * w);
}

void ChunkSet::clear() noexcept {
  is_bitmap_ = true;
  bits_.fill(0);
}

void ChunkSet::unite(const Container& container) noexcept {
  if (container.kind == ContainerKind::Bitmap) {
    for (std::size_t w = 0; w < kChunkWords; ++w) bits_[w] |= load<std::uint64_t>(container.data + 8 * w);
  } else if (container.kind == ContainerKind::Array) {
    for (std::size_t i = 0; i < container.count; ++i) bits_[entry(container, i) / 64] |= std::uint64_t{1} << (entry(container, i) % 64);
  } else {
    for (std::size_t i = 0; i < container.count; ++i) set_range(run(container, i).first, run(container, i).end);
  }
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

void ChunkSet::probe_array(bool wanted) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const bool is_in = has_bit(array_[i]);
    array_[kept] = array_[i];
    kept += is_in == wanted ? 1U : 0U;
  }
  size_ = kept;
}

void ChunkSet::filter_array(const Container& container, bool wanted) noexcept {
  std::size_t kept = 0;
  if (container.kind == ContainerKind::Bitmap) {
    for (std::size_t i = 0; i < size_; ++i) {
      const bool is_in = stored_bit(container.data, array_[i]);
      array_[kept] = array_[i];
      kept += is_in == wanted ? 1U : 0U;
    }
    size_ = kept;
    return;
  }
  // Searching costs some 12 ns an entry and stalls on what it finds; a bitmap costs some 60 ns and 1 to 3 ns for whatever it is made of.
  const std::size_t marking = 60 + container.count * (container.kind == ContainerKind::Runs ? 3U : 1U);
  if (std::min<std::size_t>(size_, container.count) * 12 > marking) {
    bits_.fill(0);
    unite(container);
    return probe_array(wanted);
  }
  // Entries between two borders are all in or all out: step from border to border, not from entry to entry.
  const bool is_runs = container.kind == ContainerKind::Runs;
  std::size_t i = 0;
  const auto skip_to = [&](std::uint32_t border, bool keep) {
    const std::size_t next = find_entry(i, border);
    if (keep && kept != i) std::memmove(&array_[kept], &array_[i], (next - i) * sizeof(std::uint16_t));
    kept += keep ? next - i : 0;
    i = next;
  };
  for (std::size_t j = 0; i < size_; ++j) {
    j = is_runs ? find_run(container, j, array_[i]) : gallop(container, j, array_[i]);
    if (j >= container.count) break;
    const FileRun files = is_runs ? run(container, j) : FileRun{entry(container, j), entry(container, j) + 1};
    skip_to(files.first, !wanted);
    skip_to(files.end, wanted);
  }
  if (!wanted) skip_to(kChunkFiles, true);
  size_ = kept;
}

void ChunkSet::intersect(const Container& container) noexcept {
  if (!is_bitmap_) return filter_array(container, true);
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
