// SPDX-License-Identifier: GPL-3.0-or-later
// Every act for or towards an outsider, as a tag type, with its cost in units. Numbers: architecture, section 4.
#pragma once
#include <concepts>
#include <cstdint>
#include <string_view>

namespace soulfabric::guard {

/// The node-wide courtesy limit an act falls under.
enum class Courtesy : std::uint8_t { None, Search, Browse, Download };

/// What the tables below say of an act, as a value. `name` is also the label in metrics.
struct ActInfo {
  std::string_view name;
  unsigned units = 0;
  Courtesy courtesy = Courtesy::None;
  bool for_remote_mesh = false;  // may a call of another node buy it (security rule S3)
  bool once_per_call = false;
};

// Bytes are not units: transfers cost none, they draw on slots and byte buckets.
struct SoulseekSearch {
  static constexpr ActInfo kInfo{"soulseek_search", 5, Courtesy::Search};
};
struct SoulseekBrowse {
  static constexpr ActInfo kInfo{"soulseek_browse", 3, Courtesy::Browse};
};
struct SoulseekFolder {
  static constexpr ActInfo kInfo{"soulseek_folder", 1};
};  // the contents of one folder of a user
struct SoulseekUserInfo {
  static constexpr ActInfo kInfo{"soulseek_user_info", 1};
};  // info, status, endpoint, watch
struct SoulseekMessage {
  static constexpr ActInfo kInfo{"soulseek_message", 1};
};  // private or room message
struct SoulseekDownload {
  static constexpr ActInfo kInfo{"soulseek_download", 0, Courtesy::Download};
};
struct SoulseekUpload {
  static constexpr ActInfo kInfo{"soulseek_upload", 0};
};
struct SoulseekAnswer {
  static constexpr ActInfo kInfo{"soulseek_answer", 0};
};  // results for a stranger's search
struct SoulseekSession {
  static constexpr ActInfo kInfo{"soulseek_session", 0};
};  // one login to the server
struct TorrentMetadata {
  static constexpr ActInfo kInfo{"torrent_metadata", 3};
};
struct MeshCall {
  static constexpr ActInfo kInfo{"mesh_call", 1};
};
struct DhtQuery {
  static constexpr ActInfo kInfo{"dht_query", 2};
};
struct CatalogueFetch {
  static constexpr ActInfo kInfo{"catalogue_fetch", 2, Courtesy::None, true, true};
};  // a cache hit spends nothing
struct ContentStream {
  static constexpr ActInfo kInfo{"content_stream", 1, Courtesy::None, true};
};
struct TunnelStream {
  static constexpr ActInfo kInfo{"tunnel_stream", 1};
};
struct CreateIntent {
  static constexpr ActInfo kInfo{"create_intent", 2, Courtesy::None, true};
};
struct ExecutePlan {
  static constexpr ActInfo kInfo{"execute_plan", 3};
};
struct HttpHead {
  static constexpr ActInfo kInfo{"http_head", 1};
};
struct HttpGet {
  static constexpr ActInfo kInfo{"http_get", 4};
};

template <class A>
concept Act = requires {
  { A::kInfo } -> std::convertible_to<ActInfo>;
};
/// An act that may wait in the courtesy queue.
template <class A>
concept CourtesyAct = Act<A> && A::kInfo.courtesy != Courtesy::None;

}  // namespace soulfabric::guard
