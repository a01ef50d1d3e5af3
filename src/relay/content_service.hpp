// SPDX-License-Identifier: GPL-3.0-or-later
// The side that serves: who may have a stream, the one refusal, and what is told of the contents that we announce. Network thread only.
#pragma once
#include <list>
#include <memory>
#include <vector>

#include "core/byte_lanes.hpp"
#include "core/piece_cache.hpp"
#include "core/stream_places.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/relay/content.hpp"

namespace soulfabric::relay {

struct ContentQuestion {
  crypto::Sha256 sha256{};
  template <class Visitor>
  void fields(Visitor& f) {
    f("sha256", sha256);
  }
};

/// Which of these does the node announce, and its signed statements of them. Of what it does not announce it says nothing.
struct AnnouncedQuestion {
  static constexpr std::size_t kIds = 64;
  std::vector<crypto::Sha256> ids;
  template <class Visitor>
  void fields(Visitor& f) {
    f("ids", ids, kIds);
  }
};
struct AnnouncedAnswer {
  std::vector<Bytes> records;
  template <class Visitor>
  void fields(Visitor& f) {
    f("records", records, AnnouncedQuestion::kIds);
  }
};

/// Times of one conversation.
struct ContentPatience {
  std::chrono::milliseconds idle{60'000};  // without a question while nothing is being sent
  std::chrono::milliseconds take{60'000};  // for the other side to take a quarter of a MiB
  std::chrono::milliseconds still{10'000}; // the same, and without a question, while others find no place
};

struct ContentServiceDependencies {
  IoContext& context;
  IoClock& clock;
  WorkerPool& workers;
  guard::Guard& guard;
  library::VerifiedCopies& copies;
};

class ContentService final : public fabric::TypedService<ContentService> {
 public:
  /// Our signed statement about a content where we announce it; nothing else.
  using Tell = std::function<std::optional<mesh::SignedRecord>(const library::ContentId&)>;
  ContentService(ContentServiceDependencies dependencies, const ContentSettings& settings, Tell tell, ContentPatience patience = {});
  ~ContentService() override;
  ContentService(const ContentService&) = delete;
  ContentService& operator=(const ContentService&) = delete;

  void configure(const ContentSettings& settings);
  /// Ends the streams of what is not served any more, and forgets its pieces.
  void withdraw();
  void add_metrics(ContentMetrics& into) const;

  // ---- methods -------------------------------------------------------------------------------------------------
  [[nodiscard]] Task<fabric::CallStatus> fetch(fabric::CallContext& context, ContentQuestion question, mesh::Stream& stream);
  [[nodiscard]] Task<Result<AnnouncedAnswer>> announced(fabric::CallContext& context, AnnouncedQuestion question);

 private:
  friend class ContentSending;
  class Place;
  struct Served {
    library::Manifest manifest;
    std::shared_ptr<File> file;
  };
  void refuse(ContentRefusal why) noexcept { ++metrics_.refused[static_cast<std::size_t>(why)]; }
  [[nodiscard]] Standing standing_of(const fabric::CallContext& context) const;
  void make_room(Standing asker);
  [[nodiscard]] Task<std::optional<Served>> look_up(library::ContentId id);
  [[nodiscard]] Task<fabric::CallStatus> say(mesh::Stream& stream, Bytes opening);
  void count_refusal(const library::ContentId& id);

  ContentServiceDependencies deps_;
  Tell tell_;
  ContentPatience patience_;
  bool enabled_ = true;
  std::size_t streams_per_peer_ = 0;
  std::size_t streams_ = 0;
  StreamPlaces places_;
  ByteLanes lanes_;
  Notifier lane_left_;
  PieceCache cache_;
  std::list<class ContentSending*> sendings_;
  ContentMetrics metrics_;
};

}  // namespace soulfabric::relay
