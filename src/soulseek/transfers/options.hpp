// SPDX-License-Identifier: GPL-3.0-or-later
// What transfers are told by the configuration, and what they ask of the library.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/download_core.hpp"
#include "core/upload_core.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek {

enum class OnExisting : std::uint8_t { Rename, Overwrite };

struct TransferOptions {
  std::filesystem::path downloads;   // absolute, exists
  std::filesystem::path incomplete;  // absolute, exists
  std::string subdirectory = "${SOURCE_DIRECTORY}";  // tokens of slskd's transfers.download.destination.subdirectory
  OnExisting on_existing = OnExisting::Rename;
  bool resume = true;  // transfers.download.retry.partial: false starts over at each attempt
  core::DownloadOptions download;
  core::UploadOptions upload;
  std::uint64_t slot_speed_limit = 0;  // bytes per second of one upload, 0 = without limit; totals are the guard's
  /// A file (F) connection or a "ready to upload" that claims a name must come from the address the server has for it.
  bool verify_addresses = true;

  Duration message_wait = std::chrono::seconds(30);    // for the answer to a TransferRequest, and to send one message
  Duration connect_wait = std::chrono::seconds(45);    // for an F connection that we open
  Duration handshake_wait = std::chrono::seconds(30);  // for the token and the offset on an F connection
  Duration idle_wait = std::chrono::seconds(60);       // without a byte on an F connection
  Duration close_wait = std::chrono::seconds(60);      // for the downloader's close after the last byte
  Duration slot_wait = std::chrono::seconds(25);       // for a download slot once the peer is ready
  Duration second_chance_wait = std::chrono::seconds(40);  // for the downloader to connect when we could not
  Duration progress_interval = std::chrono::milliseconds(250);
};

/// What uploads ask of the shares. `size_of` is a pure lookup in memory on the network thread; `open` runs on a worker.
class SharedFiles {
 public:
  virtual ~SharedFiles() = default;
  /// Nothing where no such file is shown on Soulseek. `virtual_path` as the peer sent it.
  [[nodiscard]] virtual std::optional<std::uint64_t> size_of(const std::string& virtual_path) const = 0;
  /// A job for a worker that opens the file. NotFound: not shared; Conflict: changed or gone since the scan; Forbidden, Io.
  [[nodiscard]] virtual std::function<Result<std::unique_ptr<File>>()> opener(const std::string& virtual_path) const = 0;
};

/// Who is told what happened; any may be empty. Called on the network thread, after it happened.
struct TransferEvents {
  std::function<void(const Transfer&)> changed;
  std::function<void(const std::string&)> removed;
  std::function<void(const Transfer&)> download_complete;
};

}  // namespace soulfabric::soulseek
