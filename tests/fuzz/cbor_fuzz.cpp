// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as CBOR: refused, or read and written again as the very same bytes.
#include <algorithm>
#include <cstdlib>
#include <limits>

#include "soulfabric/base/cbor.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::cbor;

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

template <class T>
T sure(const Result<T>& result) {
  if (!result) std::abort();  // `skip` accepted it
  return *result;
}

/// False where a number is below what 64 bits hold: valid, and nothing here writes it.
bool copy_item(Reader& in, Writer& out) {
  switch (sure(in.peek())) {
    case Kind::Unsigned: out.number(sure(in.number())); return true;
    case Kind::Negative: {
      const auto value = in.integer();
      if (value) out.integer(*value);
      return value.has_value();
    }
    case Kind::Bytes: out.bytes(sure(in.bytes(kAny))); return true;
    case Kind::Text: out.text(sure(in.text(kAny))); return true;
    case Kind::Bool: out.boolean(sure(in.boolean())); return true;
    case Kind::Null:
      if (!in.null()) std::abort();
      out.null();
      return true;
    case Kind::Array: {
      const std::size_t entries = sure(in.array(kAny));
      out.array(entries);
      for (std::size_t i = 0; i < entries; ++i) {
        if (!copy_item(in, out)) return false;
      }
      return true;
    }
    case Kind::Map: {
      const std::size_t entries = sure(in.map(kAny));
      out.map(entries);
      for (std::size_t i = 0; i < 2 * entries; ++i) {
        if (!copy_item(in, out)) return false;
      }
      return true;
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  Reader checker(in);
  if (!checker.skip()) {
    if (checker.position() != 0 || checker.depth() != 0) std::abort();
    return 0;
  }
  if (checker.depth() != 0) std::abort();
  Reader reader(in);
  Bytes again;
  Writer writer(again);
  if (!copy_item(reader, writer)) return 0;
  if (reader.position() != checker.position() || !std::ranges::equal(again, in.first(reader.position()))) std::abort();
  return 0;
}
