// SPDX-License-Identifier: GPL-3.0-or-later
// Deterministic CBOR: one writer that knows only the short forms, one reader that refuses all others.
#include "soulfabric/base/cbor.hpp"

#include <algorithm>
#include <limits>

#include "soulfabric/base/text.hpp"

namespace soulfabric::cbor {
namespace {

constexpr unsigned kMajorUnsigned = 0;
constexpr unsigned kMajorNegative = 1;
constexpr unsigned kMajorBytes = 2;
constexpr unsigned kMajorText = 3;
constexpr unsigned kMajorArray = 4;
constexpr unsigned kMajorMap = 5;
constexpr unsigned kMajorSimple = 7;
constexpr unsigned kSimpleFalse = 20;
constexpr unsigned kSimpleTrue = 21;
constexpr unsigned kSimpleNull = 22;
constexpr unsigned kOneByteFollows = 24;
constexpr unsigned kEightBytesFollow = 27;
constexpr std::uint64_t kLargestSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::unexpected<Error> malformed(const char* what) { return fail(Errc::Malformed, what); }

}  // namespace

void Writer::head(unsigned major, std::uint64_t value) {
  const auto first = static_cast<std::uint8_t>(major << 5U);
  if (value < kOneByteFollows) {
    out_.push_back(static_cast<std::uint8_t>(first | value));
    return;
  }
  unsigned exponent = 0;  // 2 to the power of it: bytes that follow
  if (value > 0xFFFFFFFFU)
    exponent = 3;
  else if (value > 0xFFFFU)
    exponent = 2;
  else if (value > 0xFFU)
    exponent = 1;
  out_.push_back(static_cast<std::uint8_t>(first | (kOneByteFollows + exponent)));
  for (unsigned shift = 8U << exponent; shift != 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
}

void Writer::number(std::uint64_t value) { head(kMajorUnsigned, value); }

void Writer::integer(std::int64_t value) {
  if (value >= 0)
    head(kMajorUnsigned, static_cast<std::uint64_t>(value));
  else
    head(kMajorNegative, static_cast<std::uint64_t>(-(value + 1)));
}

void Writer::bytes(ByteView value) {
  head(kMajorBytes, value.size());
  out_.insert(out_.end(), value.begin(), value.end());
}

void Writer::text(std::string_view value) {
  head(kMajorText, value.size());
  out_.insert(out_.end(), value.begin(), value.end());
}

void Writer::array(std::size_t entries) { head(kMajorArray, entries); }
void Writer::map(std::size_t entries) { head(kMajorMap, entries); }
void Writer::boolean(bool value) { head(kMajorSimple, value ? kSimpleTrue : kSimpleFalse); }
void Writer::null() { head(kMajorSimple, kSimpleNull); }

Result<Reader::Head> Reader::head() const {
  if (at_ >= in_.size()) return malformed("The CBOR item is cut short.");
  const std::uint8_t first = in_[at_];
  Head head{static_cast<unsigned>(first >> 5U), first & 31U, first & 31U, 1};
  if (head.major == kMajorSimple) {
    if (head.info < kSimpleFalse || head.info > kSimpleNull) return malformed("The CBOR item is of a kind that is not used here.");
    return head;
  }
  if (head.major > kMajorMap) return malformed("The CBOR item is of a kind that is not used here.");
  if (head.info < kOneByteFollows) return head;
  if (head.info > kEightBytesFollow) return malformed("The CBOR item has no definite length.");
  const unsigned exponent = head.info - kOneByteFollows;
  const std::size_t more = std::size_t{1} << exponent;
  if (in_.size() - at_ - 1 < more) return malformed("The CBOR item is cut short.");
  head.value = 0;
  for (std::size_t i = 1; i <= more; ++i) head.value = (head.value << 8U) | in_[at_ + i];
  const std::uint64_t least = exponent == 0 ? kOneByteFollows : std::uint64_t{1} << (4U << exponent);
  if (head.value < least) return malformed("The CBOR number is not in its shortest form.");
  head.size += more;
  return head;
}

Result<Reader::Head> Reader::head_of(unsigned major) const {
  auto found = head();
  if (found && found->major != major) return malformed("The CBOR item is not of the kind that stands here.");
  return found;
}

bool Reader::at_key() const noexcept { return depth_ != 0 && levels_[depth_ - 1].is_map && levels_[depth_ - 1].left % 2 == 0; }

void Reader::close_finished() noexcept {
  while (depth_ != 0 && levels_[depth_ - 1].left == 0) --depth_;
}

Status Reader::pass(std::size_t end) {
  if (at_key()) {
    Level& level = levels_[depth_ - 1];
    const ByteView before = in_.subspan(level.key_begin, level.key_end - level.key_begin);
    const ByteView key = in_.subspan(at_, end - at_);
    if (!before.empty() && !std::ranges::lexicographical_compare(before, key)) return malformed("The CBOR map's keys do not ascend.");
    level.key_begin = at_;
    level.key_end = end;
  }
  if (depth_ != 0) --levels_[depth_ - 1].left;
  at_ = end;
  close_finished();
  return {};
}

Result<std::size_t> Reader::open(unsigned major, std::size_t cap) {
  SF_TRY_ASSIGN(const Head found, head_of(major));
  if (at_key()) return malformed("The CBOR map has a key that is no number, bytes or text.");
  if (depth_ == kMaxDepth) return malformed("The CBOR item is nested too deeply.");
  const std::size_t rest = in_.size() - at_ - found.size;
  const std::uint64_t per_entry = major == kMajorMap ? 2 : 1;
  if (found.value > rest / per_entry) return malformed("The CBOR item is cut short.");
  if (found.value > cap) return fail(Errc::TooLarge, "The CBOR item has too many entries.");
  if (depth_ != 0) --levels_[depth_ - 1].left;
  at_ += found.size;
  levels_[depth_++] = Level{found.value * per_entry, major == kMajorMap, 0, 0};
  close_finished();
  return static_cast<std::size_t>(found.value);
}

Result<ByteView> Reader::string(unsigned major, std::size_t cap, bool utf8) {
  SF_TRY_ASSIGN(const Head found, head_of(major));
  const std::size_t begin = at_ + found.size;
  if (found.value > in_.size() - begin) return malformed("The CBOR item is cut short.");
  if (found.value > cap) return fail(Errc::TooLarge, "The CBOR text or byte string is too long.");
  const ByteView view = in_.subspan(begin, static_cast<std::size_t>(found.value));
  if (utf8 && !is_utf8(text_of(view))) return malformed("The CBOR text is not UTF-8.");
  SF_TRY(pass(begin + view.size()));
  return view;
}

Result<Kind> Reader::peek() const {
  SF_TRY_ASSIGN(const Head found, head());
  if (found.major != kMajorSimple) return static_cast<Kind>(found.major);
  return found.info == kSimpleNull ? Kind::Null : Kind::Bool;
}

Result<std::uint64_t> Reader::number() {
  SF_TRY_ASSIGN(const Head found, head_of(kMajorUnsigned));
  SF_TRY(pass(at_ + found.size));
  return found.value;
}

Result<std::int64_t> Reader::integer() {
  SF_TRY_ASSIGN(const Head found, head());
  if (found.major > kMajorNegative) return malformed("The CBOR item is not of the kind that stands here.");
  if (found.value > kLargestSigned) return malformed("The CBOR number does not fit.");
  SF_TRY(pass(at_ + found.size));
  const auto value = static_cast<std::int64_t>(found.value);
  return found.major == kMajorUnsigned ? value : -1 - value;
}

Result<ByteView> Reader::bytes(std::size_t cap) { return string(kMajorBytes, cap, false); }

Result<std::string_view> Reader::text(std::size_t cap) {
  SF_TRY_ASSIGN(const ByteView view, string(kMajorText, cap, true));
  return text_of(view);
}

Result<bool> Reader::boolean() {
  SF_TRY_ASSIGN(const Head found, head_of(kMajorSimple));
  if (found.info == kSimpleNull) return malformed("The CBOR item is not of the kind that stands here.");
  if (at_key()) return malformed("The CBOR map has a key that is no number, bytes or text.");
  SF_TRY(pass(at_ + found.size));
  return found.info == kSimpleTrue;
}

Status Reader::null() {
  SF_TRY_ASSIGN(const Head found, head_of(kMajorSimple));
  if (found.info != kSimpleNull) return malformed("The CBOR item is not of the kind that stands here.");
  if (at_key()) return malformed("The CBOR map has a key that is no number, bytes or text.");
  return pass(at_ + found.size);
}

Result<std::size_t> Reader::array(std::size_t cap) { return open(kMajorArray, cap); }
Result<std::size_t> Reader::map(std::size_t cap) { return open(kMajorMap, cap); }

Status Reader::skip_one() {
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  SF_TRY_ASSIGN(const Head found, head());
  switch (found.major) {
    case kMajorUnsigned:
    case kMajorNegative: return pass(at_ + found.size);
    case kMajorBytes: SF_TRY(bytes(kAny)); return {};
    case kMajorText: SF_TRY(text(kAny)); return {};
    case kMajorArray:
    case kMajorMap: SF_TRY(open(found.major, kAny)); return {};
    default: break;
  }
  if (found.info == kSimpleNull) return null();
  SF_TRY(boolean());
  return {};
}

Status Reader::skip() {
  const Reader before = *this;
  const unsigned outside = depth_;
  Status done = skip_one();
  while (done && depth_ > outside) done = skip_one();
  if (!done) *this = before;
  return done;
}

Status Reader::end() const {
  if (at_ != in_.size()) return malformed("There are bytes behind the CBOR item.");
  if (depth_ != 0) return malformed("The CBOR item is cut short.");
  return {};
}

}  // namespace soulfabric::cbor
