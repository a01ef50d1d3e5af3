// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a signed record, and its body as a descriptor or a change of keys: refused, or written again as the very same bytes; never believed for
// another key, kind or name than its own.
#include <algorithm>
#include <cstdlib>

#include "soulfabric/fabric/descriptor.hpp"
#include "soulfabric/mesh/rotation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric;
  const ByteView in(data, size);
  const auto record = mesh::decode_record(in);
  if (!record) return 0;
  if (!std::ranges::equal(mesh::encode_record(*record), in)) std::abort();
  const WallTime now = from_unix_micros(1'800'000'000'000'000);
  for (const auto kind : {mesh::RecordKind::Peer, mesh::RecordKind::Descriptor, mesh::RecordKind::Revocation}) {
    const bool form = mesh::check_record_form(*record, kind, record->key, now).has_value();
    if (form && record->kind != kind) std::abort();
    if (mesh::check_record(*record, kind, record->key, now).has_value() && !form) std::abort();
  }
  const auto statement = mesh::decode_rotation(record->body);
  if (statement && !std::ranges::equal(mesh::encode_rotation(*statement), record->body)) std::abort();
  const bool revokes = record->kind == mesh::RecordKind::Revocation && mesh::check_record(*record, record->kind, record->key, now).has_value();
  if (revokes && (!statement || !statement->compromised || record->withdrawn || !mesh::check_rotation(*statement, now))) std::abort();
  const auto pods = fabric::read_descriptor(*record, "pods", record->key, now, false);
  if (pods && (pods->name != "pods" || pods->id != fabric::service_id("pods", PeerId::of(record->signer)))) std::abort();
  if (pods && !pods->withdrawn && fabric::read_descriptor(*record, "other", record->key, now, false)) std::abort();
  auto moved = record->key;
  moved[0] = static_cast<std::uint8_t>(moved[0] + 1);
  if (fabric::read_descriptor(*record, "pods", moved, now, false)) std::abort();
  return 0;
}
