// SPDX-License-Identifier: GPL-3.0-or-later
// Pods as values: what a pod, its members and its messages are, and the limits of all of them. Pure.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::services {

/// Visible: shown to every peer that asks the owner's node. Unlisted: joined by who knows its id. Private: exists only for its members.
enum class PodVisibility : std::uint8_t { Visible, Unlisted, Private };
enum class PodRole : std::uint8_t { Owner, Moderator, Member };
enum class MemberState : std::uint8_t { Asked, Member, Banned, Left };

struct PodMember {
  PeerId peer;
  PodRole role = PodRole::Member;
  MemberState state = MemberState::Member;
  WallTime since{};
  friend bool operator==(const PodMember&, const PodMember&) = default;
};

struct Pod {
  std::string id;    // "pod:" and 32 hex digits
  std::string name;  // 1..100 characters
  PodVisibility visibility = PodVisibility::Visible;
  PeerId owner;            // whose node is the pod's host
  bool approval = false;   // the owner or a moderator lets each member in
  bool keep = true;        // false: messages are kept in memory only
  std::vector<PodMember> members;  // empty where we are none of them
  std::size_t member_count = 0;    // who asked, was banned or left is not counted
  WallTime created{};
  MemberState ours = MemberState::Member;  // Left: we are none of its members
  std::size_t unread = 0;
};

struct PodMessage {
  std::string id;  // 32 hex digits of SHA-256 over what was signed
  std::string pod;
  PeerId sender;
  std::string body;  // 1..4096 bytes of UTF-8
  WallTime sent{};
  bool removed = false;  // by a moderator or its sender: the body is empty
  bool pending = false;  // ours, and the pod's host does not have it yet
};

struct PodSettings {
  bool enabled = true;
  std::chrono::hours retention{7 * 24};  // 0: messages of every pod are kept in memory only
  std::size_t members = 50;
  std::size_t messages_kept = 1000;  // per pod; 1 MiB of them at most
  unsigned messages_per_minute = 10;  // per peer and pod
  std::size_t pods = 100;
};

}  // namespace soulfabric::services
