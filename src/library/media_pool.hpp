// SPDX-License-Identifier: GPL-3.0-or-later
// Several media children kept busy with the files of one source; one that dies or hangs costs the file that it was given, no more.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <vector>

#include "media_child.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::library {

struct MediaJob {
  std::uint64_t key = 0;  // the source's own
  UniqueFd file;
  std::uint64_t size = 0;
  std::string extension;  // lower case, without dot, at most kMaxMediaExtension
};

/// Where the files come from and the results go; both on the thread that runs the pool.
class MediaSource {
 public:
  virtual ~MediaSource() = default;
  /// Nothing at the end.
  [[nodiscard]] virtual std::optional<MediaJob> next() = 0;
  /// `packed` (see pack(); valid during the call) is empty where the parser crashed, hung or found no audio.
  virtual void done(std::uint64_t key, ByteView packed) = 0;
};

struct MediaPoolOptions {
  std::filesystem::path program;
  std::size_t children = 2;
  std::size_t batch = 16;         // files of one request; two requests are under way per child
  Duration batch_wait = std::chrono::seconds(60);
  Duration single_wait = std::chrono::seconds(30);
  std::uint64_t files_per_child = 20'000;  // then it is replaced, so that nothing a file did to it lasts
};

class MediaPool {
 public:
  MediaPool(MediaPoolOptions options, const Clock& clock);
  ~MediaPool();
  /// Reads all files of the source. Cancelled: `stop` became true, what was under way is given up without a result.
  /// Unavailable: the program does not start.
  [[nodiscard]] Status run(MediaSource& source, const std::atomic<bool>& stop);
  /// Files handed to children since the beginning.
  [[nodiscard]] std::uint64_t files_sent() const noexcept { return files_sent_; }
  /// Children that died or were ended over a file.
  [[nodiscard]] std::uint64_t children_lost() const noexcept { return children_lost_; }

 private:
  struct Slot;
  [[nodiscard]] Status refill(Slot& slot, MediaSource& source);
  [[nodiscard]] Status send_batch(Slot& slot, std::vector<MediaJob> jobs);
  void take_answer(Slot& slot, MediaSource& source);
  void lose_child(Slot& slot, MediaSource& source);
  void wait_for_answers();

  MediaPoolOptions options_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<MediaJob> suspects_;  // one of them ended a child; each is sent alone
  std::uint32_t last_batch_ = 0;
  std::uint64_t files_sent_ = 0;
  std::uint64_t children_lost_ = 0;
  bool source_ended_ = false;
};

}  // namespace soulfabric::library
