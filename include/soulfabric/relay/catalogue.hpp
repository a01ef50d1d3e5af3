// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue fetch: what MusicBrainz and the Cover Art Archive say, asked once for all who know each other (architecture, section 11;
// security rules S16, S17). Network thread only.
#pragma once
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/net/http_client.hpp"
#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

struct CatalogueSettings {
  bool enabled = true;
  bool mesh = true;          // asks the owner over the mesh, and answers others
  bool reduced_privacy = false;  // asks through believed peers drawn by lot, the origin only where nobody is believed
  std::string musicbrainz = "https://musicbrainz.org";  // base URLs
  std::string cover_art = "https://coverartarchive.org";
  std::vector<std::string> domains;      // hosts beyond the usual ones
  std::chrono::seconds fresh{600};
  std::chrono::seconds negative{60};
  std::chrono::milliseconds acknowledge{1'000};  // for an owner, then the next one is asked
  double spot_check = 0.01;              // share of answers of others that are compared with the origin
  std::uint64_t memory = 32 * 1024 * 1024;
  std::uint64_t disk = 256 * 1024 * 1024;
  std::filesystem::path folder;          // of the last good answers; empty: none are kept
};

/// Why an answer of another node was not taken.
enum class CatalogueFault : std::uint8_t { Form, Oversize, Content, OtherKey, OtherSigner, Forged, Expired, Count_ };
[[nodiscard]] std::string_view name_of(CatalogueFault fault) noexcept;
/// Why the next owner was asked.
enum class OwnerFault : std::uint8_t { Unreachable, Silent, Refused, NotBelieved, Count_ };
[[nodiscard]] std::string_view name_of(OwnerFault fault) noexcept;
/// Why another node's question was not answered, counted here only.
enum class CatalogueRefusal : std::uint8_t { Disabled, Budget, Rate, Busy, Time, NotOurs, Failed, Count_ };
[[nodiscard]] std::string_view name_of(CatalogueRefusal why) noexcept;
/// Why a question at the origin came to nothing, whoever asked it.
enum class OriginFault : std::uint8_t { TimedOut, RateLimited, TooLarge, OriginDown, NotAllowed, Malformed, Budget, Count_ };
[[nodiscard]] std::string_view name_of(OriginFault fault) noexcept;

/// What became of a question of this node that memory and disk could not answer.
enum class CatalogueOutcome : std::uint8_t { Mesh, Origin, Stale, Failed, Count_ };
[[nodiscard]] std::string_view name_of(CatalogueOutcome outcome) noexcept;

inline constexpr std::array<double, 9> kCatalogueSteps{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};  // seconds
struct CatalogueTimes {
  std::array<std::uint64_t, kCatalogueSteps.size()> within{};  // so many took at most the step, and more than the one before
  std::uint64_t count = 0;
  double seconds = 0;  // of all together
};

template <class Reason>
[[nodiscard]] std::vector<std::uint64_t> none_of() {
  return std::vector<std::uint64_t>(static_cast<std::size_t>(Reason::Count_));
}

struct CatalogueMetrics {
  std::uint64_t asked = 0;
  std::uint64_t from_memory = 0;
  std::uint64_t from_disk = 0;
  std::uint64_t from_mesh = 0;
  std::uint64_t from_origin = 0;
  std::uint64_t joined = 0;      // waited for a fetch that was under way
  std::uint64_t stale = 0;
  std::uint64_t negative = 0;
  std::uint64_t served = 0;      // to other nodes
  std::uint64_t owners_passed_over = 0;
  std::uint64_t refused_answers = 0;  // all of `faults`
  std::uint64_t spot_checks = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t entries = 0;     // in memory, now
  std::uint64_t bytes = 0;       // of them
  std::uint64_t disk_entries = 0;  // last good answers kept on disk, now
  std::uint64_t disk_bytes = 0;    // of them
  std::vector<std::uint64_t> faults = none_of<CatalogueFault>();
  std::vector<std::uint64_t> passed_over = none_of<OwnerFault>();
  std::vector<std::uint64_t> refused = none_of<CatalogueRefusal>();
  std::vector<std::uint64_t> failed = none_of<OriginFault>();
  std::array<CatalogueTimes, static_cast<std::size_t>(CatalogueOutcome::Count_)> times{};
};

class Catalogue {
 public:
  virtual ~Catalogue() = default;
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  virtual void configure(const CatalogueSettings& settings) = 0;
  /// A 404 of the origin is an answer. Errors: Unavailable (switched off, or nobody and nothing answers), TimedOut, TooLarge,
  /// RateLimited, Forbidden.
  [[nodiscard]] virtual Task<Result<CatalogueAnswer>> fetch(CatalogueKey key, guard::Origin origin, MonoTime deadline) = 0;
  [[nodiscard]] virtual CatalogueMetrics metrics() const = 0;
  /// Forgets what is kept, memory and disk.
  virtual void clear() = 0;
  /// The mesh came or went; nothing: everything is asked at the origin. The service of the answers is added to the fabric by `daemon`.
  virtual void use(fabric::Fabric* fabric, mesh::PeerBook* peers, mesh::Links* links) = 0;
  [[nodiscard]] virtual fabric::MeshService& service() = 0;
};

inline constexpr std::string_view kCatalogueService = "catalogue-fetch";

struct CatalogueDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  guard::Guard& guard;
  net::HttpClient& http;
  SigningKey key;  // of this node, for the answers it gives
};
[[nodiscard]] std::unique_ptr<Catalogue> make_catalogue(CatalogueDependencies dependencies, CatalogueSettings settings);

}  // namespace soulfabric::relay
