// SPDX-License-Identifier: GPL-3.0-or-later
// Who did wrong, who is banned and until when (security rule S1). Sans-IO; tables of bounded size.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bounded_map.hpp"
#include "core/clock_pair.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/violations.hpp"

namespace soulfabric::guard {

class ViolationBook {
 public:
  explicit ViolationBook(const ViolationLimits& limits);
  void configure(const ViolationLimits& limits);

  void prove(const Subject& subject, const IpAddress& address, const Now& now);
  [[nodiscard]] bool is_proven(const Subject& subject, const IpAddress& address) const;
  [[nodiscard]] Verdict charge(const Charge& charge, const Now& now);
  [[nodiscard]] bool is_banned(const Subject& subject, MonoTime now) const;
  /// For a socket just accepted: false where the address is banned and nobody proven there is free of bans.
  [[nodiscard]] bool may_enter(const IpAddress& address, MonoTime now) const;
  void protect(const Subject& subject);
  void unprotect(const Subject& subject) { protected_.erase(subject); }
  [[nodiscard]] bool is_protected(const Subject& subject) const;
  [[nodiscard]] Status ban(const Subject& subject, std::optional<Duration> length, std::string_view reason, const Now& now);
  [[nodiscard]] bool unban(const Subject& subject, MonoTime now);

  [[nodiscard]] std::vector<BanRow> bans(const Now& now) const;  // in force
  [[nodiscard]] std::size_t active(MonoTime now) const;
  std::size_t import_bans(const std::vector<BanRow>& rows, const Now& now);
  void import_violations(const std::vector<ViolationRow>& rows, const Now& now);
  [[nodiscard]] std::vector<ViolationRow> violations(const Now& now) const;  // within the window
  /// Bans and violations of `before` count for `after` too; the old name keeps them, so that nobody escapes by either.
  void follow(const Subject& before, const Subject& after, const Now& now);
  void take_changes(StoredChanges& changes, const Now& now);
  [[nodiscard]] std::uint64_t bans_made() const noexcept { return bans_made_; }

 private:
  static constexpr std::size_t kAddressesPerSubject = 4;
  static constexpr std::size_t kSubjectsPerAddress = 8;
  struct Ban {
    MonoTime since{};
    MonoTime until{};  // MonoTime::max(): for good
    unsigned times = 0;
    bool by_operator = false;
    std::string reason;
    std::optional<IpAddress> address;
  };
  struct Share {
    Subject subject;
    MonoTime at{};
  };
  /// Who was proven at an address last; `proven_` decides. `more`: others too, who were free of bans when these took their places.
  /// Eight names are quickly made where many share an address: they close it to nobody (security rule S1).
  struct SeenAt {
    std::vector<Subject> subjects;
    bool more = false;
  };
  void note(const Subject& subject, const Now& now, std::vector<MonoTime>& times);
  void punish(const Subject& subject, const std::optional<IpAddress>& address, std::string_view reason, const Now& now);
  void share_with_address(const Subject& subject, const IpAddress& address, const Now& now);
  Ban& put_ban(const Subject& subject, MonoTime rank);
  [[nodiscard]] static MonoTime rank_of(const Ban& ban);
  [[nodiscard]] BanRow row_of(const Subject& subject, const Ban& ban, const Now& now) const;

  ViolationLimits limits_;
  BoundedMap<Subject, std::vector<MonoTime>, MonoTime> counters_;
  BoundedMap<Subject, Ban, MonoTime> bans_;
  BoundedMap<IpAddress, std::vector<Share>, MonoTime> shares_;
  BoundedMap<Subject, std::vector<IpAddress>, MonoTime> proven_;
  BoundedMap<IpAddress, SeenAt, MonoTime> seen_at_;
  std::set<Subject> protected_;
  std::set<Subject> dirty_bans_;
  std::set<Subject> dirty_counters_;
  std::uint64_t bans_made_ = 0;
};

}  // namespace soulfabric::guard
