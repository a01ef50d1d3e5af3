// SPDX-License-Identifier: GPL-3.0-or-later
// Answers strangers' searches from the share snapshot: a lookup on the loop, then a connection to whoever asked.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/query.hpp"
#include "ports.hpp"
#include "soulfabric/base/pattern.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/library/snapshot.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::soulseek {

struct AnswerOptions {
  std::size_t max_files = 300;        // of one answer
  std::size_t max_deliveries = 64;    // attempts to reach searchers at a time; more answers are dropped
  Duration deliver_within = std::chrono::seconds(20);
  std::vector<std::string> ignored;   // regular expressions, case ignored: a search that matches gets no answer
};

/// Running totals, for /metrics.
struct AnswerCounts {
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t answered = 0;
};

class SearchAnswerer {
 public:
  using SnapshotSource = std::function<std::shared_ptr<const library::Snapshot>()>;
  using LoadSource = std::function<UploadLoad()>;
  SearchAnswerer(IoContext& context, IoClock& clock, guard::Guard& guard, ServerPort& server, PeerPort& peers, SnapshotSource snapshot,
                 LoadSource load, AnswerOptions options);
  [[nodiscard]] Task<void> stop();

  /// The server's list, which every answer honours; replaces the one before.
  void set_excluded_phrases(const std::vector<std::string>& phrases) { excluded_ = library::ExcludedPhrases(phrases); }
  void configure(const AnswerOptions& options);
  void set_own_speed(std::uint32_t bytes_per_second) noexcept { own_speed_ = bytes_per_second; }
  /// A search that reached us, through the tree or the server.
  void on_search(const std::string& user, std::uint32_t token, const std::string& query);
  [[nodiscard]] const AnswerCounts& counts() const noexcept { return counts_; }

 private:
  [[nodiscard]] bool is_ignored(const std::string& query) const;
  [[nodiscard]] Task<void> deliver(std::string user, Bytes frame, guard::Permit<guard::SoulseekAnswer> permit);

  IoClock& clock_;
  guard::Guard& guard_;
  ServerPort& server_;
  PeerPort& peers_;
  SnapshotSource snapshot_;
  LoadSource load_;
  AnswerOptions options_;
  library::ExcludedPhrases excluded_;
  std::vector<TextPattern> ignored_;
  RepeatFilter repeats_;
  std::uint32_t own_speed_ = 0;
  AnswerCounts counts_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
