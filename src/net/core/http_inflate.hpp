// SPDX-License-Identifier: GPL-3.0-or-later
// gzip and zlib bodies, unpacked as they come and never beyond a cap.
#pragma once
#include <memory>

#include "core/http_fault.hpp"

namespace soulfabric::net {

class HttpInflater {
 public:
  enum class Kind : std::uint8_t { Gzip, Zlib };
  explicit HttpInflater(Kind kind);
  ~HttpInflater();
  HttpInflater(const HttpInflater&) = delete;
  HttpInflater& operator=(const HttpInflater&) = delete;

  /// Appends what `packed` holds to `out`, which never grows beyond `cap`. Refused: damage, bytes behind the end, more than the cap,
  /// and beyond 64 KiB a hundred times more than came in.
  [[nodiscard]] HttpStatus run(ByteView packed, Bytes& out, std::uint64_t cap);
  [[nodiscard]] bool finished() const noexcept { return finished_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t came_ = 0;
  bool finished_ = false;
};

}  // namespace soulfabric::net
