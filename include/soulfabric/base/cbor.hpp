// SPDX-License-Identifier: GPL-3.0-or-later
// Deterministic CBOR (RFC 8949, section 4.2): definite lengths, shortest heads, sorted unique map keys, depth <= 8. One spelling per
// value, so that what was signed or hashed can be encoded again. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::cbor {

constexpr unsigned kMaxDepth = 8;

enum class Kind : std::uint8_t { Unsigned, Negative, Bytes, Text, Array, Map, Bool, Null };

/// Appends items to a buffer. Maps and arrays state their number of entries first; the caller keeps the promise and writes map
/// keys in ascending bytewise order of their encodings (shorter texts first, then by bytes).
class Writer {
 public:
  explicit Writer(Bytes& out) noexcept : out_(out) {}
  void number(std::uint64_t value);
  void integer(std::int64_t value);
  void bytes(ByteView value);
  void text(std::string_view value);
  void array(std::size_t entries);
  void map(std::size_t entries);
  void boolean(bool value);
  void null();

 private:
  void head(unsigned major, std::uint64_t value);
  Bytes& out_;
};

/// Walks one encoding; views point into it. Every length is checked against what is left before it is believed. Malformed: not
/// deterministic, truncated, too deep, a tag, a float or an indefinite length, or not the kind that was asked for; TooLarge: over the
/// caller's cap. After an error the reader stands where it stood. A map's keys are read like any item; that they ascend, and are
/// numbers, bytes or texts, is checked on the way.
class Reader {
 public:
  explicit Reader(ByteView in) noexcept : in_(in) {}
  [[nodiscard]] Result<Kind> peek() const;
  [[nodiscard]] Result<std::uint64_t> number();
  [[nodiscard]] Result<std::int64_t> integer();  // a number too
  [[nodiscard]] Result<ByteView> bytes(std::size_t cap);
  [[nodiscard]] Result<std::string_view> text(std::size_t cap);  // valid UTF-8
  [[nodiscard]] Result<bool> boolean();
  [[nodiscard]] Status null();
  /// The number of entries; `cap` at most. Entries follow, in a map key and value by turns.
  [[nodiscard]] Result<std::size_t> array(std::size_t cap);
  [[nodiscard]] Result<std::size_t> map(std::size_t cap);
  /// Skips one item of any kind, checking its form, with everything inside.
  [[nodiscard]] Status skip();
  /// Malformed where bytes are left, or entries of an array or a map were promised and are not there.
  [[nodiscard]] Status end() const;
  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] unsigned depth() const noexcept { return depth_; }

 private:
  struct Head {
    unsigned major = 0;
    unsigned info = 0;
    std::uint64_t value = 0;
    std::size_t size = 0;  // of the head itself
  };
  /// An array or map that is open.
  struct Level {
    std::uint64_t left = 0;  // items, keys and values counted each
    bool is_map = false;
    std::size_t key_begin = 0;  // the key before
    std::size_t key_end = 0;
  };
  [[nodiscard]] Result<Head> head() const;
  [[nodiscard]] Result<Head> head_of(unsigned major) const;
  [[nodiscard]] bool at_key() const noexcept;
  /// Moves past a scalar that ends at `end`.
  [[nodiscard]] Status pass(std::size_t end);
  [[nodiscard]] Result<std::size_t> open(unsigned major, std::size_t cap);
  [[nodiscard]] Result<ByteView> string(unsigned major, std::size_t cap, bool utf8);
  [[nodiscard]] Status skip_one();
  void close_finished() noexcept;

  ByteView in_;
  std::size_t at_ = 0;
  std::array<Level, kMaxDepth> levels_{};
  unsigned depth_ = 0;
};

}  // namespace soulfabric::cbor
