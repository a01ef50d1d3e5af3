// SPDX-License-Identifier: GPL-3.0-or-later
// How the field lists become encode and decode; included by the codec of each family only.
#pragma once
#include "wire/primitives.hpp"
#include "wire/wire.hpp"
#include "wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {

template <class M>
inline constexpr bool kCompressed = std::is_same_v<M, peer::SharedFileListResponse> || std::is_same_v<M, peer::FileSearchResponse> ||
                                    std::is_same_v<M, peer::FolderContentsResponse>;

template <class M, class... Ms>
[[nodiscard]] consteval bool is_one_of(std::type_identity<std::variant<Ms...>> /*family*/) {
  return (std::is_same_v<M, Ms> || ...);
}

/// Init and distributed codes take one byte, all others four.
template <class M>
inline constexpr std::size_t kCodeSize =
    is_one_of<M>(std::type_identity<InitMessage>{}) || is_one_of<M>(std::type_identity<DistributedMessage>{}) ? 1 : 4;

template <Message M>
Bytes encode(const M& message) {
  Writer out;
  out.begin_frame(M::kCode, kCodeSize<M>);
  if constexpr (kCompressed<M>) {
    Writer plain;
    fields(plain, message);
    out.rest("", deflate_all(plain.take()));
  } else {
    fields(out, message);
  }
  return out.finish_frame();
}

template <class M, class Variant>
[[nodiscard]] bool take_if(std::uint32_t code, Reader& in, Variant& out) {
  if constexpr (Message<M>) {
    if (code == M::kCode) {
      fields(in, out.template emplace<M>());
      return true;
    }
  }
  return false;
}

template <class... Ms>
[[nodiscard]] Result<std::variant<Ms...>> decode_as(std::type_identity<std::variant<Ms...>> /*family*/, std::string_view name,
                                                    std::uint32_t code, ByteView body) {
  std::variant<Ms...> out(Unknown{code});
  Reader in(body);
  static_cast<void>((take_if<Ms>(code, in, out) || ...));
  if (!in.ok()) return std::unexpected(in.error(name, code));
  return out;
}

}  // namespace soulfabric::soulseek::wire
