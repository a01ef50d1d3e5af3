// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers distinct byte strings 0, 1, 2 ... in the order they are first seen.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/blob.hpp"

namespace soulfabric::library {

class StringPool {
 public:
  StringPool() : offsets_{0}, slots_(64, 0) {}
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const noexcept {
    return {text_.data() + offsets_[id], static_cast<std::size_t>(offsets_[std::size_t{id} + 1] - offsets_[id])};
  }
  std::uint32_t intern(std::string_view text) {
    std::size_t slot = hash64(bytes_of(text)) & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      if ((*this)[slots_[slot] - 1] == text) return slots_[slot] - 1;
    }
    text_.insert(text_.end(), text.begin(), text.end());
    offsets_.push_back(text_.size());
    slots_[slot] = size();
    if (std::size_t{size()} * 4 > slots_.size() * 3) grow();
    return size() - 1;
  }

 private:
  void grow() {
    std::vector<std::uint32_t> slots(slots_.size() * 2, 0);
    for (std::uint32_t id = 0; id < size(); ++id) {
      std::size_t slot = hash64(bytes_of((*this)[id])) & (slots.size() - 1);
      while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
      slots[slot] = id + 1;
    }
    slots_ = std::move(slots);
  }
  std::vector<char> text_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> slots_;  // id + 1, 0 is free
};

}  // namespace soulfabric::library
