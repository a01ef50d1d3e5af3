// SPDX-License-Identifier: GPL-3.0-or-later
// Layout of a blob: header, then every section at the next multiple of the alignment.
#include "core/blob_writer.hpp"

#include <new>

namespace soulfabric::library {

std::pair<ByteView, std::shared_ptr<const void>> BlobWriter::finish(BlobHeader header) {
  header.magic = kBlobMagic;
  std::uint64_t end = sizeof(BlobHeader);
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    const std::uint64_t offset = (end + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    header.sections[i] = {offset, sections_[i].size(), 0};
    end = offset + sections_[i].size();
  }
  header.total_size = end;
  constexpr std::align_val_t alignment{kSectionAlignment};
  const std::shared_ptr<std::uint8_t> owner(static_cast<std::uint8_t*>(::operator new(end, alignment)),
                                            [](std::uint8_t* bytes) { ::operator delete(bytes, alignment); });
  std::uint64_t filled = sizeof(BlobHeader);
  for (std::size_t i = 0; i < kSectionCount; ++i) {
    BlobHeader::Range& range = header.sections[i];
    std::memset(owner.get() + filled, 0, range.offset - filled);
    sections_[i].drain_to(owner.get() + range.offset);
    range.hash = hash64(ByteView(owner.get() + range.offset, range.size));
    filled = range.offset + range.size;
  }
  std::memcpy(owner.get(), &header, sizeof header);
  header.header_hash = hash64(ByteView(owner.get() + 16, sizeof(BlobHeader) - 16));
  std::memcpy(owner.get(), &header, sizeof header);
  return {ByteView(owner.get(), end), owner};
}

}  // namespace soulfabric::library
