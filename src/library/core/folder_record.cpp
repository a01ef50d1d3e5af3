// SPDX-License-Identifier: GPL-3.0-or-later
// Packing the files of one folder.
#include "core/folder_record.hpp"

#include <algorithm>
#include <array>

namespace soulfabric::library {
namespace {

constexpr std::uint8_t kVersion = 1;

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80U));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put_bytes(Bytes& out, ByteView bytes) {
  put_varint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}
std::uint64_t take_varint(ByteView& in, bool& ok) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) break;
    const std::uint8_t byte = in.front();
    in = in.subspan(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  ok = false;
  return 0;
}
ByteView take_bytes(ByteView& in, std::uint64_t length, bool& ok) {
  if (length > in.size()) {
    ok = false;
    return {};
  }
  const ByteView out = in.first(length);
  in = in.subspan(length);
  return out;
}

}  // namespace

FolderRecordWriter::FolderRecordWriter() : bytes_{kVersion} {}

void FolderRecordWriter::head(std::string_view name, const FileStamp& stamp, TagState state, ByteView packed) {
  bytes_.push_back(static_cast<std::uint8_t>(state));
  put_bytes(bytes_, bytes_of(name));
  put_varint(bytes_, stamp.size);
  put_varint(bytes_, static_cast<std::uint64_t>(stamp.modified_ns));
  put_varint(bytes_, stamp.inode);
  if (state == TagState::Read) put_bytes(bytes_, packed);
  ++files_;
  if (state == TagState::Pending) ++pending_;
}

void FolderRecordWriter::add(std::string_view name, const FileStamp& stamp, TagState state) {
  head(name, stamp, state, {});
}
void FolderRecordWriter::add_read(std::string_view name, const FileStamp& stamp, ByteView packed) {
  head(name, stamp, TagState::Read, packed);
}
void FolderRecordWriter::add(const FolderFileView& known) { head(known.name, known.stamp, known.state, known.packed); }

Bytes FolderRecordWriter::finish() {
  files_ = 0;
  pending_ = 0;
  return std::exchange(bytes_, Bytes{kVersion});
}

FolderRecordReader::FolderRecordReader(ByteView blob) : left_(blob) {
  is_sound_ = !blob.empty() && blob.front() == kVersion;
  if (is_sound_) left_ = left_.subspan(1);
}

std::uint64_t FolderRecordReader::varint() { return take_varint(left_, is_sound_); }
ByteView FolderRecordReader::take(std::uint64_t length) { return take_bytes(left_, length, is_sound_); }

bool FolderRecordReader::next(FolderFileView& out) {
  if (!is_sound_ || left_.empty()) return false;
  const std::uint8_t state = left_.front();
  left_ = left_.subspan(1);
  if (state > static_cast<std::uint8_t>(TagState::Unreadable)) return is_sound_ = false;
  out.state = static_cast<TagState>(state);
  out.name = text_of(take(varint()));
  out.stamp.size = varint();
  out.stamp.modified_ns = static_cast<std::int64_t>(varint());
  out.stamp.inode = varint();
  out.packed = out.state == TagState::Read ? take(varint()) : ByteView();
  return is_sound_;
}

std::string_view audio_extension(std::string_view name) {
  static constexpr std::array<std::string_view, 19> kExtensions = {"mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b",  "mp4", "wav", "aif", "aiff",
                                                                   "wma", "asf",  "ape", "wv",  "mpc",  "tta", "spx", "mp2"};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot - 1 > 4 || name.size() - dot < 3) return {};
  std::array<char, 4> lower{};
  const std::string_view extension = name.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view wanted(lower.data(), extension.size());
  const auto* found = std::find(kExtensions.begin(), kExtensions.end(), wanted);
  return found == kExtensions.end() ? std::string_view() : *found;
}

}  // namespace soulfabric::library
