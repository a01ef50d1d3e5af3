// SPDX-License-Identifier: GPL-3.0-or-later
// Names of nodes from their keys.
#include "soulfabric/base/peer_id.hpp"

#include <algorithm>

#include "soulfabric/base/crypto.hpp"

namespace soulfabric {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

}  // namespace

PeerId PeerId::of(const PublicKey& key) {
  const auto digest = crypto::sha256(key);
  PeerId id;
  for (std::size_t i = 0; i < kLength; ++i) {
    const std::size_t bit = i * 5;
    const std::size_t byte = bit / 8;
    const unsigned pair = (static_cast<unsigned>(digest[byte]) << 8U) | digest[byte + 1];
    id.text_[i] = kAlphabet[(pair >> (11U - bit % 8)) & 31U];
  }
  return id;
}

std::optional<PeerId> PeerId::parse(std::string_view text) {
  if (text.size() != kLength || text.find_first_not_of(kAlphabet) != std::string_view::npos) return std::nullopt;
  PeerId id;
  std::copy(text.begin(), text.end(), id.text_.begin());
  return id;
}

}  // namespace soulfabric
