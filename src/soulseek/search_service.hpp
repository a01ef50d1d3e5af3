// SPDX-License-Identifier: GPL-3.0-or-later
// Our own searches: waits for the courtesy permit, sends, collects answers, stores them before it says "complete".
// Network thread only.
#pragma once
#include <map>
#include <memory>

#include "observers.hpp"
#include "ports.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/acquire.hpp"
#include "soulfabric/soulseek/client.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {

inline constexpr std::string_view kSearchTables = R"sql(
CREATE TABLE searches(
  id TEXT PRIMARY KEY, text TEXT NOT NULL, token INTEGER NOT NULL, outcome INTEGER NOT NULL, problem TEXT,
  started INTEGER NOT NULL, ended INTEGER, files INTEGER NOT NULL, locked INTEGER NOT NULL, responses INTEGER NOT NULL);
CREATE TABLE search_responses(
  search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE, n INTEGER NOT NULL, username BLOB NOT NULL, frame BLOB NOT NULL,
  PRIMARY KEY(search, n)) WITHOUT ROWID;
)sql";

class SearchService final : public Searches {
 public:
  SearchService(IoContext& context, IoClock& clock, Random& random, ServerPort& server, guard::CourtesyDesk& desk, DbWriter& store,
                WorkerPool& workers, Observers& observers);
  /// Reads the stored searches; what was running when the program died has ended with an error.
  [[nodiscard]] Task<Status> start_up();
  [[nodiscard]] Task<void> stop();

  [[nodiscard]] Result<Search> start(SearchRequest request, guard::Origin origin) override;
  [[nodiscard]] std::vector<Search> list() const override;
  [[nodiscard]] std::optional<Search> find(const std::string& id) const override;
  [[nodiscard]] Task<Result<std::vector<SearchResponse>>> responses(std::string id, std::size_t from) override;
  bool cancel(const std::string& id) override;
  bool remove(const std::string& id) override;

  [[nodiscard]] bool wants(std::uint32_t token) const { return by_token_.contains(token); }
  /// A search answer of a peer, still compressed.
  void on_answer(const PeerMessageIn& message);
  void on_session(bool logged_in);

 private:
  struct Entry;
  [[nodiscard]] Task<void> run(std::shared_ptr<Entry> entry, guard::Origin origin);
  [[nodiscard]] Task<void> collect(std::shared_ptr<Entry> entry);
  [[nodiscard]] Task<void> finish(std::shared_ptr<Entry> entry, SearchOutcome outcome, std::optional<std::string> problem);
  struct Sender {
    std::string username;
    IpAddress address;
    bool incoming = false;
  };
  [[nodiscard]] Task<void> decode_large(Sender from, Bytes body);
  void judge(const Sender& from, const Result<wire::PeerMessage>& decoded, Bytes frame);
  void take(const std::string& username, const wire::peer::FileSearchResponse& answer, Bytes frame);
  void tell_changed(const Entry& entry);

  IoClock& clock_;
  Random& random_;
  ServerPort& server_;
  guard::CourtesyDesk& desk_;
  DbWriter& store_;
  WorkerPool& workers_;
  Observers& observers_;
  std::vector<std::shared_ptr<Entry>> entries_;  // oldest first
  std::map<std::uint32_t, std::shared_ptr<Entry>> by_token_;
  std::uint32_t next_token_;
  std::size_t decoding_ = 0;  // compressed bytes on their way through a worker
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
