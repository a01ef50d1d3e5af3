// SPDX-License-Identifier: GPL-3.0-or-later
// The part of msgpack that the DHT speaks: strict reader over one datagram, writer of the shortest forms. Sans-IO.
#pragma once
#include <cstdint>
#include <string_view>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::mesh {

/// Reads one value after the other. After a failure every further read fails too: look at `ok()` once, at the end.
class PackReader {
 public:
  static constexpr unsigned kDepthCap = 8;

  explicit PackReader(ByteView bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  void fail() noexcept { ok_ = false; }

  /// Numbers of pairs and elements; 0 and a failure where there are more than `cap`.
  [[nodiscard]] std::size_t map(std::size_t cap) noexcept { return container(0x80, 0xDE, cap); }
  [[nodiscard]] std::size_t array(std::size_t cap) noexcept { return container(0x90, 0xDC, cap); }
  [[nodiscard]] std::string_view text(std::size_t cap) noexcept;
  [[nodiscard]] ByteView binary(std::size_t cap) noexcept;
  /// At most `most`.
  [[nodiscard]] std::uint64_t number(std::uint64_t most) noexcept;
  [[nodiscard]] bool boolean() noexcept;
  /// Whether the next value is a number, without reading it.
  [[nodiscard]] bool is_number() const noexcept;
  /// The bytes of one whole value, whatever it is.
  [[nodiscard]] ByteView raw() noexcept;

 private:
  [[nodiscard]] std::size_t container(std::uint8_t fixed, std::uint8_t sixteen, std::size_t cap) noexcept;
  [[nodiscard]] std::uint64_t big_endian(unsigned bytes) noexcept;
  [[nodiscard]] std::uint8_t byte() noexcept;
  [[nodiscard]] ByteView take(std::size_t size) noexcept;
  void skip(unsigned depth) noexcept;
  void skip_sized(std::uint8_t tag, unsigned depth) noexcept;

  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

class PackWriter {
 public:
  void map(std::size_t pairs) { container(0x80, 0xDE, pairs); }
  void array(std::size_t elements) { container(0x90, 0xDC, elements); }
  void text(std::string_view text);
  void binary(ByteView bytes);
  void number(std::uint64_t value);
  void boolean(bool value) { out_.push_back(value ? 0xC3 : 0xC2); }
  /// Bytes that are a whole value already.
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  void container(std::uint8_t fixed, std::uint8_t sixteen, std::size_t count);
  void big_endian(std::uint64_t value, unsigned bytes);
  Bytes out_;
};

}  // namespace soulfabric::mesh
