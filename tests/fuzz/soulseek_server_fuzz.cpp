// SPDX-License-Identifier: GPL-3.0-or-later
// Server messages of both directions; the first byte also picks the direction.
#include "soulseek_family.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (size > 0 && data[0] % 2 == 0) fuzz_family(FrameKind::ServerReplies, false, input, decode_server_reply);
  if (size > 0 && data[0] % 2 == 1) fuzz_family(FrameKind::ServerRequests, false, input, decode_server_request);
  return 0;
}
