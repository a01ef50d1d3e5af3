// SPDX-License-Identifier: GPL-3.0-or-later
// A share list (P code 5) read while it arrives and written while it is made, in constant memory whatever its size.
#pragma once
#include <optional>
#include <span>

#include "wire/types.hpp"
#include "wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {

/// Views are valid during the call only.
struct BrowseFile {
  std::string_view name;  // bare file name
  std::uint64_t size = 0;
  std::string_view extension;
  std::span<const FileAttribute> attributes;
};

/// Told what a share list contains, in the order of the list: a folder, then its files.
class BrowseSink {
 public:
  virtual ~BrowseSink() = default;
  /// `is_private`: listed as locked. `files`: how many follow, as the peer claims.
  virtual void on_folder(std::string_view path, std::uint32_t files, bool is_private) = 0;
  virtual void on_file(const BrowseFile& file) = 0;
};

/// Takes the compressed body of a share list in pieces of any size. Run it on a worker: a piece may unpack to 1,000 times its size.
class BrowseParser {
 public:
  explicit BrowseParser(std::uint64_t max_output = kMaxInflatedBrowse);
  /// Malformed or TooLarge ends the list; what the sink was told until then stands.
  [[nodiscard]] Status feed(ByteView compressed, BrowseSink& sink);
  /// After the last piece: Malformed where the list is not complete. The private part may be missing.
  [[nodiscard]] Status finish() const;
  [[nodiscard]] std::uint64_t inflated_bytes() const noexcept { return inflater_.produced(); }

 private:
  enum class State : std::uint8_t { FolderCount, Folder, File, Unknown, PrivateCount, Done };
  [[nodiscard]] Status parse(BrowseSink& sink);
  [[nodiscard]] Result<bool> step(BrowseSink& sink);
  [[nodiscard]] Result<bool> count_step();
  [[nodiscard]] Result<bool> folder_step(BrowseSink& sink);
  [[nodiscard]] Result<bool> file_step(BrowseSink& sink);
  void after_folder() noexcept;
  [[nodiscard]] bool can_hold(std::uint64_t count, std::size_t min_size) const noexcept;

  Inflater inflater_;
  State state_ = State::FolderCount;
  bool private_ = false;
  std::uint32_t folders_left_ = 0;
  std::uint32_t files_left_ = 0;
  Bytes pending_;
  std::size_t at_ = 0;      // of pending_: what is parsed
  std::size_t filled_ = 0;  // of pending_: what is inflated
};

/// Makes the frame of a share list. The counts are written before what they count, so they are promised up front.
class BrowseWriter {
 public:
  explicit BrowseWriter(std::uint32_t folders);
  void folder(std::string_view path, std::uint32_t files);
  void file(const BrowseFile& file);
  /// Once, after all public folders: how many private ones follow.
  void begin_private(std::uint32_t folders);
  /// The whole frame. Internal where fewer or more folders or files were written than promised, TooLarge above 4 GiB.
  [[nodiscard]] Result<Bytes> finish();

 private:
  void number(std::uint32_t value);
  void text(std::string_view value);
  void flush_plain(bool always);

  Deflater deflater_;
  Bytes plain_;
  Bytes frame_;
  std::int64_t folders_owed_;
  std::int64_t files_owed_ = 0;
  bool promise_kept_ = true;
  bool private_ = false;
};

}  // namespace soulfabric::soulseek::wire
