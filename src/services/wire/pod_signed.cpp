// SPDX-License-Identifier: GPL-3.0-or-later
// Statements, rosters, messages, log lines and acts of pods: signed, written and read.
#include "wire/pod_signed.hpp"

#include <algorithm>

#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/text.hpp"
#include "wire/cbor_fields.hpp"

namespace soulfabric::services {
namespace {

constexpr std::string_view kIdPrefix = "pod:";

/// What a signature covers: every field with its length, so that nothing can be read in two ways.
class SignedFields {
 public:
  explicit SignedFields(std::string_view tag) { add(tag); }
  SignedFields& add(ByteView bytes) {
    for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(bytes.size() >> static_cast<unsigned>(shift)));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  SignedFields& add(std::string_view text) { return add(bytes_of(text)); }
  SignedFields& add(std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.at(i) = static_cast<std::uint8_t>(value >> (56U - 8U * i));
    return add(ByteView(bytes));
  }
  SignedFields& time(std::int64_t micros) { return add(static_cast<std::uint64_t>(micros)); }
  [[nodiscard]] const Bytes& bytes() const noexcept { return out_; }

 private:
  Bytes out_;
};

template <class Enum>
std::uint64_t number_of(Enum value) {
  return static_cast<std::uint64_t>(value);
}

Bytes signed_pod(const PodStatement& pod) {
  return SignedFields("soulfabric/pod/1")
      .add(ByteView(pod.owner_key))
      .add(ByteView(pod.nonce))
      .add(std::string_view(pod.name))
      .add(number_of(pod.visibility))
      .add(number_of(pod.approval))
      .add(number_of(pod.keep))
      .time(pod.created)
      .bytes();
}

Bytes signed_roster(const Roster& roster) {
  SignedFields fields("soulfabric/pod-roster/1");
  fields.add(std::string_view(roster.pod)).add(roster.version).add(std::uint64_t{roster.members.size()});
  for (const PodMember& member : roster.members)
    fields.add(member.peer.text()).add(number_of(member.role)).add(number_of(member.state)).time(to_unix_micros(member.since));
  return fields.bytes();
}

Bytes signed_message(std::string_view pod, const SignedMessage& message) {
  return SignedFields("soulfabric/pod-message/1")
      .add(pod)
      .add(ByteView(message.sender_key))
      .time(message.sent)
      .add(std::string_view(message.body))
      .bytes();
}

Bytes signed_entry(std::string_view pod, const PodEntry& entry) {
  SignedFields fields("soulfabric/pod-entry/1");
  fields.add(pod).add(entry.seq).add(entry.previous).add(std::uint64_t{entry.item.index()});
  if (const auto* message = std::get_if<SignedMessage>(&entry.item)) {
    fields.add(ByteView(crypto::sha256(signed_message(pod, *message))));
  } else {
    const auto& removal = std::get<Removal>(entry.item);
    fields.add(ByteView(removal.id)).add(removal.sender.text()).time(removal.sent).add(removal.of);
  }
  return fields.bytes();
}

Bytes signed_act(const PodAct& act) {
  return SignedFields("soulfabric/pod-act/1")
      .add(std::string_view(act.pod))
      .add(number_of(act.kind))
      .add(act.peer.text())
      .add(number_of(act.role))
      .add(number_of(act.state))
      .add(ByteView(act.message))
      .time(act.at)
      .add(ByteView(act.key))
      .bytes();
}

/// Ascending, each once, one owner: the key's.
bool is_sound(const std::vector<PodMember>& members, const PeerId& owner) {
  const auto unordered = [](const PodMember& a, const PodMember& b) { return !(a.peer < b.peer); };
  if (std::ranges::adjacent_find(members, unordered) != members.end()) return false;
  std::size_t owners = 0;
  for (const PodMember& member : members) {
    if (member.state == MemberState::Left || (member.state != MemberState::Member && member.role != PodRole::Member)) return false;
    if ((member.role == PodRole::Owner) != (member.peer == owner)) return false;
    owners += member.role == PodRole::Owner ? 1U : 0U;
  }
  return owners == 1;
}

}  // namespace

bool is_pod_id(std::string_view text) noexcept {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == kPodIdSize && text.starts_with(kIdPrefix) && std::ranges::all_of(text.substr(kIdPrefix.size()), is_digit);
}

bool is_pod_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > kNameCap || !is_utf8(text)) return false;
  const auto starts = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  const bool control = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; });
  return !control && !trim(text).empty() && static_cast<std::size_t>(starts) <= kNameCharacters;
}

bool is_body(std::string_view text) noexcept { return !text.empty() && text.size() <= kBodyCap && is_utf8(text); }

std::string pod_id(const PodStatement& statement) {
  const Bytes named = SignedFields("soulfabric/pod-id/1").add(ByteView(statement.owner_key)).add(ByteView(statement.nonce)).bytes();
  const auto hash = crypto::sha256(named);
  return std::string(kIdPrefix) + to_hex(ByteView(hash).first(16));
}

void sign_pod(PodStatement& statement, const SigningKey& owner) {
  statement.owner_key = owner.public_key();
  statement.signature = owner.sign(signed_pod(statement));
}

Bytes encode_pod(const PodStatement& statement) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(8);
  writer.bytes(statement.owner_key);
  writer.bytes(statement.nonce);
  writer.text(statement.name);
  writer.number(number_of(statement.visibility));
  writer.boolean(statement.approval);
  writer.boolean(statement.keep);
  write_time(writer, statement.created);
  writer.bytes(statement.signature);
  return out;
}

Result<PodStatement> read_pod(ByteView bytes) {
  if (bytes.size() > kStatementCap) return fail(Errc::TooLarge, "The statement of a pod is too long.");
  cbor::Reader reader(bytes);
  PodStatement pod;
  SF_TRY(read_array(reader, 8));
  SF_TRY(read_fixed(reader, pod.owner_key));
  SF_TRY(read_fixed(reader, pod.nonce));
  SF_TRY_ASSIGN(const std::string_view name, reader.text(kNameCap));
  SF_TRY(read_enum(reader, pod.visibility, PodVisibility::Private));
  SF_TRY_ASSIGN(pod.approval, reader.boolean());
  SF_TRY_ASSIGN(pod.keep, reader.boolean());
  SF_TRY(read_time(reader, pod.created));
  SF_TRY(read_fixed(reader, pod.signature));
  SF_TRY(reader.end());
  if (!is_pod_name(name)) return fail(Errc::Malformed, "The name of a pod is not 1 to 100 characters.");
  pod.name = name;
  if (!verify_signature(pod.owner_key, signed_pod(pod), pod.signature)) return fail(Errc::Unauthorized, "The statement of a pod is not signed by its owner.");
  return pod;
}

void sign_roster(Roster& roster, const SigningKey& owner) {
  std::ranges::sort(roster.members, {}, &PodMember::peer);
  roster.signature = owner.sign(signed_roster(roster));
}

Bytes encode_roster(const Roster& roster) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(4);
  writer.text(roster.pod);
  writer.number(roster.version);
  writer.array(roster.members.size());
  for (const PodMember& member : roster.members) {
    writer.array(4);
    writer.text(member.peer.text());
    writer.number(number_of(member.role));
    writer.number(number_of(member.state));
    write_time(writer, to_unix_micros(member.since));
  }
  writer.bytes(roster.signature);
  return out;
}

Result<Roster> read_roster(ByteView bytes, const PodStatement& pod) {
  if (bytes.size() > kRosterCap) return fail(Errc::TooLarge, "The list of members of a pod is too long.");
  cbor::Reader reader(bytes);
  Roster roster;
  SF_TRY(read_array(reader, 4));
  SF_TRY(read_pod_id(reader, roster.pod));
  SF_TRY_ASSIGN(roster.version, reader.number());
  SF_TRY_ASSIGN(const std::size_t count, reader.array(kRosterEntries));
  for (std::size_t i = 0; i < count; ++i) {
    PodMember& member = roster.members.emplace_back();
    std::int64_t since = 0;
    SF_TRY(read_array(reader, 4));
    SF_TRY(read_peer(reader, member.peer));
    SF_TRY(read_enum(reader, member.role, PodRole::Member));
    SF_TRY(read_enum(reader, member.state, MemberState::Left));
    SF_TRY(read_time(reader, since));
    member.since = from_unix_micros(since);
  }
  SF_TRY(read_fixed(reader, roster.signature));
  SF_TRY(reader.end());
  if (roster.pod != pod_id(pod) || !is_sound(roster.members, PeerId::of(pod.owner_key)))
    return fail(Errc::Malformed, "A list of members is not one of this pod.");
  if (!verify_signature(pod.owner_key, signed_roster(roster), roster.signature))
    return fail(Errc::Unauthorized, "The list of members of a pod is not signed by its owner.");
  return roster;
}

SignedMessage sign_message(std::string_view pod, std::string body, std::int64_t sent, const SigningKey& sender) {
  SignedMessage message{sender.public_key(), sent, std::move(body), {}};
  message.signature = sender.sign(signed_message(pod, message));
  return message;
}

MessageId message_id(std::string_view pod, const SignedMessage& message) {
  const auto hash = crypto::sha256(signed_message(pod, message));
  MessageId id{};
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

bool is_signed_by_sender(std::string_view pod, const SignedMessage& message) {
  return verify_signature(message.sender_key, signed_message(pod, message), message.signature);
}

namespace {

void write_message(cbor::Writer& writer, const SignedMessage& message) {
  writer.array(4);
  writer.bytes(message.sender_key);
  write_time(writer, message.sent);
  writer.text(message.body);
  writer.bytes(message.signature);
}

Result<SignedMessage> read_message(cbor::Reader& reader) {
  SignedMessage message;
  SF_TRY(read_array(reader, 4));
  SF_TRY(read_fixed(reader, message.sender_key));
  SF_TRY(read_time(reader, message.sent));
  SF_TRY_ASSIGN(const std::string_view body, reader.text(kBodyCap));
  SF_TRY(read_fixed(reader, message.signature));
  if (!is_body(body)) return fail(Errc::Malformed, "A message is empty.");
  message.body = body;
  return message;
}

Result<Removal> read_removal(cbor::Reader& reader) {
  Removal removal;
  SF_TRY(read_array(reader, 4));
  SF_TRY(read_fixed(reader, removal.id));
  SF_TRY(read_peer(reader, removal.sender));
  SF_TRY(read_time(reader, removal.sent));
  SF_TRY_ASSIGN(removal.of, reader.number());
  return removal;
}

}  // namespace

Bytes encode_message(const SignedMessage& message) {
  Bytes out;
  cbor::Writer writer(out);
  write_message(writer, message);
  return out;
}

Result<SignedMessage> read_message(ByteView bytes) {
  cbor::Reader reader(bytes);
  SF_TRY_ASSIGN(SignedMessage message, read_message(reader));
  SF_TRY(reader.end());
  return message;
}

void stamp_entry(std::string_view pod, PodEntry& entry, const SigningKey& owner) { entry.stamp = owner.sign(signed_entry(pod, entry)); }

Bytes encode_entry(const PodEntry& entry) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(5);
  writer.number(entry.seq);
  writer.number(entry.previous);
  writer.number(entry.item.index());
  if (const auto* message = std::get_if<SignedMessage>(&entry.item)) {
    write_message(writer, *message);
  } else {
    const auto& removal = std::get<Removal>(entry.item);
    writer.array(4);
    writer.bytes(removal.id);
    writer.text(removal.sender.text());
    write_time(writer, removal.sent);
    writer.number(removal.of);
  }
  writer.bytes(entry.stamp);
  return out;
}

Result<PodEntry> read_entry(ByteView bytes) {
  cbor::Reader reader(bytes);
  PodEntry entry;
  std::int64_t seq = 0;
  SF_TRY(read_array(reader, 5));
  SF_TRY(read_time(reader, seq));
  entry.seq = static_cast<std::uint64_t>(seq);
  SF_TRY_ASSIGN(entry.previous, reader.number());
  SF_TRY_ASSIGN(const std::uint64_t kind, reader.number());
  if (kind == 0) {
    SF_TRY_ASSIGN(entry.item, read_message(reader));
  } else {
    SF_TRY_ASSIGN(entry.item, read_removal(reader));
  }
  SF_TRY(read_fixed(reader, entry.stamp));
  SF_TRY(reader.end());
  if (kind > 1 || entry.previous >= entry.seq) return fail(Errc::Malformed, "A line of a pod's log does not have its form.");
  return entry;
}

Status check_entry(std::string_view pod, const PublicKey& owner, const PodEntry& entry) {
  const auto* message = std::get_if<SignedMessage>(&entry.item);
  if (!verify_signature(owner, signed_entry(pod, entry), entry.stamp))
    return fail(Errc::Unauthorized, "A line of a pod's log is not stamped by the pod's owner.");
  if (message != nullptr && !is_signed_by_sender(pod, *message)) return fail(Errc::Unauthorized, "A message is not signed by its sender.");
  return {};
}

void sign_act(PodAct& act, const SigningKey& actor) {
  act.key = actor.public_key();
  act.signature = actor.sign(signed_act(act));
}

bool is_signed_by_actor(const PodAct& act) { return verify_signature(act.key, signed_act(act), act.signature); }

Bytes encode_act(const PodAct& act) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(9);
  writer.text(act.pod);
  writer.number(number_of(act.kind));
  writer.text(act.peer.text());
  writer.number(number_of(act.role));
  writer.number(number_of(act.state));
  writer.bytes(act.message);
  write_time(writer, act.at);
  writer.bytes(act.key);
  writer.bytes(act.signature);
  return out;
}

Result<PodAct> read_act(ByteView bytes) {
  cbor::Reader reader(bytes);
  PodAct act;
  SF_TRY(read_array(reader, 9));
  SF_TRY(read_pod_id(reader, act.pod));
  SF_TRY(read_enum(reader, act.kind, ActKind::Leave));
  SF_TRY(read_peer(reader, act.peer));
  SF_TRY(read_enum(reader, act.role, PodRole::Member));
  SF_TRY(read_enum(reader, act.state, MemberState::Left));
  SF_TRY(read_fixed(reader, act.message));
  SF_TRY(read_time(reader, act.at));
  SF_TRY(read_fixed(reader, act.key));
  SF_TRY(read_fixed(reader, act.signature));
  SF_TRY(reader.end());
  return act;
}

}  // namespace soulfabric::services
