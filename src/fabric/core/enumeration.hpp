// SPDX-License-Identifier: GPL-3.0-or-later
// How much one requester may look up: somebody who reads the whole directory by guessing names is refused, not only noticed. Sans-IO.
#pragma once
#include <map>
#include <string>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::fabric {

/// Numbers: more than 10 different names or 50 questions in a minute are no ordinary use.
struct EnumerationLimits {
  std::size_t names = 10;
  std::uint64_t questions = 50;
  std::chrono::seconds window{60};
  std::size_t requesters = 4096;
};

class EnumerationWatch {
 public:
  explicit EnumerationWatch(EnumerationLimits limits = {}) : limits_(limits) {}
  /// False: refused. A refusal costs nothing more, so that the requester is let in again as the window moves on.
  [[nodiscard]] bool allow(const std::string& requester, std::string_view name, MonoTime now);
  [[nodiscard]] std::size_t tracked() const noexcept { return requesters_.size(); }

 private:
  struct Requester {
    std::map<std::string, MonoTime, std::less<>> names;  // when each was asked last
    guard::TokenBucket questions;
    MonoTime last{};
  };
  void make_room(MonoTime now);

  EnumerationLimits limits_;
  std::map<std::string, Requester> requesters_;
};

}  // namespace soulfabric::fabric
