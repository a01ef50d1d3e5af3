// SPDX-License-Identifier: GPL-3.0-or-later
// Deterministic CBOR (RFC 8949, section 4.2): definite lengths, shortest heads, sorted unique map keys, depth <= 8. One spelling per
// value, so that what was signed or hashed can be encoded again. Pure.
#pragma once
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
/// deterministic, truncated, too deep, a tag, a float or an indefinite length, or not the kind that was asked for.
class Reader {
 public:
  explicit Reader(ByteView in) noexcept : in_(in) {}
  [[nodiscard]] Result<Kind> peek() const;
  [[nodiscard]] Result<std::uint64_t> number();
  [[nodiscard]] Result<std::int64_t> integer();
  [[nodiscard]] Result<ByteView> bytes(std::size_t cap);
  [[nodiscard]] Result<std::string_view> text(std::size_t cap);  // valid UTF-8
  [[nodiscard]] Result<bool> boolean();
  [[nodiscard]] Status null();
  /// The number of entries; `cap` at most. Entries follow; a map's keys are read and checked by `key`.
  [[nodiscard]] Result<std::size_t> array(std::size_t cap);
  [[nodiscard]] Result<std::size_t> map(std::size_t cap);
  /// Skips one item of any kind, checking its form, with everything inside.
  [[nodiscard]] Status skip();
  /// Malformed where bytes are left.
  [[nodiscard]] Status end() const;
  [[nodiscard]] std::size_t position() const noexcept { return at_; }

 private:
  ByteView in_;
  std::size_t at_ = 0;
};

}  // namespace soulfabric::cbor
