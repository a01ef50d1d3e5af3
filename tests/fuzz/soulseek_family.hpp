// SPDX-License-Identifier: GPL-3.0-or-later
// What the fuzz targets of the Soulseek families share: cut into frames, decode, and what decoded must encode to a fixed point.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "soulseek/wire/frame_reader.hpp"
#include "soulseek/wire/wire.hpp"

namespace soulfabric::soulseek::wire {

inline void must(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

/// `decode` is one of the decode_* functions. The first input byte says in which pieces the rest arrives.
template <class Decode>
void fuzz_family(FrameKind kind, bool obfuscated, ByteView input, Decode decode) {
  if (input.empty()) return;
  const std::size_t piece = std::size_t{input[0]} + 1;
  input = input.subspan(1);
  const std::size_t header = kind == FrameKind::Init || kind == FrameKind::Distributed ? 5 : 8;
  FrameReader reader(kind, obfuscated);
  reader.expect(5);
  reader.expect(16);
  while (!input.empty()) {
    const std::size_t n = std::min(piece, input.size());
    reader.feed(input.first(n));
    input = input.subspan(n);
    while (true) {
      const auto next = reader.next();
      if (!next) return;
      if (!*next) break;
      const Frame& frame = **next;
      if (frame.part == Frame::Part::Head) {
        static_cast<void>(peek_search_answer(frame.body));
        if (frame.body[0] % 2 == 0) reader.skip_current();
      }
      if (frame.part != Frame::Part::Whole) continue;
      const auto message = decode(frame.code, frame.body);
      if (!message) continue;
      std::visit(
          [&]<class M>(const M& first) {
            if constexpr (Message<M>) {
              const Bytes once = encode(first);
              const auto again = decode(M::kCode, ByteView(once).subspan(header));
              must(again.has_value(), "an encoded message does not decode");
              must(std::holds_alternative<M>(*again), "an encoded message decodes to another kind");
              must(encode(std::get<M>(*again)) == once, "encode and decode have no fixed point");
            }
          },
          *message);
    }
  }
}

}  // namespace soulfabric::soulseek::wire
