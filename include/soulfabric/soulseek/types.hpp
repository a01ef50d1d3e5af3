// SPDX-License-Identifier: GPL-3.0-or-later
// The values that the Soulseek client shows to the rooms above. Texts that came from peers are raw bytes
// (show them through display_text); paths use backslashes and are kept byte-exact.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::soulseek {

/// As on the wire (protocol note, section 8); absent where the peer did not say.
struct FileAttributes {
  std::optional<std::uint32_t> bit_rate;     // kbit/s
  std::optional<std::uint32_t> length;       // seconds
  std::optional<std::uint32_t> sample_rate;  // Hz
  std::optional<std::uint32_t> bit_depth;    // bits
  std::optional<bool> variable_bit_rate;
  friend bool operator==(const FileAttributes&, const FileAttributes&) = default;
};

struct RemoteFile {
  std::string name;  // full path in search answers, leaf name in folder lists
  std::uint64_t size = 0;
  std::string extension;
  std::uint8_t code = 1;
  FileAttributes attributes;
  friend bool operator==(const RemoteFile&, const RemoteFile&) = default;
};

struct RemoteFolder {
  std::string path;
  std::vector<RemoteFile> files;
};

enum class Presence : std::uint8_t { Offline = 0, Away = 1, Online = 2 };

/// Bits and names of slskd's server state, "Connected, LoggedIn" and so on.
enum class SessionState : std::uint32_t { None = 0, Disconnected = 1, Connected = 2, LoggedIn = 4, Connecting = 8, LoggingIn = 16, Disconnecting = 32 };
[[nodiscard]] constexpr SessionState operator|(SessionState a, SessionState b) noexcept {
  return static_cast<SessionState>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
[[nodiscard]] constexpr bool has(SessionState all, SessionState bit) noexcept {
  return (static_cast<std::uint32_t>(all) & static_cast<std::uint32_t>(bit)) != 0;
}

/// Bits and names of slskd's transfer states; only these combinations occur:
/// Requested; Queued, Locally; Queued, Remotely; Initializing; InProgress; Completed, <one outcome>.
enum class TransferState : std::uint32_t {
  None = 0,
  Requested = 1,
  Queued = 2,
  Initializing = 4,
  InProgress = 8,
  Completed = 16,
  Succeeded = 32,
  Cancelled = 64,
  TimedOut = 128,
  Errored = 256,
  Rejected = 512,
  Aborted = 1024,
  Locally = 2048,
  Remotely = 4096,
};
[[nodiscard]] constexpr TransferState operator|(TransferState a, TransferState b) noexcept {
  return static_cast<TransferState>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
[[nodiscard]] constexpr bool has(TransferState all, TransferState bit) noexcept {
  return (static_cast<std::uint32_t>(all) & static_cast<std::uint32_t>(bit)) != 0;
}
/// "Queued, Remotely", "Completed, Succeeded": names in ascending order of their bits.
[[nodiscard]] std::string to_string(TransferState state);
[[nodiscard]] std::string to_string(SessionState state);
[[nodiscard]] std::string_view to_string(Presence presence) noexcept;

enum class Direction : std::uint8_t { Download, Upload };

struct Transfer {
  std::string id;  // GUID, kept over retries by the daemon
  std::optional<std::string> batch_id;
  Direction direction = Direction::Download;
  std::string username;
  std::string filename;  // remote path (download) or virtual path of our share (upload), byte-exact
  std::uint64_t size = 0;
  std::uint64_t start_offset = 0;
  TransferState state = TransferState::Requested;
  WallTime requested_at{};
  std::optional<WallTime> enqueued_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  std::uint64_t bytes_transferred = 0;  // including start_offset
  double average_speed = 0;             // bytes per second
  std::optional<std::uint32_t> place_in_queue;
  std::optional<std::string> exception;  // one sentence, when it did not succeed
  std::uint32_t attempts = 0;
  std::optional<WallTime> next_attempt_at;
  std::optional<std::string> local_path;  // where a finished download lies
  bool removed = false;
};

struct SearchResponse {
  std::string username;
  std::uint32_t token = 0;
  bool has_free_upload_slot = false;
  std::uint32_t upload_speed = 0;  // bytes per second
  std::uint32_t queue_length = 0;
  std::vector<RemoteFile> files;
  std::vector<RemoteFile> locked_files;
};

struct UserInfo {
  std::string description;
  std::optional<std::vector<std::uint8_t>> picture;
  std::uint32_t upload_slots = 0;
  std::uint32_t queue_length = 0;
  bool has_free_upload_slot = false;
};

struct UserStatus {
  Presence presence = Presence::Offline;
  bool privileged = false;
};

struct UserStatistics {
  std::uint32_t average_speed = 0;  // bytes per second
  std::uint32_t upload_count = 0;
  std::uint32_t file_count = 0;
  std::uint32_t directory_count = 0;
};

struct PrivateMessage {
  std::uint32_t id = 0;
  WallTime timestamp{};
  std::string username;
  bool incoming = true;
  std::string text;
  bool acknowledged = false;
  bool was_replayed = false;
};

}  // namespace soulfabric::soulseek
