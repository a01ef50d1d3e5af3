// SPDX-License-Identifier: GPL-3.0-or-later
// Reads JSON by descent, at most kJsonDepth deep.
#include "core/json_tree.hpp"

#include <array>

#include "soulfabric/base/text.hpp"

namespace soulfabric::relay {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The four digits after "\u", or -1.
int unit_at(std::string_view text, std::size_t at) noexcept {
  if (text.size() < 4 || at > text.size() - 4) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

class Descent {
 public:
  Descent(std::string_view text, std::vector<JsonValue>& values) : text_(text), values_(values) {}
  bool whole() {
    if (!value({}, 0)) return false;
    space();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool take(char c) noexcept {
    space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) noexcept {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool digits() noexcept {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool number(std::string_view& out) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0')
      ++at_;
    else if (!digits())
      return false;
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    out = text_.substr(begin, at_ - begin);
    return true;
  }

  bool quoted(std::string_view& out) {
    if (peek() != '"') return false;
    const std::size_t begin = ++at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        out = text_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      ++at_;
      if (peek() == 'u' ? unit_at(text_, at_ + 1) < 0
                        : std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos || peek() == '\0')
        return false;
    }
    return false;
  }

  bool members(std::size_t depth) {
    if (take('}')) return true;
    for (;;) {
      std::string_view key;
      space();
      if (!quoted(key) || !take(':') || !value(key, depth)) return false;
      if (take('}')) return true;
      if (!take(',')) return false;
    }
  }
  bool elements(std::size_t depth) {
    if (take(']')) return true;
    for (;;) {
      if (!value({}, depth)) return false;
      if (take(']')) return true;
      if (!take(',')) return false;
    }
  }

  bool value(std::string_view key, std::size_t depth) {
    space();
    if (values_.size() >= kJsonValues || depth >= kJsonDepth) return false;
    const std::size_t mine = values_.size();
    values_.push_back({JsonKind::Null, key, {}, 0});
    const bool right = fill(mine, depth);
    values_[mine].end = values_.size();
    return right;
  }
  bool fill(std::size_t mine, std::size_t depth) {
    const auto as = [&](JsonKind kind) { values_[mine].kind = kind; };
    switch (peek()) {
      case '{':
        ++at_;
        as(JsonKind::Object);
        return members(depth + 1);
      case '[':
        ++at_;
        as(JsonKind::Array);
        return elements(depth + 1);
      case '"': as(JsonKind::Text); return quoted(values_[mine].text);
      case 't': as(JsonKind::True); return word("true");
      case 'f': as(JsonKind::False); return word("false");
      case 'n': return word("null");
      default: as(JsonKind::Number); return number(values_[mine].text);
    }
  }

  std::string_view text_;
  std::vector<JsonValue>& values_;
  std::size_t at_ = 0;
};

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6U));
    byte(0x80 | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12U));
    byte(0x80 | ((code >> 6U) & 0x3FU));
    byte(0x80 | (code & 0x3FU));
  } else {
    byte(0xF0 | (code >> 18U));
    byte(0x80 | ((code >> 12U) & 0x3FU));
    byte(0x80 | ((code >> 6U) & 0x3FU));
    byte(0x80 | (code & 0x3FU));
  }
}

/// The character written from `at` on, which is behind "\u"; moves `at` behind it. Half a pair becomes U+FFFD.
std::uint32_t code_at(std::string_view text, std::size_t& at) {
  const int first = unit_at(text, at);
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) return first < 0 ? 0xFFFD : static_cast<std::uint32_t>(first);
  if (first >= 0xDC00 || text.substr(at, 2) != "\\u") return 0xFFFD;
  const int second = unit_at(text, at + 2);
  if (second < 0xDC00 || second > 0xDFFF) return 0xFFFD;
  at += 6;
  return 0x10000U + ((static_cast<std::uint32_t>(first) - 0xD800U) << 10U) + (static_cast<std::uint32_t>(second) - 0xDC00U);
}

}  // namespace

Result<JsonTree> JsonTree::parse(std::string_view text) {
  JsonTree tree;
  if (!is_utf8(text) || !Descent(text, tree.values_).whole()) return fail(Errc::Malformed, "The answer is no JSON.");
  return tree;
}

std::optional<std::size_t> JsonTree::member(std::size_t at, std::string_view key) const {
  if (at >= values_.size() || values_[at].kind != JsonKind::Object) return std::nullopt;
  for (std::size_t i = at + 1; i < values_[at].end; i = values_[i].end) {
    if (values_[i].key == key) return i;
  }
  return std::nullopt;
}

std::optional<std::string_view> JsonTree::text(std::size_t at, std::string_view key) const {
  const auto found = member(at, key);
  if (!found || values_[*found].kind != JsonKind::Text) return std::nullopt;
  return values_[*found].text;
}

std::string json_plain(std::string_view quoted) {
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t at = 0; at < quoted.size();) {
    if (quoted[at] != '\\' || at + 1 == quoted.size()) {
      out.push_back(quoted[at++]);
      continue;
    }
    const char what = quoted[at + 1];
    at += 2;
    switch (what) {
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': append_utf8(out, code_at(quoted, at)); break;
      default: out.push_back(what);
    }
  }
  return out;
}

}  // namespace soulfabric::relay
