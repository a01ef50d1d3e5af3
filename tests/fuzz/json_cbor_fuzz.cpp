// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as the body of a call and any bytes as its reply: refused, or the same after a way there and back.
#include <cstdlib>

#include "gateway/core/json_cbor.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric;
  using namespace soulfabric::gateway;
  const ByteView input(data, size);
  if (const auto cbor = json_to_cbor(text_of(input))) {
    const auto json = cbor_to_json(*cbor);
    if (!json) std::abort();
    const auto again = json_to_cbor(*json);
    if (!again || *again != *cbor) std::abort();
  }
  if (const auto json = cbor_to_json(input)) {
    // Keys that are no texts become texts; after that nothing changes any more.
    const auto cbor = json_to_cbor(*json);
    if (!cbor) return 0;
    const auto again = cbor_to_json(*cbor);
    if (!again) std::abort();
  }
  return 0;
}
