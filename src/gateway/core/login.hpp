// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to sign in that are rationed: one-time links and guessed passwords (security rule S22).
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::gateway {

inline constexpr std::chrono::minutes kLinkLifetime{10};
inline constexpr std::size_t kMaxLinks = 8;

/// Secrets that sign one browser in, once, within ten minutes. Only their hashes are kept.
class LoginLinks {
 public:
  /// The oldest goes when there are too many.
  void add(std::string_view secret, WallTime made);
  /// True at most once per secret; too old and unknown are one answer.
  [[nodiscard]] bool redeem(std::string_view secret, WallTime now);
  /// Remembered so that a link which also lies in a file is not honoured a second time.
  [[nodiscard]] bool was_used(std::string_view secret) const;

 private:
  struct Link {
    crypto::Sha256 hash;
    WallTime made;
  };
  std::vector<Link> open_;
  std::deque<crypto::Sha256> used_;
};

/// What secrets/login-link holds: when it was made and the link, one line each.
[[nodiscard]] std::string login_file_text(std::string_view link, WallTime made);
struct LoginFile {
  std::string secret;
  WallTime made{};
};
[[nodiscard]] std::optional<LoginFile> parse_login_file(std::string_view text);

/// Counts failed attempts per source and in all; says when to stop answering them one by one.
class AttemptLimit {
 public:
  static constexpr std::size_t kPerSource = 10;  // in one minute
  static constexpr std::size_t kInAll = 60;
  static constexpr std::size_t kSources = 4096;
  /// Nothing for the address of a tunnelled connection: all of those are one source.
  [[nodiscard]] bool allows(const std::optional<IpAddress>& source, MonoTime now);
  void failed(const std::optional<IpAddress>& source, MonoTime now);

 private:
  struct Window {
    MonoTime start{};
    std::size_t count = 0;
    std::size_t current(MonoTime now) noexcept;
  };
  std::map<std::optional<IpAddress>, Window> sources_;
  Window all_;
};

}  // namespace soulfabric::gateway
