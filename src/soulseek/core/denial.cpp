// SPDX-License-Identifier: GPL-3.0-or-later
// The table of refusals.
#include "core/denial.hpp"

#include "soulfabric/base/text.hpp"

namespace soulfabric::soulseek::core {
namespace {

constexpr std::size_t kLongestReason = 200;  // bytes shown of a peer's words

struct Rule {
  std::string_view text;
  bool prefix;
  Denial meaning;
};
constexpr Rule kRules[] = {
    {"queued", false, Denial::Queued},
    {"complete", false, Denial::Complete},
    {"file not shared", false, Denial::NotShared},
    {"remote file error", false, Denial::NotShared},
    {"file read error", false, Denial::ReadError},
    {"pending shutdown", false, Denial::Shutdown},
    {"too many files", false, Denial::Limited},
    {"too many megabytes", false, Denial::Limited},
    {"user limit of ", true, Denial::Limited},
    {"overwhelmed with requests", true, Denial::Overwhelmed},
    {"enqueue failed due to internal error", true, Denial::Internal},
};

}  // namespace

Denial classify_denial(std::string_view reason) {
  std::string text = ascii_lower(trim(reason.substr(0, kLongestReason)));
  while (!text.empty() && text.back() == '.') text.pop_back();
  for (const Rule& rule : kRules) {
    if (rule.prefix ? text.starts_with(rule.text) : text == rule.text) return rule.meaning;
  }
  return Denial::Final;
}

std::string rejection_text(std::string_view reason) {
  std::string shown = display_text(reason.substr(0, kLongestReason));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return "Transfer rejected: " + (trim(shown).empty() ? std::string("the user gave no reason") : std::string(trim(shown)));
}

}  // namespace soulfabric::soulseek::core
