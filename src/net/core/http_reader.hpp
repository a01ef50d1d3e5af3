// SPDX-License-Identifier: GPL-3.0-or-later
// One answer, read strictly (RFC 9112): bytes in any pieces, the same outcome for all of them, nothing kept beyond the caps.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http_fault.hpp"
#include "core/http_inflate.hpp"

namespace soulfabric::net {

/// Caps of an answer besides its body's, ours: musicbrainz.org sends 14 headers in 600 bytes, coverartarchive.org 21 in 900.
inline constexpr std::size_t kHttpLineCap = 8 * 1024;
inline constexpr std::size_t kHttpHeadCap = 32 * 1024;
inline constexpr std::size_t kHttpHeaderCap = 100;
inline constexpr unsigned kHttpInterimCap = 4;  // answers of the 100s before the real one

class HttpReader {
 public:
  HttpReader(HttpMethod method, std::uint64_t body_cap) : head_only_(method == HttpMethod::Head), cap_(body_cap) {}

  /// Takes what it needs of `bytes`; what comes behind the end of the answer is never looked at. After a refusal only destruction makes
  /// sense. Refused: lines that do not end in CR LF, folded lines, blanks around names, two lengths, a length beside chunks, codings
  /// that were not asked for, more than the caps (before anything is allocated for it).
  [[nodiscard]] HttpStatus feed(ByteView bytes);
  /// The other side ended the connection in order: the end of a body without a length, else a refusal.
  [[nodiscard]] HttpStatus end();
  [[nodiscard]] bool done() const noexcept { return phase_ == Phase::Done; }
  /// Status, headers and body, once `done`.
  [[nodiscard]] HttpResponse take() { return std::move(response_); }

 private:
  enum class Phase : std::uint8_t { Status, Headers, Length, ChunkSize, ChunkData, ChunkEnd, Trailers, ToEnd, Done };

  HttpStatus line();
  HttpStatus status_line(std::string_view text);
  HttpStatus header_line(std::string_view text, bool trailer);
  HttpStatus head_ended();
  HttpStatus choose_coding();
  HttpStatus choose_framing();
  HttpStatus chunk_size(std::string_view text);
  HttpStatus take_body(ByteView& bytes);
  HttpStatus body_ended();
  HttpStatus announce(std::uint64_t more);
  [[nodiscard]] bool has_body() const noexcept;
  [[nodiscard]] std::uint64_t wire_cap() const noexcept;

  bool head_only_;
  std::uint64_t cap_;
  Phase phase_ = Phase::Status;
  bool old_version_ = false;
  bool cr_ = false;  // the line so far ends in CR
  std::string line_;
  std::size_t head_bytes_ = 0;
  std::size_t header_count_ = 0;
  unsigned interim_ = 0;
  std::uint64_t left_ = 0;     // of the length or of the chunk
  std::uint64_t came_ = 0;     // of the body as it is on the wire
  std::uint64_t framing_ = 0;  // bytes of chunk lines
  std::unique_ptr<HttpInflater> inflater_;
  HttpResponse response_;
};

}  // namespace soulfabric::net
