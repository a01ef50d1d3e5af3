// SPDX-License-Identifier: GPL-3.0-or-later
// Reader and writer of the msgpack specification's forms that a datagram may hold.
#include "core/datagram_msgpack.hpp"

namespace soulfabric::mesh {

std::uint8_t PackReader::byte() noexcept {
  if (!ok_ || at_ >= bytes_.size()) {
    ok_ = false;
    return 0xC1;  // the one byte that is no value
  }
  return bytes_[at_++];
}

ByteView PackReader::take(std::size_t size) noexcept {
  if (!ok_ || size > bytes_.size() - at_) {
    ok_ = false;
    return {};
  }
  const ByteView out = bytes_.subspan(at_, size);
  at_ += size;
  return out;
}

std::uint64_t PackReader::big_endian(unsigned bytes) noexcept {
  std::uint64_t value = 0;
  for (const auto b : take(bytes)) value = (value << 8) | b;
  return value;
}

std::size_t PackReader::container(std::uint8_t fixed, std::uint8_t sixteen, std::size_t cap) noexcept {
  const auto tag = byte();
  std::uint64_t count = 0;
  if ((tag & 0xF0) == fixed) {
    count = tag & 0x0F;
  } else if (tag == sixteen) {
    count = big_endian(2);
  } else {
    ok_ = false;
  }
  if (count > cap) ok_ = false;
  return ok_ ? static_cast<std::size_t>(count) : 0;
}

std::string_view PackReader::text(std::size_t cap) noexcept {
  const auto tag = byte();
  std::uint64_t size = 0;
  if ((tag & 0xE0) == 0xA0) {
    size = tag & 0x1F;
  } else if (tag == 0xD9) {
    size = big_endian(1);
  } else {
    ok_ = false;
  }
  if (size > cap) ok_ = false;
  return text_of(take(static_cast<std::size_t>(size)));
}

ByteView PackReader::binary(std::size_t cap) noexcept {
  const auto tag = byte();
  std::uint64_t size = 0;
  if (tag == 0xC4) {
    size = big_endian(1);
  } else if (tag == 0xC5) {
    size = big_endian(2);
  } else {
    ok_ = false;
  }
  if (size > cap) ok_ = false;
  return take(static_cast<std::size_t>(size));
}

std::uint64_t PackReader::number(std::uint64_t most) noexcept {
  const auto tag = byte();
  std::uint64_t value = 0;
  if (tag <= 0x7F) {
    value = tag;
  } else if (tag >= 0xCC && tag <= 0xCF) {
    value = big_endian(1U << (tag - 0xCC));
  } else {
    ok_ = false;
  }
  if (value > most) ok_ = false;
  return ok_ ? value : 0;
}

bool PackReader::boolean() noexcept {
  const auto tag = byte();
  if (tag != 0xC2 && tag != 0xC3) ok_ = false;
  return tag == 0xC3;
}

bool PackReader::is_number() const noexcept {
  if (!ok_ || at_ >= bytes_.size()) return false;
  const auto tag = bytes_[at_];
  return tag <= 0x7F || (tag >= 0xCC && tag <= 0xCF);
}

ByteView PackReader::raw() noexcept {
  const auto start = at_;
  skip(0);
  return ok_ ? bytes_.subspan(start, at_ - start) : ByteView{};
}

void PackReader::skip(unsigned depth) noexcept {
  if (depth > kDepthCap) ok_ = false;
  const auto tag = byte();
  if (!ok_) return;
  if (tag <= 0x7F || tag >= 0xE0 || tag == 0xC0 || tag == 0xC2 || tag == 0xC3) return;
  if ((tag & 0xE0) == 0xA0) {
    (void)take(tag & 0x1F);
    return;
  }
  if (tag <= 0x9F) {
    const std::size_t count = (tag & 0x0FU) * (tag <= 0x8F ? 2U : 1U);
    for (std::size_t i = 0; ok_ && i < count; ++i) skip(depth + 1);
    return;
  }
  skip_sized(tag, depth);
}

void PackReader::skip_sized(std::uint8_t tag, unsigned depth) noexcept {
  switch (tag) {
    case 0xCC: case 0xD0: (void)take(1); return;
    case 0xCD: case 0xD1: (void)take(2); return;
    case 0xCE: case 0xD2: (void)take(4); return;
    case 0xCF: case 0xD3: (void)take(8); return;
    case 0xC4: case 0xD9: (void)take(static_cast<std::size_t>(big_endian(1))); return;
    case 0xC5: case 0xDA: (void)take(static_cast<std::size_t>(big_endian(2))); return;
    case 0xDC: case 0xDE: {
      // Every element takes a byte at least, so a count beyond the datagram ends at its end.
      const auto count = big_endian(2) * (tag == 0xDE ? 2U : 1U);
      for (std::uint64_t i = 0; ok_ && i < count; ++i) skip(depth + 1);
      return;
    }
    default: ok_ = false;
  }
}

void PackWriter::container(std::uint8_t fixed, std::uint8_t sixteen, std::size_t count) {
  if (count < 16) {
    out_.push_back(static_cast<std::uint8_t>(fixed | count));
  } else {
    out_.push_back(sixteen);
    big_endian(count, 2);
  }
}

void PackWriter::big_endian(std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void PackWriter::text(std::string_view text) {
  if (text.size() < 32) {
    out_.push_back(static_cast<std::uint8_t>(0xA0 | text.size()));
  } else {
    out_.push_back(0xD9);
    big_endian(text.size(), 1);
  }
  raw(bytes_of(text));
}

void PackWriter::binary(ByteView bytes) {
  out_.push_back(bytes.size() < 256 ? 0xC4 : 0xC5);
  big_endian(bytes.size(), bytes.size() < 256 ? 1 : 2);
  raw(bytes);
}

void PackWriter::number(std::uint64_t value) {
  if (value <= 0x7F) {
    out_.push_back(static_cast<std::uint8_t>(value));
    return;
  }
  const unsigned power = value <= 0xFF ? 0 : value <= 0xFFFF ? 1 : value <= 0xFFFFFFFF ? 2 : 3;
  out_.push_back(static_cast<std::uint8_t>(0xCC + power));
  big_endian(value, 1U << power);
}

}  // namespace soulfabric::mesh
