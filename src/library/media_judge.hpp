// SPDX-License-Identifier: GPL-3.0-or-later
// Has audio files decoded whole, one after the other, by a media child that is replaced when it dies over one. Blocking, one thread.
#pragma once
#include <filesystem>
#include <optional>

#include "core/media_check.hpp"
#include "media_child.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::library {

class ReadPace;

struct MediaJudgeLimits {
  Duration least_wait = std::chrono::seconds(60);      // for any file
  std::uint64_t slowest_bytes_per_second = 64 * 1024;  // more time for larger ones: the slowest codecs of all on a small machine
  std::uint64_t files_per_child = 500;                 // then it is replaced, so that nothing a file did to it lasts
};

class MediaJudge {
 public:
  explicit MediaJudge(MediaJudgeLimits limits = {}) : limits_(limits) {}
  /// A child of `program` is there and locked in. Unavailable.
  [[nodiscard]] Status prepare(const std::filesystem::path& program);
  /// After `prepare`. Nothing where the child died or took too long over the file. Cancelled: `pace` was stopped.
  [[nodiscard]] Result<std::optional<MediaCheckAnswer>> judge(int descriptor, std::uint64_t size, const std::string& extension, const ReadPace& pace);

 private:
  MediaJudgeLimits limits_;
  SystemClock clock_;
  std::filesystem::path program_;
  std::optional<MediaChild> child_;
  std::uint64_t files_ = 0;  // given to the present child
  std::uint32_t last_number_ = 0;
};

}  // namespace soulfabric::library
