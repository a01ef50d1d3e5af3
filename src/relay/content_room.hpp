// SPDX-License-Identifier: GPL-3.0-or-later
// Serving, announcing and fetching as one. Network thread only.
#pragma once
#include <functional>
#include <memory>

#include "content_announcer.hpp"
#include "content_fetches.hpp"
#include "content_service.hpp"

namespace soulfabric::relay {

/// Makes the swarm's download; a test gives its own.
using MakeDownload = std::function<std::unique_ptr<swarm::Download>(swarm::DownloadRequest, const swarm::SwarmSettings&)>;

class ContentRoom final : public ContentRelay, private ContentFinder {
 public:
  ContentRoom(ContentDependencies dependencies, const ContentSettings& settings, MakeDownload make, ContentPatience patience = {},
              FetchPatience fetch_patience = {});
  ~ContentRoom() override;
  ContentRoom(const ContentRoom&) = delete;
  ContentRoom& operator=(const ContentRoom&) = delete;

  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const ContentSettings& settings) override;
  [[nodiscard]] Task<Result<std::vector<ContentProvider>>> providers(library::ContentId id, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] Task<Result<std::string>> fetch(ContentFetchRequest request, guard::Origin origin) override;
  [[nodiscard]] std::vector<ContentFetch> fetches() const override { return fetches_.list(); }
  [[nodiscard]] Status cancel(const std::string& id, bool remove) override { return fetches_.cancel(id, remove); }
  void on_change(std::function<void()> callback) override { fetches_.on_change(std::move(callback)); }
  [[nodiscard]] ContentMetrics metrics() const override;
  [[nodiscard]] fabric::MeshService& service() override { return service_; }
  [[nodiscard]] std::unique_ptr<swarm::PieceSource> source(PeerId peer, guard::Origin origin) override;

 private:
  struct Asked;
  [[nodiscard]] Task<std::vector<PeerId>> find(library::ContentId id, guard::Origin origin, bool wide) override;
  [[nodiscard]] std::unique_ptr<swarm::PieceSource> source_of(PeerId peer, guard::Origin origin) override { return source(peer, origin); }
  [[nodiscard]] std::unique_ptr<swarm::Download> download(swarm::DownloadRequest request) override;
  [[nodiscard]] Task<std::vector<ContentProvider>> ask(library::ContentId id, guard::Origin origin, bool wide, MonoTime deadline);
  [[nodiscard]] Task<void> ask_peer(Asked& asked, PeerId peer);
  [[nodiscard]] Task<void> ask_table(Asked& asked);
  void take(Asked& asked, const mesh::SignedRecord& record);
  void blame_record(const PeerId& peer, guard::Violation violation);
  [[nodiscard]] ContentProvider provider_of(const PeerId& peer) const;

  ContentDependencies deps_;
  ContentSettings settings_;
  MakeDownload make_;
  std::uint64_t fetched_bytes_ = 0;
  FetchFaults faults_ = FetchFaults(static_cast<std::size_t>(FetchFault::Count_));
  ContentAnnouncer announcer_;
  ContentService service_;
  ContentFetches fetches_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // listeners cannot be taken back
};

}  // namespace soulfabric::relay
