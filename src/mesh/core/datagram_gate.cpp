// SPDX-License-Identifier: GPL-3.0-or-later
// The allow-list: answers only to what we asked, requests within their rates, puts that hold a record in its signer's own slot.
#include "core/datagram_gate.hpp"

#include <algorithm>
#include <numeric>

namespace soulfabric::mesh {

namespace {

constexpr std::chrono::seconds kSecond{1};
constexpr std::chrono::minutes kMinute{1};

bool is_multicast_or_zero(const IpAddress& address) noexcept {
  if (address.is_v4()) return (address.to_v4() >> 24) == 0 || (address.to_v4() >> 28) >= 0xE;
  return address.is_unspecified() || address.bytes()[0] == 0xFF;
}

bool is_local(const IpAddress& address) noexcept { return address.is_private() || address.is_loopback(); }

std::uint64_t salt_from(Random& random) { return random.u64(); }

}  // namespace

bool is_usable_endpoint(const Endpoint& endpoint) noexcept {
  return endpoint.port != 0 && !is_multicast_or_zero(endpoint.address) && endpoint.address != own_store().address;
}

bool is_believable_node(const Endpoint& node, const Endpoint& from) noexcept {
  if (!is_usable_endpoint(node) || (node.port < 1024 && node.port != 443)) return false;
  return is_local(from.address) || !is_local(node.address);
}

std::uint64_t DatagramGate::Counters::dropped_in_all() const {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

DatagramGate::DatagramGate(GateSettings settings, Random& random)
    : settings_(settings),
      random_(random),
      exchanges_(2048, salt_from(random)),
      sources_(2048, salt_from(random)),
      proven_(1024, salt_from(random)),
      identities_(1024, salt_from(random)),
      spent_(2048, salt_from(random)) {}

DatagramGate::Verdict DatagramGate::drop(DatagramDrop why) {
  count(why);
  return Verdict{Dropped{why}, std::nullopt, std::nullopt};
}

DatagramGate::Verdict DatagramGate::admit(const Endpoint& from, ByteView datagram, MonoTime now, WallTime wall) {
  ++counters_.in;
  if (!is_usable_endpoint(from)) return drop(DatagramDrop::BadSource);
  auto parsed = parse_datagram(datagram, settings_.network);
  if (!parsed) return drop(parsed.error());
  switch (parsed->kind) {
    case DatagramKind::Reply:
    case DatagramKind::Error:
    case DatagramKind::Part: return admit_answer(from, std::move(*parsed), now);
    default: return admit_request(from, std::move(*parsed), now, wall);
  }
}

DatagramGate::Exchange* DatagramGate::open_exchange(const Endpoint& from, TransactionId transaction, MonoTime now) {
  auto* exchange = exchanges_.find(ExchangeKey{from, transaction});
  if (exchange == nullptr) return nullptr;
  return now - exchange->opened <= kExchangeLife ? exchange : nullptr;
}

/// Asked often enough, and nothing came: the node has gone elsewhere or ended. Asks of long ago say nothing about now.
bool DatagramGate::is_silent(const Identity& known, MonoTime now) const {
  return known.asks >= kAsks && now - known.asked >= kAskInterval && now - known.asked <= kProofLife;
}

/// The library moves a node to wherever its id was last heard from: one forged datagram would send its traffic elsewhere. Age alone
/// takes no id away, because a quiet network is quiet for minutes.
DatagramGate::Reason DatagramGate::refuses_sender(const Endpoint& from, const NodeId& sender, MonoTime now) {
  if (sender == NodeId{} || sender == self_) return DatagramDrop::Malformed;
  const auto* known = identities_.find(NodeKey{sender});
  if (known == nullptr || known->endpoint == from || is_silent(*known, now)) return std::nullopt;
  return DatagramDrop::Impostor;
}

/// Who had the id before the present holder and was thought silent: it answers where we asked it, so the id is its own again.
bool DatagramGate::takes_back(const Endpoint& from, const NodeId& sender, MonoTime now) {
  const auto* known = identities_.find(NodeKey{sender});
  return known != nullptr && known->senior == from && now - known->lost <= kSeniority;
}

/// Whether one more id may answer from this address: whoever has one address gets a few places in our tables, not all.
bool DatagramGate::houses(const IpAddress& address, const NodeId& id, MonoTime now) {
  if (is_local(address)) return true;
  auto& ids = proven_.obtain(SourceKey(address), now).ids;
  auto place = std::ranges::find(ids, id, &Tenant::id);
  if (place == ids.end()) place = std::ranges::min_element(ids, {}, &Tenant::answered);
  const bool is_free = place->id == id || place->answered == MonoTime::min() || now - place->answered > kProofLife;
  if (is_free) *place = Tenant{id, now};
  return is_free;
}

void DatagramGate::tie(const NodeId& id, const Endpoint& to, MonoTime now) {
  auto& entry = identities_.obtain(NodeKey{id}, now);
  const bool is_moved = entry.answered != MonoTime{} && entry.endpoint != to;
  if (is_moved && entry.senior == to) {
    entry.senior.reset();
  } else if (is_moved && (!entry.senior || now - entry.lost > kSeniority)) {
    entry.senior = entry.endpoint;
    entry.lost = now;
  }
  entry.endpoint = to;
  entry.answered = now;
  entry.asks = 0;
}

/// Before an id may move, its holder is asked; where the holder is the newcomer of the two, the one before is asked as well.
DatagramGate::Verdict DatagramGate::refuse_impostor(const Endpoint& from, const NodeId& id, MonoTime now) {
  auto verdict = drop(DatagramDrop::Impostor);
  auto* known = identities_.find(NodeKey{id});
  if (known->asked != MonoTime::min() && now - known->asked < kAskInterval) return verdict;
  if (known->asked != MonoTime::min() && now - known->asked > kProofLife) known->asks = 0;
  const bool is_senior = known->senior == from && now - known->lost <= kSeniority;
  if (!is_senior && now - known->answered <= kIdentityLife) return verdict;
  known->asked = now;
  if (!is_senior) ++known->asks;
  verdict.probe = ping(is_senior ? from : known->endpoint, now);
  return verdict;
}

DatagramGate::Verdict DatagramGate::admit_answer(const Endpoint& from, DatagramMessage message, MonoTime now) {
  auto* exchange = open_exchange(from, message.transaction, now);
  if (exchange == nullptr) return drop(DatagramDrop::Unsolicited);
  const bool is_part = message.kind == DatagramKind::Part;
  const bool wants_values = exchange->asker == Asker::Search && exchange->kind == DatagramKind::Get;
  // The library never asks for values, so it gets none; a fragment follows an answer and is no proof by itself.
  if (is_part && !(wants_values && exchange->is_answered)) return drop(DatagramDrop::Unsolicited);
  if (!is_part && !wants_values && (!message.values.empty() || message.parts > 0)) return drop(DatagramDrop::Unsolicited);
  if (!is_part) {
    const auto reason = refuses_sender(from, message.sender, now);
    if (reason == DatagramDrop::Impostor && !takes_back(from, message.sender, now)) return refuse_impostor(from, message.sender, now);
    if (reason && reason != DatagramDrop::Impostor) return drop(*reason);
    if (!houses(from.address, message.sender, now)) return drop(DatagramDrop::CrowdedAddress);
  }

  Verdict out{ForNobody{}, std::nullopt, std::nullopt};
  if (!is_part) {
    exchange->is_answered = true;
    proven_.obtain(SourceKey(from.address), now).answered = now;
    tie(message.sender, from, now);
    if (!message.client) out.answered = NodeContact{message.sender, from};
    std::erase_if(message.nodes, [&](const NodeContact& node) { return !is_believable_node(node.endpoint, from) || node.id == NodeId{}; });
  }
  switch (exchange->asker) {
    case Asker::Probe: break;
    case Asker::Search: out.outcome = ForSearch{std::move(message)}; break;
    case Asker::Library:
      if (message.kind == DatagramKind::Error) return drop(DatagramDrop::Unsolicited);  // nothing it asks for is refused
      message.value_id = 0;
      out.outcome = ForLibrary{encode_datagram(message, settings_.network), std::nullopt};
      exchanges_.erase(ExchangeKey{from, message.transaction});
      break;
  }
  return out;
}

DatagramGate::Verdict DatagramGate::admit_request(const Endpoint& from, DatagramMessage message, MonoTime now, WallTime wall) {
  if (const auto reason = refuses_sender(from, message.sender, now)) {
    return reason == DatagramDrop::Impostor ? refuse_impostor(from, message.sender, now) : drop(*reason);
  }
  auto& source = sources_.obtain(SourceKey(from.address), now);
  const auto rate = settings_.requests_per_second;
  if (!source.requests.take(now, 1, rate == 0 ? 0 : std::max(1U, rate / 8), kSecond)) return drop(DatagramDrop::SourceRate);
  if (!all_requests_.take(now, 1, rate, kSecond)) return drop(DatagramDrop::TotalRate);
  if (message.kind == DatagramKind::Put) {
    if (const auto reason = refuses_put(message, wall)) return drop(*reason);
  }
  ForLibrary admitted{encode_datagram(message, settings_.network), std::nullopt};
  if (message.kind == DatagramKind::Put) {
    const auto& value = message.values.front();
    admitted.put = Put{message.target, value.id, crypto::sha256(value.data)};
  }
  return Verdict{std::move(admitted), probe(from, message, source, now), std::nullopt};
}

DatagramGate::Reason DatagramGate::refuses_put(const DatagramMessage& message, WallTime wall) const {
  if (message.values.size() != 1) return DatagramDrop::ForeignType;  // signed, encrypted or user-typed in the library's own ways
  const auto& value = message.values.front();
  if (value.type < static_cast<std::uint16_t>(RecordKind::Peer) || value.type > static_cast<std::uint16_t>(RecordKind::Revocation)) {
    return DatagramDrop::ForeignType;
  }
  if (value.data.size() > kRecordCap) return DatagramDrop::ValueTooLarge;
  const auto record = decode_record(value.data);
  if (!record) return DatagramDrop::BadRecord;
  if (!check_record_form(*record, static_cast<RecordKind>(value.type), message.target, wall)) return DatagramDrop::BadRecord;
  if (slot_of(record->signer, message.target) != value.id) return DatagramDrop::ForeignSlot;
  return std::nullopt;
}

std::optional<DatagramGate::Probe> DatagramGate::probe(const Endpoint& to, const DatagramMessage& message, Source& source, MonoTime now) {
  if (is_proven(to.address, now)) {
    // Several nodes may share an address: each is met once.
    const auto* known = identities_.find(NodeKey{message.sender});
    if (message.client || (known != nullptr && known->endpoint == to && now - known->answered <= kProofLife)) return std::nullopt;
    if (!source.introductions.take(now, 1, kIntroductions, kProbeInterval)) return std::nullopt;
  } else {
    if (source.probed != MonoTime::min() && now - source.probed < kProbeInterval) return std::nullopt;
    source.probed = now;
  }
  return ping(to, now);
}

std::optional<DatagramGate::Probe> DatagramGate::ping(const Endpoint& to, MonoTime now) {
  DatagramMessage question;
  question.sender = self_;
  question.transaction = random_.u32();
  auto datagram = encode_datagram(question, settings_.network);
  if (const auto refused = charge(to, question.transaction, datagram.size(), now)) {
    count(*refused);
    return std::nullopt;
  }
  exchanges_.obtain(ExchangeKey{to, question.transaction}, now) = Exchange{Asker::Probe, DatagramKind::Ping, now, false};
  ++counters_.out;
  return Probe{to, std::move(datagram)};
}

bool DatagramGate::is_proven(const IpAddress& address, MonoTime now) {
  const auto* proof = proven_.find(SourceKey(address));
  return proof != nullptr && now - proof->answered <= kProofLife;
}

DatagramGate::Reason DatagramGate::charge(const Endpoint& to, TransactionId transaction, std::size_t size, MonoTime now) {
  if (is_proven(to.address, now)) {
    auto& inside = proven_.obtain(SourceKey(to.address), now).inside;
    // Half at once and half over a minute, so that no minute sees more than the whole. The same below.
    return inside.take(now, size, kInsideMinute / 2, kMinute) ? Reason{} : Reason{DatagramDrop::InsideBytes};
  }
  auto& spent = spent_.obtain(ExchangeKey{to, transaction}, now);
  if (spent.bytes + size > settings_.outside_reply_bytes) return DatagramDrop::OutsideBytes;
  auto& source = sources_.obtain(SourceKey(to.address), now);
  const auto half = settings_.outside_reply_minute / 2;
  if (!all_outside_.take(now, size, half * kOutsideMinuteFactor, kMinute)) return DatagramDrop::OutsideBytes;
  if (!source.outside.take(now, size, half, kMinute)) return DatagramDrop::OutsideBytes;
  spent.bytes += size;
  return std::nullopt;
}

bool DatagramGate::may_leave(const Endpoint& to, ByteView datagram, MonoTime now) {
  const auto label = is_usable_endpoint(to) ? label_of(datagram) : std::nullopt;
  if (!label) {
    count(DatagramDrop::UnusedKind);
    return false;
  }
  if (const auto refused = charge(to, label->transaction, datagram.size(), now)) {
    count(*refused);
    return false;
  }
  if (label->kind == DatagramKind::Ping || label->kind == DatagramKind::Find) {
    exchanges_.obtain(ExchangeKey{to, label->transaction}, now) = Exchange{Asker::Library, label->kind, now, false};
  }
  ++counters_.out;
  return true;
}

std::optional<Bytes> DatagramGate::open(const Endpoint& to, DatagramMessage request, MonoTime now) {
  request.sender = self_;
  auto datagram = encode_datagram(request, settings_.network);
  if (const auto refused = is_usable_endpoint(to) ? charge(to, request.transaction, datagram.size(), now) : Reason{DatagramDrop::BadSource}) {
    count(*refused);
    return std::nullopt;
  }
  exchanges_.obtain(ExchangeKey{to, request.transaction}, now) = Exchange{Asker::Search, request.kind, now, false};
  ++counters_.out;
  return datagram;
}

}  // namespace soulfabric::mesh
