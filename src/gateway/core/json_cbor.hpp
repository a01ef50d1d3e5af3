// SPDX-License-Identifier: GPL-3.0-or-later
// JSON of tools to the deterministic CBOR of the mesh and back. Pure.
//
// JSON         CBOR
// whole number unsigned or negative integer; numbers with a fraction are refused
// text, true, false, null, array: the same
// object       map with text keys, sorted; {"$bytes": "<base64>"} is a byte string. A key that begins with "$" is written with one "$" more.
//              Towards JSON, keys that are numbers become decimal texts and keys that are bytes become base64.
#pragma once
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::gateway {

/// InvalidArgument with one sentence: no JSON, a fraction, a member that stands twice, bytes that are no base64, nested deeper than CBOR
/// of the mesh may be. Empty text is the empty map.
[[nodiscard]] Result<Bytes> json_to_cbor(std::string_view text);
/// Malformed: not deterministic CBOR, or two keys that are one key in JSON. Empty bytes are null.
[[nodiscard]] Result<std::string> cbor_to_json(ByteView bytes);

}  // namespace soulfabric::gateway
