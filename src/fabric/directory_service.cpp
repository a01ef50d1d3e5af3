// SPDX-License-Identifier: GPL-3.0-or-later
// Descriptors over links: found faster than in the DHT, and without telling it what we look for.
#include "directory_service.hpp"

#include "soulfabric/base/cbor.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::size_t kMetadataEntries = 10;
constexpr std::size_t kFindReplyCap = 32 * 1024;

}  // namespace

DirectoryService::DirectoryService()
    : TypedService({.name = std::string(kDirectoryService), .version = "1.0.0", .longest_call = std::chrono::seconds(5)},
                   {method<&DirectoryService::find>("Find", {.idempotent = true, .request_cap = 256, .reply_cap = kFindReplyCap}),
                    method<&DirectoryService::metadata>("Metadata", {.idempotent = true, .request_cap = 256, .reply_cap = 2 * kMetadataCap})}) {}

Task<Result<FindAnswer>> DirectoryService::find(CallContext& context, FindQuestion question) {
  FindAnswer answer;
  if (!is_service_name(question.name)) co_return fail(Errc::InvalidArgument, "This is no name of a service.");
  if (!tell_) co_return answer;
  const auto told = tell_(context.caller, question.name);
  SF_CO_TRY(told);
  for (const mesh::SignedRecord& record : *told) {
    if (answer.records.size() == kRecordsTold) break;
    answer.records.push_back(mesh::encode_record(record));
  }
  co_return answer;
}

Task<Result<MetadataAnswer>> DirectoryService::metadata(CallContext& /*context*/, MetadataQuestion question) {
  const auto found = metadata_.find(question.id);
  if (found == metadata_.end()) co_return fail(Errc::NotFound, "This service is not offered here.");
  co_return MetadataAnswer{found->second};
}

Result<Fabric::Metadata> decode_metadata(ByteView bytes) {
  cbor::Reader reader(bytes);
  SF_TRY_ASSIGN(const std::size_t entries, reader.map(kMetadataEntries));
  Fabric::Metadata metadata;
  for (std::size_t i = 0; i < entries; ++i) {
    SF_TRY_ASSIGN(const std::string_view key, reader.text(kMetadataCap));
    SF_TRY_ASSIGN(const std::string_view value, reader.text(kMetadataCap));
    metadata.emplace_back(key, value);
  }
  SF_TRY(reader.end());
  return metadata;
}

/// Form only: the directory checks keys, times and signatures of whatever it is told.
Task<Result<std::vector<mesh::SignedRecord>>> CallSource::ask(PeerId peer, std::string name, MonoTime deadline) {
  auto permit = guard_.try_permit<guard::MeshCall>({guard::Origin::LocalAutomation, guard::Subject::node()});
  if (!permit) co_return std::unexpected(permit.error());
  const Question question{std::string(kDirectoryService), "Find", encode(FindQuestion{std::move(name)}), 0, kFindReplyCap};
  bool sent = false;
  const auto outcome = co_await client_.call(*permit, peer, question, deadline, sent);
  if (!outcome) co_return std::unexpected(outcome.error());
  if (outcome->status != CallStatus::Ok) co_return std::unexpected(error_of(outcome->status));
  const auto answer = decode<FindAnswer>(outcome->payload);
  if (!answer) co_return std::unexpected(answer.error());
  std::vector<mesh::SignedRecord> records;
  for (const Bytes& bytes : answer->records) {
    auto record = mesh::decode_record(bytes);
    if (record) records.push_back(std::move(*record));
  }
  co_return records;
}

}  // namespace soulfabric::fabric
