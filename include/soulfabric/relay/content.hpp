// SPDX-License-Identifier: GPL-3.0-or-later
// Content relay: verified content by its id only, served to other nodes and fetched from them (architecture, section 11; security rules
// S8, S11, S13). Network thread only.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/mesh/dht.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/swarm/download.hpp"

namespace soulfabric::relay {

struct ContentSettings {
  bool enabled = true;                 // serves; fetching works anyway
  std::size_t streams_per_peer = 2;
  std::size_t streams = 20;            // half of them at most for strangers; a quarter is kept for trusted peers
  std::uint64_t bytes_per_second = 0;           // of all that is served; 0: without limit
  std::uint64_t bytes_per_second_per_peer = 0;  // trusted peers: without limit
  std::uint64_t cache = 64 * 1024 * 1024;       // hot pieces, bytes
  std::size_t records = 1000;                   // provider records (security rule S8)
  mesh::Publish publish = mesh::Publish::Linked;
  std::chrono::seconds record_life{3600};
  std::filesystem::path incomplete;  // of our own downloads
  std::filesystem::path downloads;
  swarm::SwarmSettings swarm;
};

/// Why a request was not served, or (Slow) not to its end, for others waited for its place; counted here only; towards the peer there is one refusal (security rule S13).
enum class ContentRefusal : std::uint8_t { Unknown, Private, Unverified, Changed, Range, Streams, Rate, Disabled, Slow, Count_ };
[[nodiscard]] std::string_view name_of(ContentRefusal why) noexcept;

/// What a node that we fetch from did, or did not. The first three are proven and charged, and so is a false record.
enum class FetchFault : std::uint8_t {
  WrongBytes,  // a piece that does not fit the root it stated
  FalseRoot,   // the whole was not what was asked for
  Malformed,   // another piece, another length or another form than was asked for
  Short,       // it ended in the middle of a piece
  Late,        // nothing came in time
  Slow,        // much slower than the others
  Refused,     // the one refusal
  Busy,        // no place for us
  Gone,        // not reached, or it ended the transfer between two pieces
  Record,      // its statement that it has the content holds not
  Count_,
};
[[nodiscard]] std::string_view name_of(FetchFault fault) noexcept;
using FetchFaults = std::vector<std::uint64_t>;  // by reason

struct ContentMetrics {
  std::uint64_t manifests = 0;  // served
  std::uint64_t pieces = 0;
  std::uint64_t bytes = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_pieces = 0;  // in memory, now
  std::uint64_t cache_bytes = 0;   // of them
  std::uint64_t streams = 0;    // now
  std::uint64_t records = 0;    // announced, now
  std::uint64_t fetched_bytes = 0;
  std::vector<std::uint64_t> refused = std::vector<std::uint64_t>(static_cast<std::size_t>(ContentRefusal::Count_));
  FetchFaults faults = FetchFaults(static_cast<std::size_t>(FetchFault::Count_));
};

struct ContentProvider {
  PeerId peer;
  bool linked = false;
  bool trusted = false;
  int reputation = 50;
};

/// A download of a content by its id, as the page shows it.
struct ContentFetch {
  std::string id;  // GUID
  std::string name;  // of the file it becomes
  WallTime asked{};
  swarm::DownloadReport report;
};

struct ContentFetchRequest {
  library::ContentId want;
  std::optional<std::uint64_t> size;
  std::string name;             // of the file, without a path; empty: the id
  std::vector<PeerId> from;     // besides those that are found
};

class ContentRelay {
 public:
  virtual ~ContentRelay() = default;
  /// Goes on with downloads that an earlier run did not finish.
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  virtual void configure(const ContentSettings& settings) = 0;
  /// Nodes that say they have it, linked ones first: from records told over links and, where `publish` and origin allow, the table.
  [[nodiscard]] virtual Task<Result<std::vector<ContentProvider>>> providers(library::ContentId id, guard::Origin origin, MonoTime deadline) = 0;
  /// Starts a download: its id. Forbidden (origin), Exists (it is under way), InvalidArgument (name).
  [[nodiscard]] virtual Task<Result<std::string>> fetch(ContentFetchRequest request, guard::Origin origin) = 0;
  [[nodiscard]] virtual std::vector<ContentFetch> fetches() const = 0;
  /// Ends it; `remove` also forgets it, with its partial file. NotFound.
  [[nodiscard]] virtual Status cancel(const std::string& id, bool remove) = 0;
  virtual void on_change(std::function<void()> callback) = 0;
  [[nodiscard]] virtual ContentMetrics metrics() const = 0;
  [[nodiscard]] virtual fabric::MeshService& service() = 0;
  /// The mesh as a source for the swarm.
  [[nodiscard]] virtual std::unique_ptr<swarm::PieceSource> source(PeerId peer, guard::Origin origin) = 0;
};

inline constexpr std::string_view kContentService = "content-relay";

/// All outlive it.
struct ContentDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  FileLayer& files;
  guard::Guard& guard;
  library::VerifiedCopies& copies;
  fabric::Fabric& fabric;
  mesh::Links& links;
  mesh::PeerBook& peers;
  mesh::Dht& dht;
  SigningKey key;
  Bytes secret;  // for the choice of what is announced (security rule S8): 32 bytes, kept
};
[[nodiscard]] std::unique_ptr<ContentRelay> make_content_relay(ContentDependencies dependencies, ContentSettings settings);

}  // namespace soulfabric::relay
