// SPDX-License-Identifier: GPL-3.0-or-later
// Framing with the caps of limits.hpp.
#include "wire/frame_reader.hpp"

#include <algorithm>
#include <cstring>

#include "wire/limits.hpp"
#include "wire/peer_messages.hpp"

namespace soulfabric::soulseek::wire {
namespace {

constexpr std::size_t kKeepIdle = 64 * kKiB;  // a larger buffer is given back once it is empty
constexpr std::size_t kHeadSize = 512;

[[nodiscard]] std::uint32_t u32_at(const std::uint8_t* p) noexcept {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8U | static_cast<std::uint32_t>(p[2]) << 16U |
         static_cast<std::uint32_t>(p[3]) << 24U;
}

[[nodiscard]] bool is_known_peer_code(std::uint32_t code) noexcept {
  constexpr std::uint32_t kKnown[] = {4, 5, 8, 9, 15, 16, 36, 37, 40, 41, 42, 43, 44, 46, 50, 51, 52};
  return std::ranges::find(kKnown, code) != std::end(kKnown);
}

}  // namespace

std::size_t FrameReader::code_size() const noexcept { return kind_ == FrameKind::Init || kind_ == FrameKind::Distributed ? 1 : 4; }

void FrameReader::switch_to(FrameKind kind, bool obfuscated) noexcept {
  kind_ = kind;
  obfuscated_ = obfuscated;
}

void FrameReader::expect(std::uint32_t code) noexcept {
  if (code == peer::SharedFileListResponse::kCode) expect_browse_ = true;
  if (code == peer::UserInfoResponse::kCode) expect_info_ = true;
}

MutableByteView FrameReader::prepare(std::size_t n) {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kKeepIdle && n <= kKeepIdle) Bytes().swap(buffer_);
  }
  if (buffer_.size() - end_ < n) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < n) buffer_.resize(std::max(end_ + n, std::min(buffer_.size() * 2, buffer_.size() + 4 * kMiB)));
  }
  return MutableByteView(buffer_).subspan(end_);
}

void FrameReader::commit(std::size_t n) noexcept { end_ += std::min(n, buffer_.size() - end_); }

void FrameReader::feed(ByteView bytes) {
  if (bytes.empty()) return;
  const MutableByteView room = prepare(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

Bytes FrameReader::take_rest() {
  Bytes rest(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_));
  begin_ = end_ = 0;
  Bytes().swap(buffer_);
  return rest;
}

void FrameReader::drop(std::size_t n) noexcept { begin_ += n; }

Frame FrameReader::frame(Frame::Part part) const noexcept {
  Frame out;
  out.part = part;
  out.code = code_;
  out.body_size = body_size_;
  return out;
}

Result<std::uint32_t> FrameReader::cap_of(std::uint32_t code) {
  switch (kind_) {
    case FrameKind::Init: return kMaxInitFrame;
    case FrameKind::Distributed: return kMaxDistributedFrame;
    case FrameKind::ServerReplies: return kMaxServerFrame;
    case FrameKind::ServerRequests: return kMaxServerRequestFrame;
    case FrameKind::Peer: break;
  }
  if (code == peer::SharedFileListResponse::kCode) {
    if (!std::exchange(expect_browse_, false))
      return fail(Errc::Rejected, "A peer sent its list of shared files unasked; the connection was closed.");
    return kMaxBrowseFrame;
  }
  if (code == peer::UserInfoResponse::kCode) {
    if (!std::exchange(expect_info_, false)) return fail(Errc::Rejected, "A peer sent its user info unasked; the connection was closed.");
    return kMaxUserInfoFrame;
  }
  if (code == peer::FileSearchResponse::kCode || code == peer::FolderContentsResponse::kCode || !is_known_peer_code(code))
    return kMaxPeerListFrame;
  return kMaxPeerFrame;
}

Result<bool> FrameReader::read_header() {
  const std::size_t header = 4 + code_size();
  if (end_ - begin_ < key_size() + header) return false;
  std::array<std::uint8_t, 8> plain{};
  if (obfuscated_) {
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), key_.size(), key_.begin());
  }
  std::memcpy(plain.data(), buffer_.data() + begin_ + key_size(), header);
  if (obfuscated_) apply_obfuscation(key_, 0, MutableByteView(plain).first(header));
  const std::uint32_t length = u32_at(plain.data());
  if (length < code_size())
    return fail(Errc::Malformed, "A message on a Soulseek connection is shorter than its own code; the connection was closed.");
  code_ = code_size() == 1 ? plain[4] : u32_at(plain.data() + 4);
  SF_TRY_ASSIGN(const std::uint32_t cap, cap_of(code_));
  if (length > cap)
    return fail(Errc::TooLarge, "A message on a Soulseek connection is longer than its kind may be; the connection was closed.");
  body_size_ = length - static_cast<std::uint32_t>(code_size());
  left_ = body_size_;
  head_given_ = false;
  plain_ = 0;
  mode_ = Mode::Body;
  if (kind_ == FrameKind::Peer && code_ == peer::SharedFileListResponse::kCode) mode_ = Mode::Stream;
  if (kind_ == FrameKind::Peer && !is_known_peer_code(code_)) mode_ = Mode::Skip;
  if (mode_ != Mode::Body) drop(key_size() + header);
  return true;
}

std::optional<Frame> FrameReader::body_part() {
  const std::size_t header = 4 + code_size();
  const std::size_t whole = header + body_size_;
  const std::size_t have = std::min(end_ - begin_ - key_size(), whole);
  const bool head = kind_ == FrameKind::Peer && code_ == peer::FileSearchResponse::kCode && !head_given_ && have >= header + kHeadSize;
  if (have < whole && !head) return std::nullopt;
  std::uint8_t* const start = buffer_.data() + begin_ + key_size();
  if (obfuscated_) apply_obfuscation(key_, plain_, MutableByteView(start + plain_, have - plain_));
  plain_ = have;
  if (have < whole) {
    head_given_ = true;
    Frame out = frame(Frame::Part::Head);
    out.body = ByteView(start + header, have - header);
    return out;
  }
  Frame out = frame(Frame::Part::Whole);
  out.raw = ByteView(start, whole);
  out.body = out.raw.subspan(header);
  drop(key_size() + whole);
  mode_ = Mode::Header;
  return out;
}

void FrameReader::skip_current() noexcept {
  if (mode_ != Mode::Body || !head_given_) return;
  const std::size_t header = 4 + code_size();
  const std::size_t have = std::min(end_ - begin_ - key_size(), header + body_size_);
  left_ = body_size_ - static_cast<std::uint32_t>(have - header);
  drop(key_size() + have);
  mode_ = Mode::Skip;
}

std::optional<Frame> FrameReader::stream_part() {
  if (plain_ == 0) {  // nothing handed out yet
    plain_ = 4 + code_size();
    if (left_ == 0) mode_ = Mode::StreamEnd;
    return frame(Frame::Part::Begin);
  }
  const std::size_t n = std::min<std::size_t>(end_ - begin_, left_);
  if (n == 0) return std::nullopt;
  std::uint8_t* const start = buffer_.data() + begin_;
  if (obfuscated_) apply_obfuscation(key_, plain_, MutableByteView(start, n));
  plain_ += n;
  left_ -= static_cast<std::uint32_t>(n);
  if (left_ == 0) mode_ = Mode::StreamEnd;
  Frame out = frame(Frame::Part::Chunk);
  out.body = ByteView(start, n);
  drop(n);
  return out;
}

std::optional<Frame> FrameReader::skip_part() {
  const std::size_t n = std::min<std::size_t>(end_ - begin_, left_);
  drop(n);
  left_ -= static_cast<std::uint32_t>(n);
  if (left_ > 0) return std::nullopt;
  mode_ = Mode::Header;
  return frame(Frame::Part::Skipped);
}

Result<std::optional<Frame>> FrameReader::next() {
  if (error_) return std::unexpected(*error_);
  if (mode_ == Mode::Header) {
    auto ready = read_header();
    if (!ready) {
      error_ = ready.error();
      return std::unexpected(std::move(ready).error());
    }
    if (!*ready) return std::nullopt;
  }
  switch (mode_) {
    case Mode::Body: return body_part();
    case Mode::Stream: return stream_part();
    case Mode::Skip: return skip_part();
    case Mode::StreamEnd: mode_ = Mode::Header; return frame(Frame::Part::End);
    case Mode::Header: break;
  }
  return std::nullopt;
}

}  // namespace soulfabric::soulseek::wire
