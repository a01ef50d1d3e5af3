// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the node that all agree on, so that many questions cause one request; checks what it says (security rule S16).
#include <algorithm>
#include <array>

#include "catalogue_room.hpp"
#include "catalogue_service.hpp"
#include "soulfabric/mesh/blame.hpp"

namespace soulfabric::relay {
namespace {

constexpr unsigned kOwners = 3;                    // asked one after the other, then we go ourselves
constexpr std::chrono::seconds kLookUpTime{3};
constexpr std::chrono::seconds kAfterFailure{15};
constexpr std::chrono::seconds kRenewAfter{60};    // who offers the service
constexpr std::chrono::minutes kKnownFor{10};
constexpr std::chrono::seconds kLongestAsk{20};    // of one owner that says it is at it
constexpr unsigned kSilence = 3;                   // times the time to acknowledge: an owner that says nothing more is given up

CatalogueFault fault_of(AnswerFault fault) {
  switch (fault) {
    case AnswerFault::Form: return CatalogueFault::Form;
    case AnswerFault::OtherKey: return CatalogueFault::OtherKey;
    case AnswerFault::OtherSigner: return CatalogueFault::OtherSigner;
    case AnswerFault::Forged: return CatalogueFault::Forged;
    case AnswerFault::Expired: return CatalogueFault::Expired;
  }
  return CatalogueFault::Form;
}

OwnerFault fault_of(const Error& error) {
  switch (error.code) {
    case Errc::TimedOut: return OwnerFault::Silent;
    case Errc::Malformed: return OwnerFault::NotBelieved;
    case Errc::Offline:
    case Errc::Closed:
    case Errc::Io: return OwnerFault::Unreachable;
    default: return OwnerFault::Refused;
  }
}

guard::Violation violation_of(AnswerFault fault) {
  switch (fault) {
    case AnswerFault::Form:
    case AnswerFault::Expired: return guard::Violation::InvalidMessage;
    case AnswerFault::OtherKey: return guard::Violation::WrongBytes;
    case AnswerFault::OtherSigner:
    case AnswerFault::Forged: return guard::Violation::BadSignature;
  }
  return guard::Violation::InvalidMessage;
}

Error not_there() { return {Errc::Offline, "The node that was asked cannot be reached."}; }
Error no_answer(const Error& why) {
  return {why.code == Errc::TimedOut ? Errc::TimedOut : Errc::Offline, "The node that was asked did not answer."};
}
Error too_long() { return {Errc::TimedOut, "The node that was asked did not answer."}; }
Error not_believed() { return {Errc::Malformed, "A node's answer was not what it should be."}; }

}  // namespace

bool CatalogueRoom::may_ask_mesh(guard::Origin origin) const {
  return settings_.mesh && fabric_ != nullptr && links_ != nullptr && origin != guard::Origin::RemoteMesh;
}

/// Waited for where nothing is known yet. What is known is used at once and made new meanwhile; where nobody could be asked, the next
/// questions do not wait for that again.
Task<void> CatalogueRoom::look_up(guard::Origin origin) {
  const MonoTime now = deps_.clock.now();
  if (look_failed_ && now < *look_failed_ + kAfterFailure) co_return;
  if (!looked_ || now >= *looked_ + kKnownFor) {
    co_await renew(origin);
    co_return;
  }
  if (now >= *looked_ + kRenewAfter && !looking_) asking_->spawn("look up", renew(origin));
}

Task<void> CatalogueRoom::renew(guard::Origin origin) {
  auto permit = deps_.guard.try_permit<guard::DhtQuery>({.origin = origin});
  if (!permit || fabric_ == nullptr) co_return;
  struct Looking {
    bool& flag;
    explicit Looking(bool& raised) : flag(raised) { flag = true; }
    ~Looking() { flag = false; }
  };
  const Looking looking(looking_);
  const auto found = co_await fabric_->directory().find(*permit, std::string(kCatalogueService), deps_.clock.now() + kLookUpTime);
  looked_well_ = found.has_value();
  if (!found) {
    look_failed_ = deps_.clock.now();
  } else if (!found->empty()) {
    looked_ = deps_.clock.now();
  }
}

std::optional<PeerId> CatalogueRoom::choose(const CatalogueKey& key, const std::vector<PeerId>& passed_over) {
  const std::string salt = key.text();
  std::vector<PeerId> others = pauses_.paused(deps_.clock.now());
  others.insert(others.end(), passed_over.begin(), passed_over.end());
  if (!settings_.reduced_privacy) return fabric_->directory().owner(kCatalogueService, bytes_of(salt), others);
  // One of the believed by lot, never ourselves: who asks for what is not to be seen at the origin.
  std::array<std::uint8_t, 16> lot{};
  deps_.random.fill(lot);
  others.push_back(links_->self());
  return fabric_->directory().owner(kCatalogueService, lot, others);
}

/// Nobody at all has the right, and the directory, which was heard, knows no other either; who is away or paused is believed still.
bool CatalogueRoom::is_nobody_believed(const CatalogueKey& key) const {
  if (!looked_well_ || fabric_ == nullptr || peers_ == nullptr || links_ == nullptr) return false;
  const auto known = peers_->known();
  if (std::ranges::any_of(known, [](const mesh::KnownPeer& peer) { return peer.rights.believe_catalogue; })) return false;
  const std::string salt = key.text();
  return !fabric_->directory().owner(kCatalogueService, bytes_of(salt), {links_->self()});
}

Task<CatalogueRoom::Asked> CatalogueRoom::ask_owners(FlightPtr flight) {
  co_await look_up(flight->origin);
  std::vector<PeerId> passed_over;
  for (unsigned asked = 0; asked < kOwners; ++asked) {
    if (!may_ask_mesh(flight->origin)) break;
    const auto owner = choose(flight->key, passed_over);
    if (!owner || *owner == links_->self()) break;
    auto permit = deps_.guard.try_permit<guard::MeshCall>({.origin = flight->origin});
    if (!permit) break;
    auto answer = co_await ask_owner(flight->key, *owner, std::move(*permit));
    if (answer) co_return Asked{std::move(*answer), !settings_.reduced_privacy};
    ++metrics_.owners_passed_over;
    count(metrics_.passed_over, fault_of(answer.error()));
    passed_over.push_back(*owner);
  }
  co_return Asked{std::nullopt, !settings_.reduced_privacy || (passed_over.empty() && is_nobody_believed(flight->key))};
}

Task<Result<CatalogueAnswer>> CatalogueRoom::ask_owner(CatalogueKey key, PeerId owner, guard::Permit<guard::MeshCall> permit) {
  // The second to acknowledge begins when the owner can hear us.
  if (!links_->is_linked(owner)) {
    const auto linked = co_await links_->connect(owner, permit.origin(), deps_.clock.now() + 2 * settings_.acknowledge);
    if (!linked) co_return std::unexpected(not_there());
  }
  if (fabric_ == nullptr) co_return std::unexpected(not_there());
  fabric::CallOptions options;
  options.to = owner;
  options.timeout = settings_.acknowledge;
  options.budget = guard::CatalogueFetch::kInfo.units;
  const MonoTime begun = deps_.clock.now();
  CatalogueQuestion question{static_cast<std::uint8_t>(key.kind), key.mbid};
  auto stream = co_await fabric_->open(std::move(permit), std::string(kCatalogueService), "Fetch", fabric::encode(question), options);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await hear(std::move(key), std::move(*stream), begun);
}

/// Signs of life until the answer: the first within a second, then never far apart, and not for ever.
Task<Result<CatalogueAnswer>> CatalogueRoom::hear(CatalogueKey key, mesh::StreamPtr stream, MonoTime begun) {
  MonoTime silent = begun + settings_.acknowledge;
  for (;;) {
    std::array<std::uint8_t, 1> first{};
    const auto got = co_await net::read_exactly(*stream, first, std::min(silent, begun + kLongestAsk));
    if (!got) co_return std::unexpected(no_answer(got.error()));
    switch (static_cast<CatalogueMessage>(first[0])) {
      case CatalogueMessage::Working: break;
      case CatalogueMessage::Answer: {
        auto answer = co_await read_answer(std::move(key), *stream, begun + kLongestAsk);
        if (answer) stream->shutdown_write();
        co_return answer;
      }
      case CatalogueMessage::Refusal: co_return fail(Errc::Rejected, "The node that was asked would not answer.");
      default: blame(stream->peer(), CatalogueFault::Form, guard::Violation::Protocol); co_return std::unexpected(not_believed());
    }
    if (deps_.clock.now() >= begun + kLongestAsk) co_return std::unexpected(too_long());
    silent = deps_.clock.now() + kSilence * settings_.acknowledge;
  }
}

Task<Result<CatalogueAnswer>> CatalogueRoom::read_answer(CatalogueKey key, mesh::Stream& stream, MonoTime deadline) {
  std::array<std::uint8_t, kAnswerLengths> prefix{};
  const auto got_prefix = co_await net::read_exactly(stream, prefix, deadline);
  if (!got_prefix) co_return std::unexpected(no_answer(got_prefix.error()));
  const auto lengths = read_lengths(prefix);
  if (!lengths) {
    const bool too_large = lengths.error().code == Errc::TooLarge;
    blame(stream.peer(), too_large ? CatalogueFault::Oversize : CatalogueFault::Form,
          too_large ? guard::Violation::Oversize : guard::Violation::InvalidMessage);
    co_return std::unexpected(not_believed());
  }
  Bytes head(lengths->head);
  const auto got_head = co_await net::read_exactly(stream, head, deadline);
  if (!got_head) co_return std::unexpected(no_answer(got_head.error()));
  auto body = std::make_shared<Bytes>(lengths->body);
  if (!body->empty()) {
    const auto got_body = co_await net::read_exactly(stream, *body, deadline);
    if (!got_body) co_return std::unexpected(no_answer(got_body.error()));
  }
  co_return believe(key, stream.peer(), head, std::move(body));
}

Result<CatalogueAnswer> CatalogueRoom::believe(const CatalogueKey& key, const PeerId& peer, ByteView head, std::shared_ptr<const Bytes> body) {
  const auto stated = decode_head(head);
  if (!stated) {
    blame(peer, CatalogueFault::Form, guard::Violation::InvalidMessage);
    return std::unexpected(not_believed());
  }
  auto answer = check_answer(*stated, std::move(body), key, peer, deps_.clock.wall());
  if (!answer) {
    blame(peer, fault_of(answer.error()), violation_of(answer.error()));
    return std::unexpected(not_believed());
  }
  if (answer->status == 200) {
    const auto type = check_body(key, answer->content_type, *answer->body);
    if (!type || *type != answer->content_type) {
      blame(peer, CatalogueFault::Content, guard::Violation::WrongBytes);
      return std::unexpected(not_believed());
    }
  }
  return std::move(*answer);
}

void CatalogueRoom::blame(const PeerId& peer, CatalogueFault fault, guard::Violation violation) {
  ++metrics_.refused_answers;
  count(metrics_.faults, fault);
  charge(peer, violation);
}

void CatalogueRoom::charge(const PeerId& peer, guard::Violation violation) {
  guard::Charge charge{violation, guard::Subject::peer(peer.text()), std::nullopt, guard::Channel::WeDialled};
  if (links_ != nullptr) charge = mesh::charge_of(violation, peer, *links_);
  static_cast<void>(deps_.guard.charge(charge));
}

Result<CatalogueFound> CatalogueRoom::without_origin(const CatalogueFlight& flight, std::optional<CatalogueAnswer> told) {
  const CatalogueEntry* const kept = memory_.find(flight.key);
  if (told && (kept == nullptr || kept->answer.status != 200 || kept->answer.fetched < told->fetched)) {
    ++metrics_.stale;
    return CatalogueFound{std::move(*told), false};
  }
  if (!may_ask_mesh(flight.origin))
    return fall_back(flight, {Errc::Unavailable, "Look-ups are to go through other nodes only, and none is asked: let relay.catalogue.mesh and the "
                                                 "mesh run, or switch relay.catalogue.reduced_privacy off."});
  return fall_back(flight, {Errc::Unavailable, "No node that is believed answered, and with relay.catalogue.reduced_privacy the archives are not "
                                               "asked from here; try again later."});
}

/// Negative and stale answers of others are never kept.
CatalogueAnswer CatalogueRoom::take_from_mesh(const CatalogueKey& key, CatalogueAnswer answer) {
  ++metrics_.from_mesh;
  if (answer.status == 404) ++metrics_.negative;
  const WallTime now = deps_.clock.wall();
  answer.expires = std::min(answer.expires, now + settings_.fresh);
  const bool is_kept = answer.status == 200 && !answer.stale && answer.expires > now;
  if (is_kept) perhaps_check(key, answer);
  if (settings_.reduced_privacy) answer.fetcher.reset();
  if (!is_kept) return answer;
  CatalogueEntry entry;
  entry.answer = answer;
  entry.ours = false;
  disk_.write(key, entry);
  memory_.put(key, std::move(entry));
  return answer;
}

}  // namespace soulfabric::relay
