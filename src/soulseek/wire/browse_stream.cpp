// SPDX-License-Identifier: GPL-3.0-or-later
// Streaming share lists.
#include "wire/browse_stream.hpp"

#include <array>
#include <cstring>

#include "wire/peer_messages.hpp"

namespace soulfabric::soulseek::wire {
namespace {

constexpr std::size_t kInflatePiece = 64 * kKiB;
// Two texts at their cap, all attributes and the numbers between.
constexpr std::size_t kMaxEntry = 2 * kMaxPath + kMaxAttributes * 8 + 32;

/// Reads fields of one record; `short_of_bytes` means that the record is not complete yet.
struct Cursor {
  ByteView bytes;
  bool short_of_bytes = false;
  bool bad = false;

  /// Nothing can be read any more.
  void stop() noexcept {
    short_of_bytes = true;
    bytes = {};
  }
  [[nodiscard]] std::uint64_t number(std::size_t size) noexcept {
    if (bytes.size() < size) {
      stop();
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    bytes = bytes.subspan(size);
    return value;
  }
  [[nodiscard]] std::string_view text() noexcept {
    const std::uint64_t length = number(4);
    if (length > kMaxPath) bad = true;
    if (bad || bytes.size() < length) {
      stop();
      return {};
    }
    const std::string_view out = text_of(bytes.first(length));
    bytes = bytes.subspan(length);
    return out;
  }
};

[[nodiscard]] std::unexpected<Error> bad_list(const char* why) {
  return fail(Errc::Malformed, std::string("The list of shared files of a peer was not understood: ") + why);
}

}  // namespace

BrowseParser::BrowseParser(std::uint64_t max_output) : inflater_(max_output) {}

Status BrowseParser::feed(ByteView compressed, BrowseSink& sink) {
  while (!inflater_.finished() && state_ != State::Done) {
    if (at_ > 0) {
      std::memmove(pending_.data(), pending_.data() + at_, filled_ - at_);
      filled_ -= at_;
      at_ = 0;
    }
    if (pending_.size() < filled_ + kInflatePiece) pending_.resize(filled_ + kInflatePiece);
    SF_TRY_ASSIGN(const std::size_t made, inflater_.run(compressed, MutableByteView(pending_).subspan(filled_)));
    filled_ += made;
    SF_TRY(parse(sink));
    if (made == 0 && compressed.empty()) break;
  }
  return {};
}

Status BrowseParser::finish() const {
  if (state_ == State::Done) return {};
  if (inflater_.finished() && (state_ == State::Unknown || state_ == State::PrivateCount)) return {};
  return bad_list("it ends too early.");
}

Status BrowseParser::parse(BrowseSink& sink) {
  while (state_ != State::Done) {
    SF_TRY_ASSIGN(const bool moved, step(sink));
    if (!moved) return {};
  }
  return {};
}

Result<bool> BrowseParser::step(BrowseSink& sink) {
  switch (state_) {
    case State::FolderCount:
    case State::Unknown:
    case State::PrivateCount: return count_step();
    case State::Folder: return folder_step(sink);
    case State::File: return file_step(sink);
    case State::Done: break;
  }
  return false;
}

bool BrowseParser::can_hold(std::uint64_t count, std::size_t min_size) const noexcept {
  const std::uint64_t to_come = inflater_.max_output() - inflater_.produced() + (filled_ - at_);
  return count <= to_come / min_size;
}

Result<bool> BrowseParser::count_step() {
  Cursor in{ByteView(pending_).subspan(at_, filled_ - at_)};
  const auto count = static_cast<std::uint32_t>(in.number(4));
  if (in.short_of_bytes) return false;
  at_ += 4;
  if (state_ == State::Unknown) {
    state_ = State::PrivateCount;
    return true;
  }
  if (!can_hold(count, kMinFolder)) return bad_list("it claims more folders than it can hold.");
  private_ = state_ == State::PrivateCount;
  folders_left_ = count;
  state_ = State::Folder;
  if (count == 0) after_folder();
  return true;
}

void BrowseParser::after_folder() noexcept {
  if (folders_left_ > 0) {
    state_ = State::Folder;
  } else {
    state_ = private_ ? State::Done : State::Unknown;
  }
}

Result<bool> BrowseParser::folder_step(BrowseSink& sink) {
  Cursor in{ByteView(pending_).subspan(at_, filled_ - at_)};
  const std::string_view path = in.text();
  const auto files = static_cast<std::uint32_t>(in.number(4));
  if (in.bad) return bad_list("a folder name is too long.");
  if (in.short_of_bytes) return false;
  at_ = filled_ - in.bytes.size();
  if (!can_hold(files, kMinFileEntry)) return bad_list("a folder claims more files than the list can hold.");
  --folders_left_;
  files_left_ = files;
  sink.on_folder(path, files, private_);
  state_ = State::File;
  if (files == 0) after_folder();
  return true;
}

Result<bool> BrowseParser::file_step(BrowseSink& sink) {
  static_assert(kMaxEntry > kMinFileEntry);
  Cursor in{ByteView(pending_).subspan(at_, filled_ - at_)};
  BrowseFile file;
  static_cast<void>(in.number(1));
  file.name = in.text();
  file.size = effective_size(in.number(8));
  file.extension = in.text();
  const std::uint64_t attributes = in.number(4);
  if (in.bad) return bad_list("a file name is too long.");
  if (in.short_of_bytes) return false;
  if (attributes > kMaxAttributes) return bad_list("a file has too many attributes.");
  std::array<FileAttribute, kMaxAttributes> values;
  for (std::size_t i = 0; i < attributes; ++i) {
    values[i].type = static_cast<AttributeType>(in.number(4));
    values[i].value = static_cast<std::uint32_t>(in.number(4));
  }
  if (in.short_of_bytes) return false;
  file.attributes = std::span<const FileAttribute>(values).first(attributes);
  at_ = filled_ - in.bytes.size();
  --files_left_;
  sink.on_file(file);
  if (files_left_ == 0) after_folder();
  return true;
}

BrowseWriter::BrowseWriter(std::uint32_t folders) : frame_(8), folders_owed_(folders) { number(folders); }

void BrowseWriter::number(std::uint32_t value) {
  for (int i = 0; i < 4; ++i) plain_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void BrowseWriter::text(std::string_view value) {
  number(static_cast<std::uint32_t>(value.size()));
  const ByteView raw = bytes_of(value);
  plain_.insert(plain_.end(), raw.begin(), raw.end());
}

void BrowseWriter::flush_plain(bool always) {
  if (!always && plain_.size() < kInflatePiece) return;
  deflater_.write(plain_, frame_);
  plain_.clear();
}

void BrowseWriter::folder(std::string_view path, std::uint32_t files) {
  promise_kept_ = promise_kept_ && files_owed_ == 0;
  --folders_owed_;
  files_owed_ = files;
  text(path);
  number(files);
  flush_plain(false);
}

void BrowseWriter::file(const BrowseFile& file) {
  --files_owed_;
  plain_.push_back(1);
  text(file.name);
  number(static_cast<std::uint32_t>(file.size));
  number(static_cast<std::uint32_t>(file.size >> 32U));
  text(file.extension);
  number(static_cast<std::uint32_t>(file.attributes.size()));
  for (const FileAttribute& attribute : file.attributes) {
    number(static_cast<std::uint32_t>(attribute.type));
    number(attribute.value);
  }
  flush_plain(false);
}

void BrowseWriter::begin_private(std::uint32_t folders) {
  promise_kept_ = promise_kept_ && files_owed_ == 0 && folders_owed_ == 0 && !private_;
  private_ = true;
  folders_owed_ = folders;
  number(0);
  number(folders);
}

Result<Bytes> BrowseWriter::finish() {
  if (!private_) number(0);
  if (!promise_kept_ || files_owed_ != 0 || folders_owed_ != 0) {
    return fail(Errc::Internal, "The share list was built with other counts than promised; rescan the shares.");
  }
  flush_plain(true);
  deflater_.finish(frame_);
  const std::uint64_t length = frame_.size() - 4;
  if (length > 0xFFFF'FFFFU) return fail(Errc::TooLarge, "The share list is too large to send; share fewer files.");
  for (std::size_t i = 0; i < 4; ++i) frame_[i] = static_cast<std::uint8_t>(length >> (8 * i));
  for (std::size_t i = 0; i < 4; ++i) frame_[4 + i] = static_cast<std::uint8_t>(peer::SharedFileListResponse::kCode >> (8 * i));
  return std::move(frame_);
}

}  // namespace soulfabric::soulseek::wire
