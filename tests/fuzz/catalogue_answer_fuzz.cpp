// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the head of a signed answer: refused, or written again as the very same bytes; never believed. And as an answer of the
// origin: read or refused, each value within the one that holds it.
#include <cstdlib>

#include "relay/core/catalogue_compare.hpp"
#include "relay/core/json_tree.hpp"
#include "relay/wire/catalogue_wire.hpp"

using namespace soulfabric;
using namespace soulfabric::relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  if (const auto head = decode_head(in)) {
    if (encode_head(*head) != Bytes(in.begin(), in.end())) std::abort();
    const WallTime now = from_unix_micros(head->fetched * 1000);
    const auto body = std::make_shared<const Bytes>(Bytes{'x'});
    if (check_answer(*head, body, head->key, PeerId::of(head->signer), now) && head->status == 404) std::abort();
  }
  if (const auto tree = JsonTree::parse(text_of(in))) {
    for (std::size_t i = 0; i < tree->values().size(); ++i) {
      const JsonValue& value = tree->values()[i];
      if (value.end <= i || value.end > tree->values().size()) std::abort();
      const std::string plain = json_plain(value.text);
      if (plain.size() > value.text.size()) std::abort();
    }
    if (!compare_answers(text_of(in), text_of(in)).same) std::abort();
  }
  return 0;
}
