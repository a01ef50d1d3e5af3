// SPDX-License-Identifier: GPL-3.0-or-later
// The bare program: a thread that reads the file and writes TLS, one that reads TLS, one that proves, hashes and writes; nothing else.
#pragma once
#include <filesystem>

#include "soulfabric/library/manifest.hpp"

namespace soulfabric::bench {

class BareTransfer {
 public:
  BareTransfer(std::filesystem::path from, std::filesystem::path to, const library::Manifest& manifest);
  ~BareTransfer();
  BareTransfer(const BareTransfer&) = delete;
  BareTransfer& operator=(const BareTransfer&) = delete;
  /// Seconds from the first byte to the end of fsync.
  [[nodiscard]] double run() const;

 private:
  struct Pair;
  std::filesystem::path from_;
  std::filesystem::path to_;
  const library::Manifest& manifest_;
  std::unique_ptr<Pair> pair_;
};

}  // namespace soulfabric::bench
