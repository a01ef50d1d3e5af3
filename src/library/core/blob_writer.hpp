// SPDX-License-Identifier: GPL-3.0-or-later
// Puts sections together to one blob.
#pragma once
#include <array>
#include <memory>

#include "core/blob.hpp"
#include "core/paged_bytes.hpp"

namespace soulfabric::library {

class BlobWriter {
 public:
  [[nodiscard]] PagedBytes& operator[](Section section) { return sections_[static_cast<std::size_t>(section)]; }
  /// The blob and its owner; `header` brings stamp and counts. The sections are empty afterwards.
  [[nodiscard]] std::pair<ByteView, std::shared_ptr<const void>> finish(BlobHeader header);

 private:
  std::array<PagedBytes, kSectionCount> sections_;
};

}  // namespace soulfabric::library
