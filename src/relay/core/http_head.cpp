// SPDX-License-Identifier: GPL-3.0-or-later
// Lines, fields, and where a body ends.
#include "core/http_head.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kExtraCap = 4096;  // of chunk extensions or trailers
constexpr unsigned kSizeDigits = 12;     // of one chunk: 256 TiB

std::unexpected<Error> malformed() { return fail(Errc::Malformed, "The message is not in the form of HTTP."); }

bool is_token(char c) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_token(c); });
}

/// Visible characters, blanks, tabs, and bytes beyond ASCII.
bool is_text(char c) noexcept { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }
bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7f; }

std::string_view trim_blanks(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The head's length with its empty line; 0: not yet.
Result<std::size_t> find_end(std::string_view text) {
  const std::string_view looked = text.substr(0, kHeadCap);
  const auto end = looked.find("\r\n\r\n");
  const std::string_view head = looked.substr(0, end == std::string_view::npos ? end : end + 4);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) return malformed();
    if (head[i] == '\r' && i + 1 < head.size() && head[i + 1] != '\n') return malformed();
    if (head[i] == '\0') return malformed();
  }
  if (end != std::string_view::npos) return end + 4;
  if (text.size() >= kHeadCap) return fail(Errc::TooLarge, "The head of the message is larger than 64 KiB.");
  return std::size_t{0};
}

Result<HttpField> parse_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed();
  const HttpField field{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
  if (!is_token(field.name) || !std::ranges::all_of(field.value, is_text)) return malformed();
  return field;
}

Status parse_request_line(std::string_view line, HttpHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed();
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  const bool is_path = head.target.starts_with('/') || head.target == "*";
  if (!is_token(head.method) || head.method == "CONNECT" || !is_path || !std::ranges::all_of(head.target, is_visible)) return malformed();
  if (version == "HTTP/1.1") return {};
  if (version.starts_with("HTTP/")) return fail(Errc::Unsupported, "Only HTTP/1.1 is understood here.");
  return malformed();
}

Status parse_status_line(std::string_view line, HttpHead& head) {
  const bool is_new = line.starts_with("HTTP/1.1 ");
  if (!is_new && !line.starts_with("HTTP/1.0 ")) return malformed();
  head.old = !is_new;
  const auto status = parse_u64(line.substr(9, 3));
  if (!status || line.size() < 12 || *status < 100 || *status > 599) return malformed();
  head.status = static_cast<int>(*status);
  const std::string_view rest = line.substr(12);
  if (!rest.empty() && rest.front() != ' ') return malformed();
  head.reason = trim_blanks(rest);
  if (!std::ranges::all_of(head.reason, is_text)) return malformed();
  return {};
}

using FirstLine = Status (*)(std::string_view, HttpHead&);

Result<std::optional<HttpHead>> parse(ByteView bytes, FirstLine first_line) {
  SF_TRY_ASSIGN(const std::size_t size, find_end(text_of(bytes)));
  if (size == 0) return std::optional<HttpHead>();
  HttpHead head;
  head.size = size;
  std::string_view rest = text_of(bytes).substr(0, size - 2);
  bool first = true;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (std::exchange(first, false)) {
      SF_TRY(first_line(line, head));
      continue;
    }
    if (head.fields.size() >= kFieldLines) return fail(Errc::TooLarge, "The head of the message has too many lines.");
    SF_TRY_ASSIGN(head.fields.emplace_back(), parse_field(line));
  }
  return head;
}

/// Chunked, or nothing said of a coding.
Result<bool> is_chunked(const HttpHead& head) {
  const std::size_t codings = head.count("transfer-encoding");
  if (codings == 0) return false;
  const auto coding = head.only("transfer-encoding");
  if (!coding || !equal_ignoring_ascii_case(*coding, "chunked") || head.old || head.count("content-length") != 0) return malformed();
  return true;
}

Result<std::optional<std::uint64_t>> stated_length(const HttpHead& head) {
  if (head.count("content-length") == 0) return std::optional<std::uint64_t>();
  const auto text = head.only("content-length");
  const auto length = text ? parse_u64(*text) : std::nullopt;
  if (!length) return malformed();
  return length;
}

int hex_value(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t HttpHead::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [name](const HttpField& field) { return equal_ignoring_ascii_case(field.name, name); }));
}

std::optional<std::string_view> HttpHead::only(std::string_view name) const {
  if (count(name) != 1) return std::nullopt;
  return std::ranges::find_if(fields, [name](const HttpField& field) { return equal_ignoring_ascii_case(field.name, name); })->value;
}

bool HttpHead::lists(std::string_view name, std::string_view token) const {
  for (const HttpField& field : fields) {
    if (!equal_ignoring_ascii_case(field.name, name)) continue;
    for (const std::string_view part : split(field.value, ',')) {
      if (equal_ignoring_ascii_case(trim_blanks(part), token)) return true;
    }
  }
  return false;
}

Result<std::optional<HttpHead>> parse_request_head(ByteView bytes) { return parse(bytes, parse_request_line); }
Result<std::optional<HttpHead>> parse_response_head(ByteView bytes) { return parse(bytes, parse_status_line); }

Result<BodyPlan> body_of_request(const HttpHead& head) {
  SF_TRY_ASSIGN(const bool chunked, is_chunked(head));
  if (chunked) return BodyPlan{BodyKind::Chunked, 0};
  SF_TRY_ASSIGN(const auto length, stated_length(head));
  if (length.value_or(0) == 0) return BodyPlan{};
  return BodyPlan{BodyKind::Length, *length};
}

Result<BodyPlan> body_of_response(const HttpHead& head, bool asked_by_head) {
  SF_TRY_ASSIGN(const bool chunked, is_chunked(head));
  SF_TRY_ASSIGN(const auto length, stated_length(head));
  if (asked_by_head || head.status < 200 || head.status == 204 || head.status == 304) return BodyPlan{};
  if (chunked) return BodyPlan{BodyKind::Chunked, 0};
  if (!length) return BodyPlan{BodyKind::UntilEnd, 0};
  if (*length == 0) return BodyPlan{};
  return BodyPlan{BodyKind::Length, *length};
}

BodyMeter::BodyMeter(BodyPlan plan) noexcept : plan_(plan), left_(plan.length), done_(plan.kind == BodyKind::None) {}

Result<std::size_t> BodyMeter::take(ByteView bytes) {
  if (done_) return std::size_t{0};
  if (plan_.kind == BodyKind::UntilEnd) return bytes.size();
  std::size_t used = 0;
  while (used < bytes.size() && !done_) {
    const bool is_data = plan_.kind == BodyKind::Length || at_ == At::Data;
    if (!is_data) {
      SF_TRY(step(bytes[used]));
      ++used;
      continue;
    }
    const std::uint64_t part = std::min<std::uint64_t>(left_, bytes.size() - used);
    left_ -= part;
    used += static_cast<std::size_t>(part);
    if (left_ > 0) break;
    if (plan_.kind == BodyKind::Length) done_ = true;
    at_ = At::DataEnd;
  }
  return used;
}

Status BodyMeter::size_digit(std::uint8_t byte) {
  const int value = hex_value(byte);
  if (value >= 0) {
    if (++digits_ > kSizeDigits) return malformed();
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return {};
  }
  if (digits_ == 0) return malformed();
  if (byte == '\r') {
    at_ = At::SizeEnd;
    return {};
  }
  if (byte != ';') return malformed();
  at_ = At::Extension;
  extra_ = 0;
  return {};
}

Status BodyMeter::end_of_size(std::uint8_t byte) {
  if (byte != '\n') return malformed();
  at_ = left_ == 0 ? At::Trailer : At::Data;
  line_is_empty_ = true;
  digits_ = 0;
  extra_ = 0;
  return {};
}

Status BodyMeter::step(std::uint8_t byte) {
  switch (at_) {
    case At::Size: return size_digit(byte);
    case At::SizeEnd: return end_of_size(byte);
    case At::Extension:
      if (byte == '\r') {
        at_ = At::SizeEnd;
        return {};
      }
      if (!is_text(static_cast<char>(byte)) || ++extra_ > kExtraCap) return malformed();
      return {};
    case At::Data: break;
    case At::DataEnd: at_ = At::DataEndLine; return byte == '\r' ? Status{} : malformed();
    case At::DataEndLine: at_ = At::Size; return byte == '\n' ? Status{} : malformed();
    case At::Trailer:
      if (byte == '\r') {
        at_ = At::TrailerEnd;
        return {};
      }
      line_is_empty_ = false;
      if (!is_text(static_cast<char>(byte)) || ++extra_ > kExtraCap) return malformed();
      return {};
    case At::TrailerEnd:
      done_ = line_is_empty_;
      line_is_empty_ = true;
      at_ = At::Trailer;
      return byte == '\n' ? Status{} : malformed();
  }
  return malformed();
}

}  // namespace soulfabric::relay
