// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a descriptor through two small windows.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "fd_stream.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kHead = 16 * 1024;  // a small file as a whole, the metadata of most others
constexpr std::size_t kNear = 4 * 1024;

std::size_t read_fully(int descriptor, long offset, char* out, std::size_t length) {
  std::size_t got = 0;
  while (got < length) {
    const ssize_t n = pread(descriptor, out + got, length - got, offset + static_cast<long>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

}  // namespace

FdStream::FdStream(int descriptor, std::uint64_t size, const std::string& extension)
    : descriptor_(descriptor),
      size_(static_cast<long>(std::min<std::uint64_t>(size, std::numeric_limits<long>::max()))),
      name_("file." + extension) {
  fill(head_, 0, kHead);
}

bool FdStream::covers(const Window& window, long end) const {
  return position_ >= window.start && end <= window.start + static_cast<long>(window.bytes.size());
}

void FdStream::fill(Window& window, long start, std::size_t length) {
  const long left = std::max(0L, size_ - start);
  window.start = start;
  window.bytes.resize(std::min(length, static_cast<std::size_t>(left)));
  window.bytes.resize(read_fully(descriptor_, start, window.bytes.data(), window.bytes.size()));
}

TagLib::ByteVector FdStream::readBlock(unsigned long length) {
  const long left = std::max(0L, size_ - position_);
  const long wanted = static_cast<long>(std::min<unsigned long>(length, static_cast<unsigned long>(left)));
  if (wanted == 0) return {};
  const long end = position_ + wanted;
  const auto cut = [&](const Window& window) {
    return TagLib::ByteVector(window.bytes.data() + (position_ - window.start), static_cast<unsigned int>(wanted));
  };
  TagLib::ByteVector out;
  if (covers(head_, end)) {
    out = cut(head_);
  } else if (wanted > static_cast<long>(kNear)) {
    out = TagLib::ByteVector(static_cast<unsigned int>(wanted), '\0');
    out.resize(static_cast<unsigned int>(read_fully(descriptor_, position_, out.data(), static_cast<std::size_t>(wanted))));
  } else {
    if (!covers(near_, end)) {
      // The tail is often read in small steps towards the end: the window then ends with the file.
      const long start = size_ - position_ < static_cast<long>(kNear) ? std::max(0L, size_ - static_cast<long>(kNear)) : position_;
      fill(near_, start, kNear);
    }
    if (!covers(near_, end)) return {};  // the file shrank
    out = cut(near_);
  }
  position_ += static_cast<long>(out.size());
  return out;
}

void FdStream::seek(long offset, Position from) {
  long base = 0;
  if (from == Current) base = position_;
  if (from == End) base = size_;
  long target = 0;
  if (__builtin_add_overflow(base, offset, &target)) return;
  position_ = std::max(0L, target);
}

}  // namespace soulfabric::library
