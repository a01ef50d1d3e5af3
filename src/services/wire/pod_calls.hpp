// SPDX-License-Identifier: GPL-3.0-or-later
// Questions and answers of the service `pods`. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "wire/pod_signed.hpp"

namespace soulfabric::services {

constexpr std::size_t kPageEntries = 50;  // two signatures each are checked at one go
constexpr std::size_t kPageBytes = 200 * 1024;  // of entries
constexpr std::size_t kPodsListed = 100;

/// What a peer is shown of a pod.
struct PodView {
  Bytes statement;
  MemberState yours = MemberState::Left;  // Left: none of its members
  std::uint64_t members = 0;
  std::optional<Bytes> roster;  // members only
};
[[nodiscard]] Bytes encode_views(const std::vector<PodView>& views);
[[nodiscard]] Result<std::vector<PodView>> read_views(ByteView bytes);

/// Of Get, Join.
[[nodiscard]] Bytes encode_pod_id(std::string_view pod);
[[nodiscard]] Result<std::string> read_pod_request(ByteView bytes);

struct FetchRequest {
  std::string pod;
  std::uint64_t since = 0;   // entries after this sequence
  std::uint64_t roster = 0;  // the version at hand
};
[[nodiscard]] Bytes encode_fetch(const FetchRequest& request);
[[nodiscard]] Result<FetchRequest> read_fetch(ByteView bytes);

/// What is new in a pod: the answer to Fetch, Post and Act, and what the host pushes.
struct PodNews {
  std::string pod;
  bool more = false;             // ask again, after the last entry
  std::optional<Bytes> roster;   // where newer than the asker's
  std::vector<PodEntry> entries;  // ascending
};
[[nodiscard]] Bytes encode_news(const PodNews& news);
/// Form only. TooLarge over a page.
[[nodiscard]] Result<PodNews> read_news(ByteView bytes);

struct PostRequest {
  std::string pod;
  SignedMessage message;
};
[[nodiscard]] Bytes encode_post(const PostRequest& request);
[[nodiscard]] Result<PostRequest> read_post(ByteView bytes);

}  // namespace soulfabric::services
