// SPDX-License-Identifier: GPL-3.0-or-later
// Status line, headers, framing, body.
#include "core/http_reader.hpp"

#include <algorithm>
#include <charconv>

#include "soulfabric/base/text.hpp"

namespace soulfabric::net {
namespace {

constexpr std::uint64_t kPackedSlack = 64 * 1024;   // a packed body may be a little larger than what it holds
constexpr std::uint64_t kFramingSlack = 64 * 1024;  // chunk lines, besides eight bytes for each byte of the body
constexpr std::uint64_t kFramingPerByte = 8;
constexpr std::size_t kChunkLineCap = 256;
constexpr std::size_t kChunkDigits = 15;
constexpr std::size_t kLengthDigits = 18;

std::unexpected<HttpFault> bad_head(std::string_view what) {
  return refuse(HttpRefusal::Header, Errc::Malformed, "An answer breaks the rules of HTTP: " + std::string(what) + ".");
}
std::unexpected<HttpFault> long_head() {
  return refuse(HttpRefusal::Header, Errc::TooLarge, "The headers of an answer are longer than they may be.");
}
std::unexpected<HttpFault> bad_body(std::string_view what) {
  return refuse(HttpRefusal::Body, Errc::Malformed, "The body of an answer breaks the rules of HTTP: " + std::string(what) + ".");
}
std::unexpected<HttpFault> long_body() {
  return refuse(HttpRefusal::Body, Errc::TooLarge, "The body of an answer is larger than its kind may be.");
}

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

HttpStatus HttpReader::feed(ByteView bytes) {
  while (!bytes.empty() && phase_ != Phase::Done) {
    if (phase_ == Phase::Length || phase_ == Phase::ChunkData || phase_ == Phase::ToEnd) {
      if (auto taken = take_body(bytes); !taken) return taken;
      continue;
    }
    const char c = static_cast<char>(bytes.front());
    bytes = bytes.subspan(1);
    const bool head = phase_ == Phase::Status || phase_ == Phase::Headers || phase_ == Phase::Trailers;
    if (head && ++head_bytes_ > kHttpHeadCap) return long_head();
    if (!head && ++framing_ > kFramingSlack + kFramingPerByte * came_) return bad_body("its chunks are too small");
    if (cr_ != (c == '\n')) return head ? bad_head("a line does not end in CR LF") : bad_body("a line does not end in CR LF");
    if (c == '\n') {
      cr_ = false;
      if (auto read = line(); !read) return read;
      line_.clear();
    } else if (c == '\r') {
      cr_ = true;
    } else if (line_.size() >= (head ? kHttpLineCap : kChunkLineCap)) {
      return head ? long_head() : bad_body("a line between chunks is too long");
    } else {
      line_ += c;
    }
  }
  return {};
}

HttpStatus HttpReader::end() {
  if (phase_ == Phase::Done) return {};
  if (phase_ == Phase::ToEnd) return body_ended();
  if (phase_ == Phase::Status || phase_ == Phase::Headers) return bad_head("it ends within its headers");
  return bad_body("it ends too early");
}

HttpStatus HttpReader::line() {
  switch (phase_) {
    case Phase::Status: return status_line(line_);
    case Phase::Headers: return line_.empty() ? head_ended() : header_line(line_, false);
    case Phase::Trailers: return line_.empty() ? body_ended() : header_line(line_, true);
    case Phase::ChunkSize: return chunk_size(line_);
    case Phase::ChunkEnd:
      if (!line_.empty()) return bad_body("a chunk is longer than it says");
      phase_ = Phase::ChunkSize;
      return {};
    default: return {};
  }
}

HttpStatus HttpReader::status_line(std::string_view text) {
  const bool version = text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 ");
  if (!version || text.size() < 12 || (text.size() > 12 && text[12] != ' ')) return bad_head("its first line is no status line");
  const auto digits = text.substr(9, 3);
  if (!std::ranges::all_of(digits, is_digit) || digits[0] < '1' || digits[0] > '5')
    return bad_head("its status is no number from 100 to 599");
  if (!std::ranges::all_of(text, is_text)) return bad_head("its first line is no status line");
  old_version_ = text[7] == '0';
  response_.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  phase_ = Phase::Headers;
  return {};
}

HttpStatus HttpReader::header_line(std::string_view text, bool trailer) {
  if (++header_count_ > kHttpHeaderCap) return long_head();
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !std::ranges::all_of(text.substr(0, colon), is_token))
    return bad_head("a header has no proper name");
  if (!std::ranges::all_of(text.substr(colon + 1), is_text)) return bad_head("a header holds control characters");
  const auto value = trim(text.substr(colon + 1));
  if (trailer) return {};  // says nothing about what was read already
  const auto name = ascii_lower(text.substr(0, colon));
  const auto [at, fresh] = response_.headers.try_emplace(name, value);
  if (fresh) return {};
  if (name == "content-length" || name == "transfer-encoding" || name == "content-encoding" || name == "location")
    return bad_head(name + " stands there twice");
  at->second += ", ";
  at->second += value;
  return {};
}

bool HttpReader::has_body() const noexcept { return !head_only_ && response_.status != 204 && response_.status != 304; }

std::uint64_t HttpReader::wire_cap() const noexcept { return inflater_ ? cap_ + kPackedSlack : cap_; }

HttpStatus HttpReader::head_ended() {
  if (response_.status < 200) {
    if (response_.status == 101 || ++interim_ > kHttpInterimCap) return bad_head("its status does not answer the request");
    response_.headers.clear();
    phase_ = Phase::Status;
    return {};
  }
  if (auto coding = choose_coding(); !coding) return coding;
  return choose_framing();
}

HttpStatus HttpReader::choose_coding() {
  const auto coding = response_.headers.find("content-encoding");
  if (!has_body() || coding == response_.headers.end()) return {};
  const auto name = ascii_lower(coding->second);
  if (name == "gzip" || name == "x-gzip") {
    inflater_ = std::make_unique<HttpInflater>(HttpInflater::Kind::Gzip);
  } else if (name == "deflate") {
    inflater_ = std::make_unique<HttpInflater>(HttpInflater::Kind::Zlib);
  } else if (!name.empty() && name != "identity") {
    return bad_head("its body is packed in a way that was not asked for");
  }
  return {};
}

HttpStatus HttpReader::choose_framing() {
  const auto& headers = response_.headers;
  const auto coding = headers.find("transfer-encoding");
  const auto length = headers.find("content-length");
  if (coding != headers.end()) {
    if (length != headers.end()) return bad_head("it has both a length and chunks");
    if (old_version_ || !equal_ignoring_ascii_case(coding->second, "chunked")) return bad_head("its transfer coding is not chunked");
  }
  std::uint64_t size = 0;
  if (length != headers.end()) {
    const auto number = parse_u64(length->second);
    if (!number || length->second.size() > kLengthDigits) return bad_head("its length is no number");
    size = *number;
  }
  if (!has_body()) {
    phase_ = Phase::Done;
    return {};
  }
  if (coding != headers.end()) {
    phase_ = Phase::ChunkSize;
    return {};
  }
  if (length == headers.end()) {
    phase_ = Phase::ToEnd;
    return {};
  }
  if (auto fits = announce(size); !fits) return fits;
  if (size == 0) return body_ended();
  left_ = size;
  phase_ = Phase::Length;
  return {};
}

HttpStatus HttpReader::announce(std::uint64_t more) {
  if (more > wire_cap() - std::min(wire_cap(), came_)) return long_body();
  return {};
}

HttpStatus HttpReader::chunk_size(std::string_view text) {
  const auto digits = text.substr(0, text.find(';'));
  if (digits.empty() || digits.size() > kChunkDigits || !std::ranges::all_of(text, is_text)) return bad_body("a chunk has no proper size");
  std::uint64_t size = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (code != std::errc{} || end != digits.data() + digits.size()) return bad_body("a chunk has no proper size");
  if (size == 0) {
    phase_ = Phase::Trailers;
    return {};
  }
  left_ = size;
  phase_ = Phase::ChunkData;
  return announce(size);
}

HttpStatus HttpReader::take_body(ByteView& bytes) {
  const bool bounded = phase_ != Phase::ToEnd;
  const auto count = bounded ? static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)) : bytes.size();
  const auto piece = bytes.first(count);
  if (auto fits = announce(count); !fits) return fits;
  bytes = bytes.subspan(count);
  came_ += count;
  if (inflater_) {
    if (auto unpacked = inflater_->run(piece, response_.body, cap_); !unpacked) return unpacked;
  } else {
    response_.body.insert(response_.body.end(), piece.begin(), piece.end());
  }
  if (!bounded) return {};
  left_ -= count;
  if (left_ > 0) return {};
  if (phase_ == Phase::Length) return body_ended();
  phase_ = Phase::ChunkEnd;
  return {};
}

HttpStatus HttpReader::body_ended() {
  if (inflater_ && came_ > 0 && !inflater_->finished())
    return refuse(HttpRefusal::Inflation, Errc::Malformed, "The packed body of an answer ends too early.");
  if (inflater_) {  // what they said is no longer true of the body
    response_.headers.erase("content-encoding");
    response_.headers.erase("content-length");
  }
  phase_ = Phase::Done;
  return {};
}

}  // namespace soulfabric::net
