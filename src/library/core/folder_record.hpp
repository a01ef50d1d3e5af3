// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of the files of one folder, as library.db keeps it: one blob per folder, so that an unchanged folder costs one
// look-up and no write.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/media_frames.hpp"
#include "soulfabric/base/bytes.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

enum class TagState : std::uint8_t {
  None,        // no audio file by its name
  Pending,     // to be read
  Read,
  Unreadable,  // the parser failed; not tried again until the file changes
};

/// A file's identity for "did it change": when all three are as before its content is taken to be.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

/// One file as it is read from a blob; valid as long as that is.
struct FolderFileView {
  std::string_view name;
  FileStamp stamp;
  TagState state = TagState::None;
  ByteView packed;  // attributes and tags, see pack()
};

/// Writes files in the order they are given; the scan gives them ordered by name.
class FolderRecordWriter {
 public:
  FolderRecordWriter();
  void add(std::string_view name, const FileStamp& stamp, TagState state);
  void add_read(std::string_view name, const FileStamp& stamp, ByteView packed);
  /// As it was in another record.
  void add(const FolderFileView& known);
  [[nodiscard]] std::uint32_t files() const noexcept { return files_; }
  [[nodiscard]] std::uint32_t pending() const noexcept { return pending_; }
  /// The blob; the writer is empty afterwards.
  [[nodiscard]] Bytes finish();

 private:
  void head(std::string_view name, const FileStamp& stamp, TagState state, ByteView packed);
  Bytes bytes_;
  std::uint32_t files_ = 0;
  std::uint32_t pending_ = 0;
};

/// Reads a blob forwards. Bytes that no writer made end the list early, they are never trusted.
class FolderRecordReader {
 public:
  explicit FolderRecordReader(ByteView blob);
  [[nodiscard]] bool next(FolderFileView& out);

 private:
  [[nodiscard]] std::uint64_t varint();
  [[nodiscard]] ByteView take(std::uint64_t length);
  ByteView left_;
  bool is_sound_ = true;
};

/// Lower-case extension without dot where the name is that of an audio file whose tags are read, else empty.
[[nodiscard]] std::string_view audio_extension(std::string_view name);

}  // namespace soulfabric::library
