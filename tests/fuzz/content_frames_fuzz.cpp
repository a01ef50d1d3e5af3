// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what the content relay says: refused, or written again as the very same bytes. The first byte says which of its frames.
#include <algorithm>
#include <cstdlib>

#include "relay/wire/content_frames.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::relay;

void same(ByteView in, ByteView again) {
  if (again.size() > in.size() || !std::ranges::equal(in.first(again.size()), again)) std::abort();
}

void opening(ByteView in) {
  const auto head = parse_opening(in);
  if (!head || !*head) return;
  if ((*head)->body > kManifestMost) std::abort();
  if ((*head)->opening != Opening::Manifest) return same(in, encode_opening((*head)->opening));
  if (in.size() - kOpeningHead < (*head)->body) return;
  const auto manifest = parse_manifest(in.subspan(kOpeningHead, (*head)->body), {});
  if (manifest) same(in, encode_manifest(*manifest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView in(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    opening(in);
  } else if (data[0] % 3 == 1) {
    const auto piece = parse_ask(in);
    if (piece) same(in, encode_ask(*piece));
  } else {
    const auto head = parse_piece_head(in, {7, 262144});
    if (!head || !*head) return 0;
    std::array<std::uint8_t, kPieceHead> again;
    write_piece_head(again, **head);
    same(in, again);
  }
  return 0;
}
