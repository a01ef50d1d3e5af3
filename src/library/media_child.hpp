// SPDX-License-Identifier: GPL-3.0-or-later
// One running soulfabric-media: batches of descriptors out, answers in. Blocking, one thread.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <span>

#include "core/media_check.hpp"
#include "core/media_frames.hpp"
#include "soulfabric/base/error.hpp"
#include "unique_fd.hpp"

namespace soulfabric::library {

class MediaChild {
 public:
  /// Waits until the child is locked in; `word` is its argument where it gets one. Unavailable: the program cannot be run or cannot lock itself in; the sentence names it.
  [[nodiscard]] static Result<MediaChild> spawn(const std::filesystem::path& program, const char* word = nullptr);
  MediaChild(MediaChild&& other) noexcept;
  MediaChild& operator=(MediaChild&& other) noexcept;
  /// Kills it where it still runs.
  ~MediaChild();

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// False where the child is gone.
  [[nodiscard]] bool send(const MediaRequest& request, std::span<const int> descriptors);
  [[nodiscard]] bool send(const Bytes& frame, std::span<const int> descriptors);
  /// Waits for one answer, valid until the next call. Nothing where the child is gone or says what makes no sense.
  [[nodiscard]] std::optional<MediaAnswer> receive();
  [[nodiscard]] std::optional<MediaCheckAnswer> receive_check();

 private:
  MediaChild(UniqueFd socket, pid_t pid) noexcept : socket_(std::move(socket)), pid_(pid) {}
  void end() noexcept;
  [[nodiscard]] ByteView receive_frame();

  UniqueFd socket_;
  pid_t pid_ = -1;
  Bytes buffer_;
};

}  // namespace soulfabric::library
