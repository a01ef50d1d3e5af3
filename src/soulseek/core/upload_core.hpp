// SPDX-License-Identifier: GPL-3.0-or-later
// Decides about uploads: who may queue what, who is next, who stands where. O(1) admission, no sockets, no clock, no disk.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::soulseek::core {

enum class UploadOrder : std::uint8_t { RoundRobin, FirstInFirstOut };

struct UploadOptions {
  unsigned slots = 10;
  UploadOrder order = UploadOrder::RoundRobin;
  std::uint32_t queued_files = 0;      // per user, 0 = without limit
  std::uint64_t queued_megabytes = 0;  // per user, 0 = without limit
  std::size_t most_per_user = 10'000;  // bounds of memory that hold whatever the limits above say
  std::size_t most_in_all = 200'000;
  Duration offline_patience = std::chrono::hours(24);  // then the queued files of a user who is gone are given up
  Duration denial_memory = std::chrono::seconds(60);   // a refused request repeated within this is refused without a look
  std::size_t denials_remembered = 4096;
  double answers_per_second = 10;  // refusals sent to one user; above this they are dropped unanswered
  double answers_burst = 200;
};

using UploadId = std::uint64_t;

/// The exact words of the protocol note, section 10.
namespace refusal {
inline constexpr std::string_view kNotShared = "File not shared.";
inline constexpr std::string_view kTooManyFiles = "Too many files";
inline constexpr std::string_view kTooManyMegabytes = "Too many megabytes";
inline constexpr std::string_view kBanned = "Banned";
inline constexpr std::string_view kReadError = "File read error.";
inline constexpr std::string_view kShutdown = "Pending shutdown.";
inline constexpr std::string_view kCancelled = "Cancelled";
inline constexpr std::string_view kQueued = "Queued";
inline constexpr std::string_view kComplete = "Complete";
}  // namespace refusal

/// Users in order of their turn, each with files in order of arrival, one file per user at a time.
class UploadQueue {
 public:
  explicit UploadQueue(const UploadOptions& options) : options_(options) {}
  void configure(const UploadOptions& options);

  void add(UploadId id, const std::string& user, std::uint64_t bytes);
  /// Out of the queue; false where it is not queued (any more).
  bool remove(UploadId id);
  /// Takes the next file out of the queue and counts it as running; nothing where slots or users are busy.
  [[nodiscard]] std::optional<UploadId> next();
  /// A running file ended.
  void finished(UploadId id);
  void set_privileged(const std::string& user, bool privileged);
  void set_online(const std::string& user, bool online);
  /// How many files start before this one if nothing changes, plus one; nothing where it is not queued.
  [[nodiscard]] std::optional<std::uint32_t> place(UploadId id) const;

  [[nodiscard]] std::size_t queued() const noexcept { return where_.size(); }
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
  [[nodiscard]] std::size_t queued_of(const std::string& user) const;
  [[nodiscard]] std::uint64_t bytes_of(const std::string& user) const;
  [[nodiscard]] unsigned slots() const noexcept { return options_.slots; }
  /// The words to refuse one more file of this size with; nothing where it may be queued.
  [[nodiscard]] std::optional<std::string_view> refuse(const std::string& user, std::uint64_t bytes) const;
  [[nodiscard]] std::vector<UploadId> queued_ids_of(const std::string& user) const;

 private:
  struct User {
    std::vector<std::pair<std::uint64_t, UploadId>> files;  // by number of arrival
    std::unordered_map<UploadId, std::uint64_t> bytes;
    std::uint64_t turn = 0;  // the lowest has waited longest since its last upload, or since it came
    std::uint64_t total_bytes = 0;
    bool online = true;
    bool busy = false;
  };
  struct Place {
    int rank = 1;  // 0 = privileged
    std::uint64_t turn = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  [[nodiscard]] Place place_of(const std::string& name, const User& user) const;
  void enter(const std::string& name, User& user);
  void leave(const std::string& name, User& user);
  void forget_if_idle(const std::string& name);
  [[nodiscard]] std::uint64_t before(const User& other, const Place& other_place, const Place& own, std::uint64_t index, std::uint64_t number) const;

  UploadOptions options_;
  std::uint64_t counter_ = 0;
  std::unordered_map<std::string, User> users_;  // with files queued or one running
  std::unordered_set<std::string> privileged_;
  std::map<Place, std::string> turns_;  // users who are online and have files queued
  std::unordered_map<UploadId, std::string> where_;
  std::unordered_map<UploadId, std::string> running_;
};

/// Remembers refusals and how often a user may be told.
class DenialMemory {
 public:
  explicit DenialMemory(const UploadOptions& options) : options_(options) {}
  void configure(const UploadOptions& options) { options_ = options; }
  [[nodiscard]] std::optional<std::string_view> recall(const std::string& user, const std::string& path, MonoTime now);
  void remember(const std::string& user, const std::string& path, std::string_view reason, MonoTime now);
  /// The shares changed: what was refused may be there now.
  void clear();
  /// False where this user was told enough for the moment.
  [[nodiscard]] bool may_answer(const std::string& user, MonoTime now);

 private:
  struct Entry {
    std::string_view reason;
    MonoTime until{};
  };
  struct Voice {
    double tokens = 0;
    MonoTime last{};
  };
  UploadOptions options_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::deque<std::uint64_t> order_;
  std::unordered_map<std::string, Voice> voices_;
};

}  // namespace soulfabric::soulseek::core
