// SPDX-License-Identifier: GPL-3.0-or-later
// Our own downloads by content id: looked for, fetched by the swarm, looked for again, gone on with after a kill. Network thread only.
#pragma once
#include <map>
#include <set>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/content.hpp"

namespace soulfabric::relay {

/// What a fetch needs of the rest of the relay.
class ContentFinder {
 public:
  virtual ~ContentFinder() = default;
  /// Peers that say they have it; with `wide` the DHT is asked too, as far as it may be.
  [[nodiscard]] virtual Task<std::vector<PeerId>> find(library::ContentId id, guard::Origin origin, bool wide) = 0;
  [[nodiscard]] virtual std::unique_ptr<swarm::PieceSource> source_of(PeerId peer, guard::Origin origin) = 0;
  [[nodiscard]] virtual std::unique_ptr<swarm::Download> download(swarm::DownloadRequest request) = 0;
};

struct FetchPatience {
  std::chrono::milliseconds first_retry{5'000};  // doubles
  std::chrono::milliseconds longest_retry{600'000};
  std::chrono::milliseconds look{60'000};  // for more sources while it runs
};

class ContentFetches {
 public:
  struct Dependencies {
    IoContext& context;
    IoClock& clock;
    Random& random;
    WorkerPool& workers;
    FileLayer& files;
  };
  ContentFetches(Dependencies dependencies, ContentFinder& finder, const ContentSettings& settings, FetchPatience patience = {});
  ~ContentFetches();
  ContentFetches(const ContentFetches&) = delete;
  ContentFetches& operator=(const ContentFetches&) = delete;

  [[nodiscard]] Task<Status> start();
  [[nodiscard]] Task<void> stop();
  void configure(const ContentSettings& settings);
  [[nodiscard]] Task<Result<std::string>> fetch(ContentFetchRequest request, guard::Origin origin);
  [[nodiscard]] std::vector<ContentFetch> list() const;
  [[nodiscard]] Status cancel(const std::string& id, bool remove);
  void on_change(std::function<void()> callback) { listeners_.push_back(std::move(callback)); }
  /// A peer came: those who wait look again.
  void look_again();

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  /// With the folders of now, which it keeps.
  [[nodiscard]] JobPtr make_job() const;
  [[nodiscard]] Task<void> run(JobPtr job);
  [[nodiscard]] Task<Status> attempt(JobPtr job);
  [[nodiscard]] Task<Status> add_sources(JobPtr job, bool wide);
  [[nodiscard]] Task<Status> download(JobPtr job);
  [[nodiscard]] Task<void> keep_looking(JobPtr job);
  [[nodiscard]] Task<bool> is_there_already(JobPtr job);
  [[nodiscard]] Task<void> finish(JobPtr job, Status outcome);
  [[nodiscard]] Task<Status> store(JobPtr job);
  [[nodiscard]] Task<void> tell_later();
  [[nodiscard]] std::filesystem::path partial_of(const Job& job) const;
  [[nodiscard]] std::filesystem::path state_of(const Job& job) const;
  [[nodiscard]] Task<void> put_away(JobPtr job, bool is_done);
  void begin(const JobPtr& job);
  void list_cancelled(const JobPtr& job);
  void changed();

  Dependencies deps_;
  ContentFinder& finder_;
  std::filesystem::path incomplete_;
  std::filesystem::path downloads_;
  FetchPatience patience_;
  std::map<std::string, JobPtr> jobs_;
  std::vector<std::function<void()>> listeners_;
  bool telling_ = false;
  MonoTime told_ = MonoTime::min();
  TaskScope scope_;
};

}  // namespace soulfabric::relay
