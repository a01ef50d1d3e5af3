// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts the byte stream of one connection into frames. Sans-IO: bytes in by prepare/commit or feed, frames out by next.
#pragma once
#include <optional>

#include "soulfabric/base/error.hpp"
#include "wire/obfuscation.hpp"
#include "wire/types.hpp"

namespace soulfabric::soulseek::wire {

/// Decides size of the code field and the cap of each code.
enum class FrameKind : std::uint8_t {
  ServerReplies,   // what a client reads from its server
  ServerRequests,  // what a server reads from a client
  Init,            // first frame of a connection between peers
  Peer,            // P
  Distributed,     // D
};

/// Views are valid until the next call of any non-const member of the reader.
struct Frame {
  enum class Part : std::uint8_t {
    Whole,    // body and raw are complete
    Head,     // Peer, search answer: the first bytes of a body still on its way; peek_search_answer() and maybe skip_current()
    Begin,    // Peer, browse answer: body_size is known, the body follows as Chunks
    Chunk,    // body is the next piece
    End,      // the last Chunk was handed out
    Skipped,  // Peer, unknown code or skipped by skip_current(): nothing of the body is kept
  };
  Part part = Part::Whole;
  std::uint32_t code = 0;
  std::uint32_t body_size = 0;  // bytes of the whole body, whatever the part
  ByteView body;
  ByteView raw;  // Whole only: the frame with its length field, for forwarding (without obfuscation)
};

/// One per connection; not thread-safe. Holds at most one partial frame and what was fed after it; the cap of a frame is known
/// before a byte of its body is kept. After an error every further next() gives the same error: close the connection.
class FrameReader {
 public:
  explicit FrameReader(FrameKind kind, bool obfuscated = false) noexcept : kind_(kind), obfuscated_(obfuscated) {}

  /// After the init frame: what follows is of this kind. Only P stays obfuscated (protocol note, section 6).
  void switch_to(FrameKind kind, bool obfuscated = false) noexcept;
  /// Allows one browse answer (code 5) or user info answer (code 16); unasked ones are an error. Frees nothing when it never comes.
  void expect(std::uint32_t code) noexcept;
  /// After a Head: the rest of this frame is dropped as it arrives and ends in Skipped.
  void skip_current() noexcept;

  /// Room for at least `n` bytes that a read fills; then commit what it got.
  [[nodiscard]] MutableByteView prepare(std::size_t n);
  void commit(std::size_t n) noexcept;
  /// The same in one call, by copy.
  void feed(ByteView bytes);

  /// The next part, or nothing until more bytes come. Malformed, TooLarge, or Rejected (an answer that nobody asked for).
  [[nodiscard]] Result<std::optional<Frame>> next();
  /// What was fed and not handed out, as it came: for F connections after their init frame. Empties the reader.
  [[nodiscard]] Bytes take_rest();
  /// Bytes held; for accounting.
  [[nodiscard]] std::size_t buffered() const noexcept { return end_ - begin_; }

 private:
  enum class Mode : std::uint8_t { Header, Body, Stream, StreamEnd, Skip };
  [[nodiscard]] std::size_t code_size() const noexcept;
  [[nodiscard]] std::size_t key_size() const noexcept { return obfuscated_ ? kObfuscationKeySize : 0; }
  [[nodiscard]] Result<bool> read_header();
  [[nodiscard]] Result<std::uint32_t> cap_of(std::uint32_t code);
  [[nodiscard]] std::optional<Frame> body_part();
  [[nodiscard]] std::optional<Frame> stream_part();
  [[nodiscard]] std::optional<Frame> skip_part();
  void drop(std::size_t n) noexcept;
  [[nodiscard]] Frame frame(Frame::Part part) const noexcept;

  FrameKind kind_;
  bool obfuscated_;
  Mode mode_ = Mode::Header;
  bool head_given_ = false;
  bool expect_browse_ = false;
  bool expect_info_ = false;
  std::uint32_t code_ = 0;
  std::uint32_t body_size_ = 0;
  std::uint32_t left_ = 0;  // of a streamed or skipped body
  std::size_t plain_ = 0;   // bytes of the current frame, from its length field on, that are readable
  ObfuscationKey key_{};
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<Error> error_;
};

}  // namespace soulfabric::soulseek::wire
