// SPDX-License-Identifier: GPL-3.0-or-later
// D messages.
#include "soulseek_family.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_family(FrameKind::Distributed, false, ByteView(data, size), decode_distributed);
  return 0;
}
