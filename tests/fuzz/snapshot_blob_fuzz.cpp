// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a cache file. The header's own checksum is made right, so that the bounds checks behind it are reached.
#include <cstring>

#include "library/core/blob.hpp"
#include "support/snapshot_exercise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric;
  using namespace soulfabric::library;
  Bytes blob(data, data + size);
  (void)Snapshot::open(blob, nullptr, 0);
  if (blob.size() < sizeof(BlobHeader)) return 0;
  const std::uint64_t total = blob.size();
  std::memcpy(blob.data(), &kBlobMagic, 8);
  std::memcpy(blob.data() + 16, &total, 8);
  const std::uint64_t hash = hash64(ByteView(blob).subspan(16, sizeof(BlobHeader) - 16));
  std::memcpy(blob.data() + 8, &hash, 8);
  if (const auto opened = Snapshot::open_unverified(blob, nullptr)) (void)exercise(**opened);
  return 0;
}
