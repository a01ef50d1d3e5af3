// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a call's head: refused, or written again as the very same bytes. The first byte says which side's head it is.
#include <algorithm>
#include <cstdlib>

#include "fabric/wire/call_frame.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::fabric;

template <class Parsed>
void check(ByteView in, const Parsed& parsed, const Result<Bytes>& again) {
  if (!again || parsed.size > in.size()) std::abort();
  if (!std::ranges::equal(ByteView(*again).first(parsed.size), in.first(parsed.size))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView in(data + 1, size - 1);
  static const Bytes kPayload(kPayloadCap);
  if (data[0] % 2 == 0) {
    const auto parsed = parse_request(in);
    if (parsed && *parsed) check(in, **parsed, encode_request((*parsed)->head, ByteView(kPayload).first((*parsed)->head.payload_size)));
  } else {
    const auto parsed = parse_reply(in);
    if (parsed && *parsed) check(in, **parsed, encode_reply((*parsed)->head.status, ByteView(kPayload).first((*parsed)->head.payload_size)));
  }
  return 0;
}
