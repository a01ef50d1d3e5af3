// SPDX-License-Identifier: GPL-3.0-or-later
// The compact form of attributes and tags: marks, numbers, then texts and raw GUIDs. Built into daemon and media child.
#include <algorithm>

#include "core/media_frames.hpp"

namespace soulfabric::library {
namespace {

enum Mark : std::uint8_t { kBitrate = 1, kDuration = 2, kSampleRate = 4, kBitDepth = 8, kVbrKnown = 16, kVbr = 32 };
constexpr std::size_t kGuidBytes = 16;

/// Beyond these a number is a parser's mistake.
struct Number {
  std::optional<std::uint32_t> AudioAttributes::*field;
  Mark mark;
  std::uint32_t most;
};
constexpr Number kNumbers[] = {{&AudioAttributes::bitrate_kbps, kBitrate, 1'000'000},
                               {&AudioAttributes::duration_s, kDuration, 100U * 24 * 3600},
                               {&AudioAttributes::sample_rate_hz, kSampleRate, 100'000'000},
                               {&AudioAttributes::bit_depth, kBitDepth, 64}};

bool is_likely(const std::optional<std::uint32_t>& value, const Number& number) { return value && *value > 0 && *value <= number.most; }

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80U));
  out.push_back(static_cast<std::uint8_t>(value));
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

bool has_guid_form(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i) ? text[i] != '-' : nibble(text[i]) < 0) return false;
  }
  return true;
}

void put_guid(Bytes& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (is_dash(i)) ++i;
    out.push_back(static_cast<std::uint8_t>(nibble(text[i]) << 4 | nibble(text[i + 1])));
  }
}

std::string guid_of(ByteView raw) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : raw) {
    if (is_dash(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15U];
  }
  return text;
}

class Unpacker {
 public:
  explicit Unpacker(ByteView bytes) : left_(bytes) {}
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const ByteView byte = take(1);
      if (byte.empty()) return 0;
      value |= static_cast<std::uint64_t>(byte[0] & 0x7FU) << shift;
      if (byte[0] < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  ByteView take(std::uint64_t length) {
    if (length > left_.size()) ok_ = false;
    if (!ok_) return {};
    const ByteView out = left_.first(length);
    left_ = left_.subspan(length);
    return out;
  }
  AudioAttributes attributes() {
    AudioAttributes out;
    const ByteView first = take(1);
    if (first.empty()) return out;
    const unsigned marks = first[0];
    if ((marks & ~63U) != 0) ok_ = false;
    for (const Number& number : kNumbers) {
      if ((marks & number.mark) == 0) continue;
      const std::uint64_t value = varint();
      if (value == 0 || value > number.most) {
        ok_ = false;
        return {};
      }
      out.*number.field = static_cast<std::uint32_t>(value);
    }
    if ((marks & kVbrKnown) != 0) out.is_vbr = (marks & kVbr) != 0;
    return ok_ ? out : AudioAttributes{};
  }
  /// Calls visit(field number, bytes) for each text and id there is.
  template <class Visit>
  void tags(Visit&& visit) {
    const ByteView present = take(1);
    for (std::size_t i = 0; i < kTagFields.size() && !present.empty(); ++i) {
      if ((present[0] & (1U << i)) == 0) continue;
      const std::uint64_t length = i < kFirstGuidField ? varint() : kGuidBytes;
      if (length == 0 || length > kMaxTagBytes) ok_ = false;
      const ByteView bytes = take(length);
      if (!ok_) return;
      visit(i, bytes);
    }
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  ByteView left_;
  bool ok_ = true;
};

}  // namespace

void pack(const MediaInfo& info, Bytes& out) {
  const AudioAttributes& a = info.attributes;
  unsigned marks = 0;
  for (const Number& number : kNumbers) {
    if (is_likely(a.*number.field, number)) marks |= number.mark;
  }
  if (a.is_vbr) marks |= kVbrKnown;
  if (a.is_vbr.value_or(false)) marks |= kVbr;
  out.push_back(static_cast<std::uint8_t>(marks));
  for (const Number& number : kNumbers) {
    if ((marks & number.mark) != 0) put_varint(out, *(a.*number.field));
  }
  unsigned present = 0;
  for (std::size_t i = 0; i < kTagFields.size(); ++i) {
    const std::string& text = info.tags.*kTagFields[i];
    const bool is_good = i < kFirstGuidField ? !text.empty() && text.size() <= kMaxTagBytes : has_guid_form(text);
    if (is_good) present |= 1U << i;
  }
  out.push_back(static_cast<std::uint8_t>(present));
  for (std::size_t i = 0; i < kTagFields.size(); ++i) {
    if ((present & (1U << i)) == 0) continue;
    const std::string& text = info.tags.*kTagFields[i];
    if (i >= kFirstGuidField) {
      put_guid(out, text);
      continue;
    }
    put_varint(out, text.size());
    out.insert(out.end(), text.begin(), text.end());
  }
}

bool is_packed(ByteView packed) {
  Unpacker in(packed);
  (void)in.attributes();
  in.tags([](std::size_t, ByteView) {});
  return in.at_end();
}

AudioAttributes unpack_attributes(ByteView packed) { return Unpacker(packed).attributes(); }

MediaTags unpack_tags(ByteView packed) {
  Unpacker in(packed);
  MediaTags tags;
  (void)in.attributes();
  in.tags([&](std::size_t i, ByteView bytes) {
    tags.*kTagFields[i] = i < kFirstGuidField ? std::string(bytes.begin(), bytes.end()) : guid_of(bytes);
  });
  return in.ok() ? tags : MediaTags{};
}

}  // namespace soulfabric::library
