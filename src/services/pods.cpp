// SPDX-License-Identifier: GPL-3.0-or-later
// Pods as our own user sees and uses them.
#include "pods.hpp"

#include <algorithm>

#include "pod_store.hpp"

namespace soulfabric::services {
namespace {

constexpr std::size_t kMessagesShown = 100;
constexpr std::chrono::seconds kActTime{10};
constexpr std::uint8_t kEmptyArray = 0x80;

PodMessage shown_message(const std::string& pod, const SignedMessage& message) {
  return {to_hex(message_id(pod, message)), pod, PeerId::of(message.sender_key), message.body, from_unix_micros(message.sent), false, false};
}

std::optional<MessageId> parse_id(std::string_view text) {
  Bytes bytes;
  MessageId id{};
  if (!from_hex(text, bytes) || bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(bytes, id.begin());
  return id;
}

}  // namespace

PodsAtWork::PodsAtWork(PodDependencies dependencies, const PodSettings& settings)
    : with_(std::move(dependencies)),
      book_(with_.key, settings),
      service_(book_, with_.guard, with_.clock, [this] { settle(); }),
      scope_(with_.context, "pods") {}

Task<Status> PodsAtWork::start() {
  const auto loaded = co_await load_pods(with_.store, book_);
  SF_CO_TRY(loaded);
  with_.links.on_link([this, alive = std::weak_ptr<const int>(alive_)](const PeerId& peer, bool up) {
    if (!alive.expired()) linked(peer, up);
  });
  for (const auto& [id, record] : book_.records()) {
    if (!book_.is_host(record) && record.ours <= MemberState::Member)
      add(Errand::Sync, id, record.owner, std::chrono::milliseconds(with_.random.below(10'000)));
  }
  for (const auto& [number, item] : book_.outbox()) add(Errand::Sync, item.pod, item.host);
  scope_.spawn("the errands of pods", work());
  co_return Status{};
}

Task<void> PodsAtWork::stop() {
  co_await scope_.close();
  settle();
  const auto stored = co_await with_.store.flush();
  (void)stored;  // the writer keeps and logs what the disk refuses
}

Status PodsAtWork::usable() const {
  if (!book_.settings().enabled) return fail(Errc::Unavailable, "Pods are switched off; switch them on in the configuration.");
  return {};
}

Pod PodsAtWork::shown(const PodRecord& record) const {
  Pod pod{record.id,       record.statement.name, record.statement.visibility, record.owner, record.statement.approval, record.statement.keep,
          record.roster.members, count_of(record.roster, MemberState::Member), from_unix_micros(record.statement.created), record.ours, 0};
  pod.unread = static_cast<std::size_t>(std::ranges::count_if(record.log.entries(), [&](const auto& row) {
    const auto* message = std::get_if<SignedMessage>(&row.second.item);
    return row.first > record.read_until && message != nullptr && PeerId::of(message->sender_key) != book_.self();
  }));
  return pod;
}

std::vector<Pod> PodsAtWork::list() const {
  std::vector<Pod> pods;
  for (const auto& [id, record] : book_.records()) pods.push_back(shown(record));
  return pods;
}

Task<Result<Pod>> PodsAtWork::create(std::string name, PodVisibility visibility, bool approval, bool keep) {
  const Status fit = usable();
  SF_CO_TRY(fit);
  std::array<std::uint8_t, 16> nonce{};
  with_.random.fill(nonce);
  auto id = book_.create(std::move(name), visibility, approval, keep, nonce, with_.clock.wall());
  SF_CO_TRY(id);
  settle();
  const auto stored = co_await with_.store.flush();
  SF_CO_TRY(stored);
  const PodRecord* record = book_.find(*id);
  if (record == nullptr) co_return no_such_pod();
  co_return shown(*record);
}

Task<Result<std::vector<Pod>>> PodsAtWork::list_of(PeerId peer, guard::Origin origin, MonoTime deadline) {
  const Status fit = usable();
  SF_CO_TRY(fit);
  const auto reply = co_await ask(peer, "List", Bytes{kEmptyArray}, origin, deadline);
  if (!reply) co_return std::unexpected(reply.error());
  const auto views = read_views(*reply);
  if (!views) co_return std::unexpected(views.error());
  std::vector<Pod> pods;
  for (const PodView& view : *views) {
    const auto statement = read_pod(view.statement);
    if (!statement || PeerId::of(statement->owner_key) != peer) continue;  // nobody shows another's pods
    Pod pod{pod_id(*statement), statement->name, statement->visibility, peer, statement->approval, statement->keep, {},
            static_cast<std::size_t>(std::min<std::uint64_t>(view.members, kRosterEntries)), from_unix_micros(statement->created), view.yours, 0};
    pods.push_back(std::move(pod));
  }
  co_return pods;
}

Task<Result<Pod>> PodsAtWork::join(std::string pod, PeerId host, guard::Origin origin, MonoTime deadline) {
  const Status fit = usable();
  SF_CO_TRY(fit);
  if (!is_pod_id(pod)) co_return fail(Errc::InvalidArgument, "A pod's id is 'pod:' and 32 hex digits; copy it whole.");
  if (host == book_.self()) co_return fail(Errc::InvalidArgument, "The pod's host is this node itself.");
  const auto reply = co_await ask(host, "Join", encode_pod_id(pod), origin, deadline);
  if (!reply) co_return std::unexpected(reply.error());
  const auto views = read_views(*reply);
  if (!views || views->size() != 1) co_return fail(Errc::Malformed, "The other node's answer cannot be read; it may run another version.");
  const Status adopted = book_.adopt(pod, host, views->front(), with_.clock.wall());
  SF_CO_TRY(adopted);
  settle();
  add(Errand::Sync, pod, host);
  const auto stored = co_await with_.store.flush();
  SF_CO_TRY(stored);
  const PodRecord* record = book_.find(pod);
  if (record == nullptr) co_return no_such_pod();
  co_return shown(*record);
}

Task<Status> PodsAtWork::leave(std::string pod, guard::Origin /*origin*/, MonoTime /*deadline*/) {
  const PodRecord* record = book_.find(pod);
  if (record == nullptr) co_return no_such_pod();
  const PeerId host = record->owner;
  const bool tell = !book_.is_host(*record) && record->ours <= MemberState::Member;
  book_.forget(pod);
  agenda_.remove_pod(pod);
  if (tell) {
    PodAct act;
    act.pod = pod;
    act.kind = ActKind::Leave;
    book_.sign(act, with_.clock.wall());
    if (book_.queue(pod, host, std::move(act))) add(Errand::Sync, pod, host);
  }
  settle();
  const auto stored = co_await with_.store.flush();
  co_return stored;
}

Task<Result<bool>> PodsAtWork::deliver_or_queue(std::string pod, PeerId host, std::variant<SignedMessage, PodAct> what, guard::Origin origin,
                                                MonoTime deadline) {
  const auto number = book_.queue(pod, host, std::move(what));
  SF_CO_TRY(number);
  settle();
  const OutboxItem* first = book_.first_waiting(pod, host);
  Status delivered = fail(Errc::Busy, "Others wait before it.");
  if (first != nullptr && first->number == *number) delivered = co_await deliver(*number, origin, deadline);
  if (delivered) co_return true;
  if (!book_.outbox().contains(*number)) co_return std::unexpected(delivered.error());
  if (delivered.error().code == Errc::RateLimited && with_.links.is_linked(host)) {
    book_.settle(*number);
    settle();
    co_return std::unexpected(delivered.error());
  }
  add(Errand::Sync, pod, host, first != nullptr && first->number != *number ? Duration{} : std::chrono::seconds(30));
  const auto stored = co_await with_.store.flush();
  SF_CO_TRY(stored);
  co_return false;
}

Task<Result<PodMessage>> PodsAtWork::post(std::string pod, std::string body, guard::Origin origin, MonoTime deadline) {
  const Status fit = usable();
  SF_CO_TRY(fit);
  const PodRecord* record = book_.find(pod);
  if (record == nullptr) co_return no_such_pod();
  if (record->ours != MemberState::Member) co_return fail(Errc::Forbidden, "You are not a member of this pod; join it first.");
  if (!is_body(body)) co_return fail(body.size() > kBodyCap ? Errc::TooLarge : Errc::InvalidArgument, "A message is 1 to 4096 bytes of text; change it.");
  SignedMessage message = book_.write(pod, std::move(body), with_.clock.wall());
  PodMessage shown = shown_message(pod, message);
  if (book_.is_host(*record)) {
    const auto news = book_.post(book_.self(), {pod, std::move(message)}, with_.clock.wall(), with_.clock.now());
    settle();
    SF_CO_TRY(news);
    const auto stored = co_await with_.store.flush();
    SF_CO_TRY(stored);
    co_return shown;
  }
  const PeerId host = record->owner;
  const auto delivered = co_await deliver_or_queue(pod, host, std::move(message), origin, deadline);
  if (!delivered) co_return std::unexpected(delivered.error());
  shown.pending = !*delivered;
  co_return shown;
}

Task<Status> PodsAtWork::perform(std::string pod, PodAct act) {
  const Status fit = usable();
  SF_CO_TRY(fit);
  const PodRecord* record = book_.find(pod);
  if (record == nullptr) co_return no_such_pod();
  act.pod = pod;
  book_.sign(act, with_.clock.wall());
  if (book_.is_host(*record)) {
    const auto news = book_.act(book_.self(), act, with_.clock.wall());
    settle();
    SF_CO_TRY(news);
    const auto stored = co_await with_.store.flush();
    co_return stored;
  }
  if (record->ours != MemberState::Member) co_return fail(Errc::Forbidden, "You are not a member of this pod; join it first.");
  const PeerId host = record->owner;
  const auto delivered = co_await deliver_or_queue(pod, host, std::move(act), guard::Origin::LocalAutomation, with_.clock.now() + kActTime);
  if (!delivered) co_return std::unexpected(delivered.error());
  co_return Status{};
}

Task<Status> PodsAtWork::set_member(std::string pod, PeerId member, PodRole role, MemberState state) {
  PodAct act;
  act.kind = ActKind::SetMember;
  act.peer = member;
  act.role = role;
  act.state = state;
  const auto done = co_await perform(std::move(pod), std::move(act));
  co_return done;
}

Task<Status> PodsAtWork::remove_message(std::string pod, std::string message) {
  const auto id = parse_id(message);
  if (!id) co_return fail(Errc::InvalidArgument, "A message's id is 32 hex digits; copy it whole.");
  for (const auto& [number, item] : book_.outbox()) {
    const auto* waiting = std::get_if<SignedMessage>(&item.what);
    if (item.pod != pod || waiting == nullptr || message_id(pod, *waiting) != *id) continue;
    book_.settle(number);
    settle();
    co_return Status{};
  }
  PodAct act;
  act.kind = ActKind::RemoveMessage;
  act.message = *id;
  const auto done = co_await perform(std::move(pod), std::move(act));
  co_return done;
}

Task<Result<std::vector<PodMessage>>> PodsAtWork::messages(std::string pod, std::optional<WallTime> before, std::size_t limit) {
  const PodRecord* record = book_.find(pod);
  if (record == nullptr) co_return no_such_pod();
  std::map<std::uint64_t, PodMessage> ordered;
  for (const auto& [seq, entry] : record->log.entries()) {
    if (const auto* message = std::get_if<SignedMessage>(&entry.item)) {
      ordered.emplace(seq, shown_message(pod, *message));
    } else {
      const auto& removal = std::get<Removal>(entry.item);
      ordered.emplace(removal.of, PodMessage{to_hex(removal.id), pod, removal.sender, "", from_unix_micros(removal.sent), true, false});
    }
  }
  std::vector<PodMessage> out;
  for (auto& [seq, message] : ordered) out.push_back(std::move(message));
  for (const auto& [number, item] : book_.outbox()) {
    const auto* waiting = std::get_if<SignedMessage>(&item.what);
    if (item.pod != pod || waiting == nullptr) continue;
    out.push_back(shown_message(pod, *waiting));
    out.back().pending = true;
  }
  if (before) std::erase_if(out, [&](const PodMessage& message) { return message.sent >= *before; });
  const std::size_t most = std::min(limit, kMessagesShown);
  if (out.size() > most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  co_return out;
}

void PodsAtWork::mark_read(const std::string& pod) {
  book_.mark_read(pod);
  settle();
}

void PodsAtWork::configure(const PodSettings& settings) {
  book_.configure(settings);
  book_.prune(with_.clock.wall());
  settle();
  wake_.notify_all();
}

std::unique_ptr<Pods> make_pods(PodDependencies dependencies, PodSettings settings) {
  return std::make_unique<PodsAtWork>(std::move(dependencies), settings);
}

}  // namespace soulfabric::services
