// SPDX-License-Identifier: GPL-3.0-or-later
// Everything of pods that strangers send, read from any bytes: the first byte chooses what; what is read is written the same way again.
#include <algorithm>
#include <cstdlib>

#include "services/wire/pod_calls.hpp"

using namespace soulfabric;
using namespace soulfabric::services;

namespace {

void require_same(ByteView bytes, const Bytes& again) {
  if (!std::equal(bytes.begin(), bytes.end(), again.begin(), again.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      if (const auto read = read_views(bytes)) require_same(bytes, encode_views(*read));
      break;
    case 1:
      if (const auto read = read_pod_request(bytes)) require_same(bytes, encode_pod_id(*read));
      break;
    case 2:
      if (const auto read = read_fetch(bytes)) require_same(bytes, encode_fetch(*read));
      break;
    case 3:
      if (const auto read = read_news(bytes)) require_same(bytes, encode_news(*read));
      break;
    case 4:
      if (const auto read = read_post(bytes)) require_same(bytes, encode_post(*read));
      break;
    case 5:
      if (const auto read = read_act(bytes)) require_same(bytes, encode_act(*read));
      break;
    case 6:
      if (const auto read = read_entry(bytes)) require_same(bytes, encode_entry(*read));
      break;
    default:
      if (const auto read = read_pod(bytes)) require_same(bytes, encode_pod(*read));
      break;
  }
  return 0;
}
