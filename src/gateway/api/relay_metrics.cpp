// SPDX-License-Identifier: GPL-3.0-or-later
// The relays in numbers: what came of it is the only label (no user, peer, path, URL, hash).
#include <algorithm>

#include "api/dto_relay.hpp"
#include "api/metrics.hpp"
#include "soulfabric/net/http_client.hpp"

namespace soulfabric::gateway {
namespace {

template <class Reason>
void refusals(Metrics& metrics, std::string_view name, const std::vector<std::uint64_t>& counts) {
  for (std::size_t i = 0; i < counts.size() && i < static_cast<std::size_t>(Reason::Count_); ++i) {
    metrics.sample(name, "result", relay::name_of(static_cast<Reason>(i)), static_cast<double>(counts[i]));
  }
}

template <class Reason>
void reasons(Metrics& metrics, std::string_view name, std::string_view help, const std::vector<std::uint64_t>& counts) {
  metrics.family(name, help, "counter");
  refusals<Reason>(metrics, name, counts);
}

void catalogue_times(Metrics& metrics, const relay::CatalogueMetrics& m) {
  constexpr std::string_view kTook = "proxy_catalog_fetch_duration_seconds";
  metrics.family(kTook, "How long look-ups of this node took that memory and disk could not answer.", "histogram");
  for (std::size_t i = 0; i < m.times.size(); ++i) {
    const relay::CatalogueTimes& times = m.times[i];
    const std::string result = "result=\"" + std::string(relay::name_of(static_cast<relay::CatalogueOutcome>(i))) + "\"";
    std::uint64_t so_far = 0;
    for (std::size_t step = 0; step < times.within.size(); ++step) {
      so_far += times.within[step];
      std::string bound;
      JsonWriter(bound).value(relay::kCatalogueSteps[step]);
      metrics.labelled(std::string(kTook) + "_bucket", result + ",le=\"" + bound + "\"", static_cast<double>(so_far));
    }
    metrics.labelled(std::string(kTook) + "_bucket", result + ",le=\"+Inf\"", static_cast<double>(times.count));
    metrics.labelled(std::string(kTook) + "_sum", result, times.seconds);
    metrics.labelled(std::string(kTook) + "_count", result, static_cast<double>(times.count));
  }
}

void catalogue_metrics(Metrics& metrics, const relay::CatalogueMetrics& m) {
  constexpr std::string_view kFetches = "proxy_catalog_fetch_requests_total";
  metrics.family(kFetches, "Catalogue look-ups by what came of them: answered from where, or why the origin gave nothing.", "counter");
  metrics.labelled(kFetches, R"(result="memory",from_cache="true")", static_cast<double>(m.from_memory));
  metrics.labelled(kFetches, R"(result="disk",from_cache="true")", static_cast<double>(m.from_disk));
  metrics.labelled(kFetches, R"(result="mesh",from_cache="false")", static_cast<double>(m.from_mesh));
  metrics.labelled(kFetches, R"(result="origin",from_cache="false")", static_cast<double>(m.from_origin));
  for (std::size_t i = 0; i < m.failed.size() && i < static_cast<std::size_t>(relay::OriginFault::Count_); ++i) {
    const std::string result(relay::name_of(static_cast<relay::OriginFault>(i)));
    metrics.labelled(kFetches, "result=\"" + result + R"(",from_cache="false")", static_cast<double>(m.failed[i]));
  }
  catalogue_times(metrics, m);
  metrics.counter("proxy_catalog_asked_total", "Catalogue look-ups that this node was asked for.", m.asked);
  metrics.counter("proxy_catalog_joined_total", "Look-ups that waited for one under way.", m.joined);
  metrics.counter("proxy_catalog_served_total", "Answers given to other nodes.", m.served);
  metrics.counter("proxy_catalog_stale_total", "Answers past their time.", m.stale);
  metrics.counter("proxy_catalog_negative_total", "Answers that say no.", m.negative);
  reasons<relay::OwnerFault>(metrics, "proxy_catalog_owners_passed_over_total", "Owners after which the next was asked.", m.passed_over);
  reasons<relay::CatalogueFault>(metrics, "proxy_catalog_answers_refused_total", "Answers of other nodes that were not believed.", m.faults);
  reasons<relay::CatalogueRefusal>(metrics, "proxy_catalog_questions_refused_total", "Questions of other nodes that were not answered.", m.refused);
  metrics.counter("proxy_catalog_mismatches_total", "Spot checks that found another answer at the origin.", m.mismatches);
  metrics.gauge("proxy_catalog_cache_entries", "Answers in memory.", static_cast<double>(m.entries));
  metrics.gauge("proxy_catalog_cache_bytes", "Bytes of the answers in memory.", static_cast<double>(m.bytes));
  metrics.gauge("proxy_catalog_disk_entries", "Answers kept on disk.", static_cast<double>(m.disk_entries));
  metrics.gauge("proxy_catalog_disk_bytes", "Bytes of the answers kept on disk.", static_cast<double>(m.disk_bytes));
}

void content_metrics(Metrics& metrics, const relay::ContentMetrics& m) {
  constexpr std::string_view kServed = "proxy_content_chunks_served_total";
  metrics.family(kServed, "Pieces served to other nodes, and what was refused.", "counter");
  metrics.sample(kServed, "result", "ok", static_cast<double>(m.pieces));
  refusals<relay::ContentRefusal>(metrics, kServed, m.refused);
  metrics.counter("proxy_content_manifests_served_total", "Manifests served to other nodes.", m.manifests);
  metrics.counter("proxy_content_bytes_served_total", "Bytes served to other nodes.", m.bytes);
  metrics.counter("proxy_content_bytes_fetched_total", "Bytes fetched by content id.", m.fetched_bytes);
  constexpr std::string_view kFaults = "proxy_content_fetch_faults_total";
  metrics.family(kFaults, "What nodes that were fetched from did wrong, or did not.", "counter");
  refusals<relay::FetchFault>(metrics, kFaults, m.faults);
  metrics.counter("proxy_content_cache_hits_total", "Pieces served from memory.", m.cache_hits);
  metrics.counter("proxy_content_cache_misses_total", "Pieces read from the disk.", m.cache_misses);
  metrics.gauge("proxy_content_cache_bytes", "Bytes of the pieces in memory.", static_cast<double>(m.cache_bytes));
  metrics.gauge("proxy_content_streams", "Streams being served.", static_cast<double>(m.streams));
  metrics.gauge("proxy_content_records", "Contents announced.", static_cast<double>(m.records));
}

void tunnel_metrics(Metrics& metrics, const relay::TunnelMetrics& m) {
  constexpr std::string_view kMessages = "proxy_trusted_relay_messages_total";
  metrics.family(kMessages, "Tunnels opened, and what was refused.", "counter");
  metrics.sample(kMessages, "result", "ok", static_cast<double>(m.opened));
  refusals<relay::TunnelRefusal>(metrics, kMessages, m.refused);
  metrics.counter("proxy_trusted_relay_bytes_total", "Bytes through tunnels, both directions.", m.bytes);
  metrics.gauge("proxy_trusted_relay_tunnels", "Open tunnels.", static_cast<double>(m.open));
}

void copy_metrics(Metrics& metrics, const library::HashingProgress& p) {
  metrics.gauge("soulfabric_copies_verified", "Shared files that are verified.", static_cast<double>(p.verified));
  metrics.gauge("soulfabric_copies_refused", "Shared files that were looked at and not verified.", static_cast<double>(p.refused));
  metrics.gauge("soulfabric_hashing_files_left", "Shared files not looked at yet.", static_cast<double>(p.files_total - std::min(p.files_done, p.files_total)));
  metrics.gauge("soulfabric_hashing_bytes_per_second", "Rate at which shares are read.", p.bytes_per_second);
}

void client_metrics(Metrics& metrics, const net::HttpClientMetrics& m) {
  constexpr std::string_view kRequests = "proxy_http_requests_total";
  metrics.family(kRequests, "Requests of the HTTP client to the outside, and what it refused.", "counter");
  metrics.sample(kRequests, "result", "ok", static_cast<double>(m.answers));
  for (std::size_t i = 0; i < m.refused.size() && i < static_cast<std::size_t>(net::HttpRefusal::Count_); ++i) {
    metrics.sample(kRequests, "result", net::name_of(static_cast<net::HttpRefusal>(i)), static_cast<double>(m.refused[i]));
  }
  metrics.counter("proxy_http_bytes_total", "Bytes of its answers.", m.bytes);
}

}  // namespace

void relay_metrics(Metrics& metrics, Context& context) {
  const auto parts = relays_of(context);
  if (parts.catalogue != nullptr) catalogue_metrics(metrics, parts.catalogue->metrics());
  if (parts.content != nullptr) content_metrics(metrics, parts.content->metrics());
  if (parts.tunnels != nullptr) tunnel_metrics(metrics, parts.tunnels->metrics());
  if (parts.http != nullptr) client_metrics(metrics, parts.http->metrics());
  if (parts.copies != nullptr) copy_metrics(metrics, parts.copies->progress());
}

}  // namespace soulfabric::gateway
