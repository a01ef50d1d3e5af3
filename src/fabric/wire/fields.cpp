// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the struct codec that knows no types.
#include "soulfabric/fabric/fields.hpp"

namespace soulfabric::fabric::detail {

std::unexpected<Error> malformed_field() { return fail(Errc::Malformed, "A field is missing or not what it should be."); }

void FieldWriter::finish(Bytes& out) {
  std::ranges::sort(entries_, {}, &Entry::key);
  cbor::Writer(out).map(entries_.size());
  for (const Entry& entry : entries_) {
    out.insert(out.end(), entry.key.begin(), entry.key.end());
    out.insert(out.end(), entry.value.begin(), entry.value.end());
  }
}

Result<FieldReader> FieldReader::open(ByteView map) {
  cbor::Reader reader(map);
  SF_TRY_ASSIGN(const std::size_t entries, reader.map(kFieldsCap));
  FieldReader fields;
  fields.entries_.reserve(entries);
  for (std::size_t i = 0; i < entries; ++i) {
    SF_TRY_ASSIGN(const std::string_view name, reader.text(kFieldNameCap));
    const std::size_t begin = reader.position();
    SF_TRY(reader.skip());
    fields.entries_.push_back({name, map.subspan(begin, reader.position() - begin)});
  }
  SF_TRY(reader.end());
  return fields;
}

}  // namespace soulfabric::fabric::detail
