// SPDX-License-Identifier: GPL-3.0-or-later
// P messages, plain and obfuscated, compressed ones included.
#include "soulseek_family.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (size > 0) fuzz_family(FrameKind::Peer, data[0] % 2 == 1, input, decode_peer);
  return 0;
}
