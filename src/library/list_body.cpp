// SPDX-License-Identifier: GPL-3.0-or-later
// SharedFileListResponse (protocol note, sections 7 and 8), deflated piece by piece.
#include "list_body.hpp"

#include <fcntl.h>
#include <zlib.h>

#include <array>
#include <cerrno>

#include "unique_fd.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kLevel = 4;
enum Attribute : std::uint32_t { kBitrate = 0, kDuration = 1, kVbr = 2, kSampleRate = 4, kBitDepth = 5 };

/// Deflates into a file; after a failure everything further is dropped and `finish` tells.
class Output {
 public:
  explicit Output(File& file) : file_(file), packed_(kPiece) {
    is_ready_ = deflateInit(&stream_, kLevel) == Z_OK;
    if (!is_ready_) status_ = fail(Errc::Internal, "The share list cannot be compressed.");
    plain_.reserve(kPiece + 1024);
  }
  ~Output() {
    if (is_ready_) deflateEnd(&stream_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) plain_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
    if (plain_.size() >= kPiece) squeeze(Z_NO_FLUSH);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    plain_.insert(plain_.end(), value.begin(), value.end());
  }
  Result<std::uint64_t> finish() {
    squeeze(Z_FINISH);
    SF_TRY(status_);
    return written_;
  }

 private:
  void squeeze(int flush) {
    if (!status_) return;
    stream_.next_in = plain_.data();
    stream_.avail_in = static_cast<uInt>(plain_.size());
    int result = Z_OK;
    do {
      stream_.next_out = packed_.data();
      stream_.avail_out = static_cast<uInt>(packed_.size());
      result = deflate(&stream_, flush);
      const std::size_t made = packed_.size() - stream_.avail_out;
      if (made > 0) status_ = file_.write_at(written_, ByteView(packed_).first(made));
      written_ += made;
    } while (status_ && result == Z_OK && (stream_.avail_out == 0 || flush == Z_FINISH));
    plain_.clear();
  }

  File& file_;
  z_stream stream_{};
  bool is_ready_ = false;
  Bytes plain_;
  Bytes packed_;
  std::uint64_t written_ = 0;
  Status status_;
};

void put_file(Output& out, const FileEntry& entry) {
  const AudioAttributes& audio = entry.attributes;
  std::array<std::pair<std::uint32_t, std::uint32_t>, 3> pairs{};
  std::uint32_t count = 0;
  const auto add = [&](std::uint32_t type, std::optional<std::uint32_t> value) {
    if (value) pairs[count++] = {type, *value};
  };
  // Lossless files carry duration, rate and depth; others bit rate, duration and whether it varies.
  if (audio.bit_depth) {
    add(kDuration, audio.duration_s);
    add(kSampleRate, audio.sample_rate_hz);
    add(kBitDepth, audio.bit_depth);
  } else {
    add(kBitrate, audio.bitrate_kbps);
    add(kDuration, audio.duration_s);
    if (audio.is_vbr) add(kVbr, *audio.is_vbr ? 1U : 0U);
  }
  out.number(std::uint8_t{1});
  out.text(entry.leaf);
  out.number(entry.size);
  out.text({});
  out.number(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    out.number(pairs[i].first);
    out.number(pairs[i].second);
  }
}

Result<std::unique_ptr<File>> nameless_file(const std::filesystem::path& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) {
    // File systems without O_TMPFILE.
    std::string name = (folder / ".share-list-XXXXXX").string();
    file = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (!file) return std::unexpected(error_from_errno(errno, "could not write the share list to " + folder.string()));
    ::unlink(name.c_str());
  }
  return file_from_descriptor(file.release(), folder / "share list");
}

std::uint32_t visible_files(const Snapshot& snapshot, FolderId id, NetworkMask networks) {
  std::uint32_t count = 0;
  snapshot.for_each_file(id, networks, [&](const FileEntry&) { ++count; });
  return count;
}

}  // namespace

Result<SharedListBody> write_list_body(const Snapshot& snapshot, NetworkMask networks, const std::filesystem::path& folder) {
  SF_TRY_ASSIGN(std::unique_ptr<File> file, nameless_file(folder));
  SharedListBody body;
  Output out(*file);
  // The number of folders stands before the first of them.
  for (std::uint32_t i = 0; i < snapshot.folder_count(); ++i) {
    if (visible_files(snapshot, FolderId{i}, networks) > 0) ++body.folders;
  }
  out.number(body.folders);
  for (std::uint32_t i = 0; i < snapshot.folder_count(); ++i) {
    const FolderEntry entry = snapshot.folder(FolderId{i});
    const std::uint32_t visible = visible_files(snapshot, entry.id, networks);
    if (visible == 0) continue;
    out.text(entry.path);
    out.number(visible);
    snapshot.for_each_file(entry.id, networks, [&](const FileEntry& shown) { put_file(out, shown); });
    body.files += visible;
  }
  out.number(std::uint32_t{0});
  out.number(std::uint32_t{0});
  SF_TRY_ASSIGN(body.size, out.finish());
  body.file = std::move(file);
  return body;
}

}  // namespace soulfabric::library
