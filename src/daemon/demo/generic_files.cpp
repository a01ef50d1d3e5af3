// SPDX-License-Identifier: GPL-3.0-or-later
// The same bytes in every demo, drawn from a seed.
#include "demo/generic_files.hpp"

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::daemon::demo {

const std::vector<GenericFile>& generic_files() {
  static const std::vector<GenericFile> all{{"field recordings.zip", 24'000'000, 11, 3}, {"liner notes.pdf", 300'000, 12, 2}, {"session.dat", 5'000'000, 13, 1}};
  return all;
}

Bytes content_of(const GenericFile& file) {
  Bytes out(file.size);
  SeededRandom(file.seed).fill(out);
  return out;
}

library::ContentId id_of(const GenericFile& file) { return {crypto::sha256(content_of(file))}; }

bool has_generic(std::size_t node, std::size_t nodes, const GenericFile& file) noexcept {
  const std::size_t first = nodes > 1 ? 1 : 0;
  return node >= first && node < first + file.copies;
}

}  // namespace soulfabric::daemon::demo
