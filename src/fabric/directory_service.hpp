// SPDX-License-Identifier: GPL-3.0-or-later
// The hidden service `directory` of every node: signed descriptors and the metadata behind them, for linked peers; and the asking side.
#pragma once
#include <functional>
#include <map>

#include "client.hpp"
#include "soulfabric/fabric/typed.hpp"

namespace soulfabric::fabric {

inline constexpr std::string_view kDirectoryService = "directory";
/// Records in one answer, at most: an asker keeps 20.
constexpr std::size_t kRecordsTold = 32;
constexpr std::size_t kMetadataCap = 4096;

struct FindQuestion {
  std::string name;
  template <class Visitor>
  void fields(Visitor& f) {
    f("name", name, kServiceNameCap);
  }
};
struct FindAnswer {
  std::vector<Bytes> records;
  template <class Visitor>
  void fields(Visitor& f) {
    f("records", records, kRecordsTold);
  }
};
struct MetadataQuestion {
  ServiceId id{};
  template <class Visitor>
  void fields(Visitor& f) {
    f("id", id);
  }
};
struct MetadataAnswer {
  Bytes metadata;
  template <class Visitor>
  void fields(Visitor& f) {
    f("metadata", metadata, kMetadataCap);
  }
};

class DirectoryService final : public TypedService<DirectoryService> {
 public:
  /// What we would tell; set before the first call.
  using Tell = std::function<Result<std::vector<mesh::SignedRecord>>(const PeerId& caller, const std::string& name)>;
  DirectoryService();
  void set_tell(Tell tell) { tell_ = std::move(tell); }
  void set_metadata(std::map<ServiceId, Bytes> metadata) { metadata_ = std::move(metadata); }

  [[nodiscard]] Task<Result<FindAnswer>> find(CallContext& context, FindQuestion question);
  [[nodiscard]] Task<Result<MetadataAnswer>> metadata(CallContext& context, MetadataQuestion question);

 private:
  Tell tell_;
  std::map<ServiceId, Bytes> metadata_;
};

/// Sorted names and values as encode_metadata wrote them.
[[nodiscard]] Result<Fabric::Metadata> decode_metadata(ByteView bytes);

/// Asks by calls that our own automation pays for.
class CallSource final : public DescriptorSource {
 public:
  CallSource(CallClient& client, guard::Guard& guard) : client_(client), guard_(guard) {}
  [[nodiscard]] Task<Result<std::vector<mesh::SignedRecord>>> ask(PeerId peer, std::string name, MonoTime deadline) override;

 private:
  CallClient& client_;
  guard::Guard& guard_;
};

}  // namespace soulfabric::fabric
