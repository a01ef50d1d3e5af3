// SPDX-License-Identifier: GPL-3.0-or-later
// Heads of HTTP/1.1 messages, read strictly: what two parsers could understand in two ways is refused. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::relay {

constexpr std::size_t kHeadCap = 64 * 1024;  // bytes of a head, the empty line included
constexpr std::size_t kFieldLines = 128;

struct HttpField {
  std::string_view name;   // as it was written
  std::string_view value;  // without blanks around it
};

/// Views into the bytes that were parsed.
struct HttpHead {
  std::string_view method;  // of a request
  std::string_view target;  // of a request: an absolute path, or "*"
  int status = 0;           // of a response, 100 to 599
  std::string_view reason;  // of a response
  bool old = false;         // a response of HTTP/1.0
  std::vector<HttpField> fields;
  std::size_t size = 0;  // bytes of the head

  /// Of the only field of this name; nothing where there is none or several.
  [[nodiscard]] std::optional<std::string_view> only(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// Whether a list such as Connection names it, in any of its fields and in any case.
  [[nodiscard]] bool lists(std::string_view name, std::string_view token) const;
};

/// Nothing while the empty line is missing. Malformed; TooLarge; Unsupported (a version other than 1.1).
[[nodiscard]] Result<std::optional<HttpHead>> parse_request_head(ByteView bytes);
/// The same; HTTP/1.0 is understood too.
[[nodiscard]] Result<std::optional<HttpHead>> parse_response_head(ByteView bytes);

enum class BodyKind : std::uint8_t { None, Length, Chunked, UntilEnd };
struct BodyPlan {
  BodyKind kind = BodyKind::None;
  std::uint64_t length = 0;
};
/// Malformed: a length and chunks at once, two lengths, another coding than chunked.
[[nodiscard]] Result<BodyPlan> body_of_request(const HttpHead& head);
[[nodiscard]] Result<BodyPlan> body_of_response(const HttpHead& head, bool asked_by_head);

/// Finds the end of a body in the bytes that pass by.
class BodyMeter {
 public:
  explicit BodyMeter(BodyPlan plan) noexcept;
  /// How many of these bytes, from the front, belong to the body; all of them unless it ends among them. Malformed: broken chunks.
  [[nodiscard]] Result<std::size_t> take(ByteView bytes);
  [[nodiscard]] bool is_done() const noexcept { return done_; }
  [[nodiscard]] bool is_until_end() const noexcept { return plan_.kind == BodyKind::UntilEnd; }

 private:
  enum class At : std::uint8_t { Size, Extension, SizeEnd, Data, DataEnd, DataEndLine, Trailer, TrailerEnd };
  [[nodiscard]] Status step(std::uint8_t byte);
  [[nodiscard]] Status size_digit(std::uint8_t byte);
  [[nodiscard]] Status end_of_size(std::uint8_t byte);
  BodyPlan plan_;
  At at_ = At::Size;
  std::uint64_t left_ = 0;  // of the length, or of the chunk
  unsigned digits_ = 0;
  std::size_t extra_ = 0;      // bytes of extensions of one chunk, or of trailers
  bool line_is_empty_ = true;  // of the trailers
  bool done_ = false;
};

}  // namespace soulfabric::relay
