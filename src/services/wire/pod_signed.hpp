// SPDX-License-Identifier: GPL-3.0-or-later
// What is signed in pods, and its bytes. The owner signs what a pod is, who is in it, and the order of its messages; senders sign
// messages; whoever moderates signs the act. Signatures cover length-prefixed fields after a domain tag. Pure.
#pragma once
#include <array>
#include <optional>
#include <variant>

#include "soulfabric/base/error.hpp"
#include "soulfabric/services/pod.hpp"

namespace soulfabric::services {

constexpr std::size_t kPodIdSize = 36;
constexpr std::size_t kNameCharacters = 100;
constexpr std::size_t kNameCap = 400;  // bytes
constexpr std::size_t kBodyCap = 4096;
constexpr std::size_t kStatementCap = 1024;
constexpr std::size_t kMessageCap = kBodyCap + 256;
constexpr std::size_t kEntryCap = kMessageCap + 256;
constexpr std::size_t kRosterEntries = 350;  // members, those who asked, banned ones
constexpr std::size_t kRosterCap = kRosterEntries * 64 + 256;
constexpr std::size_t kActCap = 512;

[[nodiscard]] bool is_pod_id(std::string_view text) noexcept;
/// 1..100 characters of UTF-8, none of them a control character.
[[nodiscard]] bool is_pod_name(std::string_view text) noexcept;
/// 1..4096 bytes of UTF-8. What the words say is nobody's business here.
[[nodiscard]] bool is_body(std::string_view text) noexcept;

/// What a pod is, by its owner. The id follows from the key and the nonce: nobody else can own it.
struct PodStatement {
  PublicKey owner_key{};
  std::array<std::uint8_t, 16> nonce{};
  std::string name;
  PodVisibility visibility = PodVisibility::Visible;
  bool approval = false;
  bool keep = true;
  std::int64_t created = 0;  // Unix microseconds, as all times here
  Signature signature{};
  friend bool operator==(const PodStatement&, const PodStatement&) = default;
};
[[nodiscard]] std::string pod_id(const PodStatement& statement);
void sign_pod(PodStatement& statement, const SigningKey& owner);
[[nodiscard]] Bytes encode_pod(const PodStatement& statement);
/// Form and signature.
[[nodiscard]] Result<PodStatement> read_pod(ByteView bytes);

/// Who is in a pod, by its owner. Who left is not in it.
struct Roster {
  std::string pod;
  std::uint64_t version = 0;
  std::vector<PodMember> members;  // ascending by peer; one owner
  Signature signature{};
  friend bool operator==(const Roster&, const Roster&) = default;
};
void sign_roster(Roster& roster, const SigningKey& owner);
[[nodiscard]] Bytes encode_roster(const Roster& roster);
/// Form, pod, owner and signature.
[[nodiscard]] Result<Roster> read_roster(ByteView bytes, const PodStatement& pod);

using MessageId = std::array<std::uint8_t, 16>;

/// One message, by its sender.
struct SignedMessage {
  PublicKey sender_key{};
  std::int64_t sent = 0;
  std::string body;
  Signature signature{};
  friend bool operator==(const SignedMessage&, const SignedMessage&) = default;
};
[[nodiscard]] SignedMessage sign_message(std::string_view pod, std::string body, std::int64_t sent, const SigningKey& sender);
[[nodiscard]] MessageId message_id(std::string_view pod, const SignedMessage& message);
[[nodiscard]] bool is_signed_by_sender(std::string_view pod, const SignedMessage& message);
[[nodiscard]] Bytes encode_message(const SignedMessage& message);
/// Form only: a signature is checked after what is cheaper.
[[nodiscard]] Result<SignedMessage> read_message(ByteView bytes);

/// In place of a message that was taken away.
struct Removal {
  MessageId id{};
  PeerId sender;
  std::int64_t sent = 0;
  std::uint64_t of = 0;  // the sequence of what was removed
  friend bool operator==(const Removal&, const Removal&) = default;
};

/// One line of a pod's log. The owner's stamp says: taken in, at this place. Nobody else can add one, change one or move one.
struct PodEntry {
  std::uint64_t seq = 0;       // max(last + 1, Unix microseconds at the host)
  std::uint64_t previous = 0;  // the sequence before it
  std::variant<SignedMessage, Removal> item;
  Signature stamp{};
  friend bool operator==(const PodEntry&, const PodEntry&) = default;
};
void stamp_entry(std::string_view pod, PodEntry& entry, const SigningKey& owner);
[[nodiscard]] Bytes encode_entry(const PodEntry& entry);
/// Form only, for what we stored ourselves.
[[nodiscard]] Result<PodEntry> read_entry(ByteView bytes);
/// Both signatures.
[[nodiscard]] Status check_entry(std::string_view pod, const PublicKey& owner, const PodEntry& entry);

enum class ActKind : std::uint8_t { SetMember, RemoveMessage, Leave };
/// What a member asks of the host, by that member.
struct PodAct {
  std::string pod;
  ActKind kind = ActKind::SetMember;
  PeerId peer;  // SetMember
  PodRole role = PodRole::Member;
  MemberState state = MemberState::Member;
  MessageId message{};  // RemoveMessage
  std::int64_t at = 0;
  PublicKey key{};
  Signature signature{};
  friend bool operator==(const PodAct&, const PodAct&) = default;
};
void sign_act(PodAct& act, const SigningKey& actor);
[[nodiscard]] bool is_signed_by_actor(const PodAct& act);
[[nodiscard]] Bytes encode_act(const PodAct& act);
/// Form only.
[[nodiscard]] Result<PodAct> read_act(ByteView bytes);

}  // namespace soulfabric::services
