// SPDX-License-Identifier: GPL-3.0-or-later
// Query hygiene and the memory of recent searches.
#include "core/query.hpp"

#include <functional>

namespace soulfabric::soulseek {
namespace {

bool is_word_byte(char c) noexcept {
  const auto b = static_cast<unsigned char>(c);
  return b >= 0x80 || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

}  // namespace

std::string clean_query(std::string_view text) {
  std::string out;
  bool plain = false;
  bool operator_pending = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool word_start = i == 0 || !is_word_byte(text[i - 1]);
    if (is_word_byte(c)) {
      if (word_start && !operator_pending) {
        if (!out.empty() && out.back() != ' ') out.push_back(' ');
        plain = true;
      }
      operator_pending = false;
      out.push_back(c);
      continue;
    }
    operator_pending = false;
    const bool after_blank = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t' || text[i - 1] == '"';
    const bool before_word = i + 1 < text.size() && is_word_byte(text[i + 1]);
    if ((c == '-' || c == '*') && after_blank && before_word) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
      out.push_back(c);
      operator_pending = true;
    }
  }
  if (!plain) return {};
  if (out.size() > kMaxQueryBytes) {
    out.resize(kMaxQueryBytes);
    const auto blank = out.rfind(' ');
    if (blank != std::string::npos) out.resize(blank);
  }
  return out;
}

bool RepeatFilter::is_repeat(std::string_view user, std::uint32_t token, std::string_view query, MonoTime now) {
  while (!order_.empty() && (now - order_.front().at > kWindow || order_.size() > kRemembered)) {
    by_key_.erase(order_.front().key);
    order_.pop_front();
  }
  const std::hash<std::string_view> hash;
  const std::uint64_t key = hash(user) * 0x9E3779B97F4A7C15ULL ^ (hash(query) + token * 0xBF58476D1CE4E5B9ULL);
  const auto [at, fresh] = by_key_.try_emplace(key);
  if (!fresh) return true;
  order_.push_back({key, now});
  at->second = std::prev(order_.end());
  return false;
}

}  // namespace soulfabric::soulseek
