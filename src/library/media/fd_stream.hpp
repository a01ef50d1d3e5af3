// SPDX-License-Identifier: GPL-3.0-or-later
// A descriptor as TagLib likes its files: read only, by pread, with the head kept since every parser returns to it.
#pragma once
#include <tiostream.h>

#include <cstdint>
#include <string>
#include <vector>

namespace soulfabric::library {

class FdStream final : public TagLib::IOStream {
 public:
  /// `extension` tells TagLib which parser to try first. The descriptor stays the caller's.
  FdStream(int descriptor, std::uint64_t size, const std::string& extension);

  [[nodiscard]] TagLib::FileName name() const override { return name_.c_str(); }
  TagLib::ByteVector readBlock(unsigned long length) override;
  void writeBlock(const TagLib::ByteVector&) override {}
  void insert(const TagLib::ByteVector&, unsigned long, unsigned long) override {}
  void removeBlock(unsigned long, unsigned long) override {}
  [[nodiscard]] bool readOnly() const override { return true; }
  [[nodiscard]] bool isOpen() const override { return descriptor_ >= 0; }
  void seek(long offset, Position from) override;
  void clear() override {}
  [[nodiscard]] long tell() const override { return position_; }
  long length() override { return size_; }
  void truncate(long) override {}

 private:
  struct Window {
    long start = 0;
    std::vector<char> bytes;
  };
  [[nodiscard]] bool covers(const Window& window, long end) const;
  void fill(Window& window, long start, std::size_t length);

  int descriptor_;
  long size_;
  long position_ = 0;
  std::string name_;
  Window head_;
  Window near_;
};

}  // namespace soulfabric::library
