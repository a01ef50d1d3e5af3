// SPDX-License-Identifier: GPL-3.0-or-later
// Growing byte buffers that never copy themselves, so that building a snapshot needs little more memory than the snapshot.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::library {

class PagedBytes {
 public:
  static constexpr std::size_t kPage = std::size_t{1} << 20;

  [[nodiscard]] std::uint64_t size() const noexcept { return pages_.empty() ? 0 : (pages_.size() - 1) * kPage + used_; }

  void append(ByteView bytes) {
    while (!bytes.empty()) {
      if (used_ == kPage) add_page();
      const std::size_t part = std::min(bytes.size(), kPage - used_);
      std::memcpy(pages_.back().get() + used_, bytes.data(), part);
      used_ += part;
      bytes = bytes.subspan(part);
    }
  }
  template <class T>
  void put(const T& value) {
    std::uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    append(ByteView(raw));
  }
  void put_varint(std::uint64_t value) {
    std::uint8_t raw[10];
    std::size_t n = 0;
    for (; value >= 0x80; value >>= 7) raw[n++] = static_cast<std::uint8_t>(value | 0x80U);
    raw[n++] = static_cast<std::uint8_t>(value);
    append(ByteView(raw, n));
  }
  /// Copies everything to `out` and gives each page back as soon as it is copied.
  void drain_to(std::uint8_t* out) {
    const std::uint64_t total = size();
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      const std::uint64_t start = i * kPage;
      std::memcpy(out + start, pages_[i].get(), std::min<std::uint64_t>(kPage, total - start));
      pages_[i].reset();
    }
    pages_.clear();
    used_ = kPage;
  }

 private:
  void add_page() {
    pages_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kPage));
    used_ = 0;
  }
  std::vector<std::unique_ptr<std::uint8_t[]>> pages_;
  std::size_t used_ = kPage;
};

/// Fixed places for byte strings of at most a page, by a 32-bit position.
class ByteArena {
 public:
  /// Null when 4 GiB are used up or `length` is over a page.
  [[nodiscard]] std::uint8_t* take(std::size_t length, std::uint32_t& position) {
    if (length > PagedBytes::kPage) return nullptr;
    if (pages_.empty() || used_ + length > PagedBytes::kPage) {
      if (pages_.size() == 4096) return nullptr;
      pages_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(PagedBytes::kPage));
      used_ = 0;
    }
    position = static_cast<std::uint32_t>((pages_.size() - 1) * PagedBytes::kPage + used_);
    std::uint8_t* at = pages_.back().get() + used_;
    used_ += length;
    return at;
  }
  [[nodiscard]] std::uint8_t* at(std::uint32_t position) noexcept { return pages_[position / PagedBytes::kPage].get() + position % PagedBytes::kPage; }
  [[nodiscard]] const std::uint8_t* at(std::uint32_t position) const noexcept {
    return pages_[position / PagedBytes::kPage].get() + position % PagedBytes::kPage;
  }

 private:
  std::vector<std::unique_ptr<std::uint8_t[]>> pages_;
  std::size_t used_ = 0;
};

}  // namespace soulfabric::library
