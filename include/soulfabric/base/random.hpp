// SPDX-License-Identifier: GPL-3.0-or-later
// Randomness as an argument: decisions draw from a Random that tests seed.
#pragma once
#include <cstdint>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteView out) = 0;
  [[nodiscard]] std::uint32_t u32();
  [[nodiscard]] std::uint64_t u64();
  /// Uniform in [0, bound); bound 0 gives 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

/// Cryptographic randomness of the system (libsodium). Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView out) override;
};

/// Repeatable from a seed; for tests and simulation only. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) noexcept : state_(seed) {}
  void fill(MutableByteView out) override;

 private:
  std::uint64_t state_;
};

/// A version 4 UUID in lower case, "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".
[[nodiscard]] std::string make_guid(Random& random);
[[nodiscard]] bool is_guid(std::string_view text) noexcept;

}  // namespace soulfabric
