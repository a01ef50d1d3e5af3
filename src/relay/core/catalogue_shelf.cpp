// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the shelf: CBOR with the hash of the body, so that a torn or swapped file is no answer.
#include "core/catalogue_shelf.hpp"

#include <algorithm>

#include "core/catalogue_origin.hpp"
#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/crypto.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::uint64_t kForm = 1;
constexpr std::size_t kFields = 10;
constexpr std::size_t kTextCap = 256;

std::unexpected<Error> corrupt() { return fail(Errc::Corrupt, "A file of the catalogue's cache is damaged; it is fetched again when needed."); }

/// The entry but for whether it is for this key.
Result<CatalogueEntry> read_entry(const CatalogueKey& key, ByteView file) {
  cbor::Reader reader(file);
  CatalogueEntry entry;
  SF_TRY_ASSIGN(const std::size_t fields, reader.array(kFields));
  SF_TRY_ASSIGN(const std::uint64_t form, reader.number());
  SF_TRY_ASSIGN(const std::string_view about, reader.text(kTextCap));
  SF_TRY_ASSIGN(const std::string_view type, reader.text(kTextCap));
  SF_TRY_ASSIGN(const ByteView etag, reader.bytes(kTextCap));
  SF_TRY_ASSIGN(const std::int64_t fetched, reader.integer());
  SF_TRY_ASSIGN(const std::int64_t expires, reader.integer());
  SF_TRY_ASSIGN(entry.ours, reader.boolean());
  SF_TRY_ASSIGN(const std::string_view fetcher, reader.text(PeerId::kLength));
  SF_TRY_ASSIGN(const ByteView hash, reader.bytes(sizeof(crypto::Sha256)));
  SF_TRY_ASSIGN(const ByteView body, reader.bytes(kCatalogueBodyCap));
  SF_TRY(reader.end());
  if (fields != kFields || form != kForm || about != key.text() || !std::ranges::equal(crypto::sha256(body), hash)) return corrupt();
  entry.answer.status = 200;
  entry.answer.content_type = std::string(type);
  entry.answer.body = std::make_shared<const Bytes>(body.begin(), body.end());
  entry.answer.fetched = from_unix_micros(fetched);
  entry.answer.expires = from_unix_micros(expires);
  entry.answer.via = CatalogueVia::Disk;
  entry.answer.fetcher = PeerId::parse(fetcher);
  entry.etag = std::string(text_of(etag));
  return entry;
}

}  // namespace

std::string shelf_name(const CatalogueKey& key) { return to_hex(crypto::sha256(bytes_of(key.text()))); }

bool is_shelf_name(std::string_view name) noexcept {
  return name.size() == kShelfNameLength && std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Bytes encode_shelved(const CatalogueKey& key, const CatalogueEntry& entry) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(kFields);
  writer.number(kForm);
  writer.text(key.text());
  writer.text(entry.answer.content_type);
  writer.bytes(bytes_of(entry.etag));
  writer.integer(to_unix_micros(entry.answer.fetched));
  writer.integer(to_unix_micros(entry.answer.expires));
  writer.boolean(entry.ours);
  writer.text(entry.answer.fetcher ? entry.answer.fetcher->text() : std::string_view());
  writer.bytes(crypto::sha256(*entry.answer.body));
  writer.bytes(*entry.answer.body);
  return out;
}

Result<CatalogueEntry> decode_shelved(const CatalogueKey& key, ByteView file) {
  auto entry = read_entry(key, file);
  if (!entry) return corrupt();
  return entry;
}

void CatalogueShelf::found(const std::string& name, std::uint64_t bytes, std::int64_t order) {
  gone(name);
  files_[name] = {bytes, order};
  by_age_.emplace(order, name);
  bytes_ += bytes;
  last_ = std::max(last_, order);
}

void CatalogueShelf::written(const std::string& name, std::uint64_t bytes) { found(name, bytes, last_ + 1); }

void CatalogueShelf::gone(const std::string& name) {
  const auto file = files_.find(name);
  if (file == files_.end()) return;
  bytes_ -= file->second.bytes;
  by_age_.erase({file->second.order, name});
  files_.erase(file);
}

std::vector<std::string> CatalogueShelf::surplus() {
  std::vector<std::string> out;
  while (bytes_ > cap_ && !by_age_.empty()) {
    out.push_back(by_age_.begin()->second);
    gone(out.back());
  }
  return out;
}

std::vector<std::string> CatalogueShelf::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : files_) out.push_back(name);
  return out;
}

}  // namespace soulfabric::relay
