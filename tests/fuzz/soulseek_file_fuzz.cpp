// SPDX-License-Identifier: GPL-3.0-or-later
// F connections: an init frame, then token or offset without framing.
#include "soulseek_family.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FrameReader reader(FrameKind::Init);
  reader.feed(ByteView(data, size));
  const auto next = reader.next();
  if (!next || !*next) return 0;
  static_cast<void>(decode_init((*next)->code, (*next)->body));
  const Bytes rest = reader.take_rest();
  const auto token = decode_transfer_token(rest);
  must(token.has_value() == (rest.size() >= file::TransferToken::kSize), "a token needs exactly its bytes");
  if (token) must(std::ranges::equal(encode(*token), ByteView(rest).first(file::TransferToken::kSize)), "a token changed");
  const auto offset = decode_transfer_offset(rest);
  must(offset.has_value() == (rest.size() >= file::TransferOffset::kSize), "an offset needs exactly its bytes");
  if (offset) must(std::ranges::equal(encode(*offset), ByteView(rest).first(file::TransferOffset::kSize)), "an offset changed");
  return 0;
}
