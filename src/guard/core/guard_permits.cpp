// SPDX-License-Identifier: GPL-3.0-or-later
// Guard, first half: permits, calls and the courtesy queue.
#include <algorithm>
#include <cassert>

#include "core/guard_impl.hpp"

namespace soulfabric::guard {

CallBudget& CallBudget::operator=(CallBudget&& other) noexcept {
  if (this != &other) {
    close();
    guard_ = std::exchange(other.guard_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

unsigned CallBudget::remaining() const noexcept {
  if (guard_ == nullptr) return 0;
  return guard_->impl_->calls.at(id_).remaining;
}

void CallBudget::close() noexcept {
  if (guard_ == nullptr) return;
  Guard::Impl& impl = *std::exchange(guard_, nullptr)->impl_;
  impl.calls.at(id_).closed = true;
  impl.settle_call(id_);
}

Result<Grant> CallBudget::carve(const ActInfo& act) {
  if (guard_ == nullptr) return fail(Errc::Closed, "The call has ended.");
  Guard::Impl& impl = *guard_->impl_;
  Guard::Impl::Call& call = impl.calls.at(id_);
  const bool done = std::ranges::find(call.done, act.name) != call.done.end();
  if (!act.for_remote_mesh || (act.once_per_call && done)) {
    ++impl.totals.permits_refused;
    return fail(Errc::Forbidden, "A call of another node cannot buy this.");
  }
  if (call.remaining < act.units) {
    ++impl.totals.permits_refused;
    return fail(Errc::RateLimited, "The call's budget is used up.");
  }
  call.remaining -= act.units;
  ++call.permits;
  if (act.once_per_call) call.done.push_back(act.name);
  const ActRequest request{Origin::RemoteMesh, call.debit.payer.subject, call.debit.payer.address, Purpose::General, {}};
  return Grant(impl, impl.enter(act, request, {{}, id_, 0}));
}

Payer Guard::Impl::payer_of(const ActRequest& request) const {
  const bool authenticated = request.origin != Origin::RemoteMesh;
  return {request.origin, request.subject, request.address, authenticated ? Standing::Welcome : standing_of(request.subject)};
}

Status Guard::Impl::may_buy(const ActInfo& act, const ActRequest& request) {
  if (request.origin == Origin::RemoteMesh && (!act.for_remote_mesh || act.once_per_call)) {
    ++totals.permits_refused;
    return fail(Errc::Forbidden, "A call of another node cannot buy this.");
  }
  if (is_unwanted(request.subject)) {
    ++totals.permits_refused;
    return fail(Errc::Banned, "This " + std::string(name_of(request.subject.kind)) + " is banned; an operator can lift the ban.");
  }
  return {};
}

Reservation Guard::Impl::enter(const ActInfo& act, const ActRequest& request, Outstanding entry) {
  const std::uint64_t id = ++last_id;
  outstanding.emplace(id, std::move(entry));
  ++totals.permits;
  ++totals.permits_by_origin[static_cast<std::size_t>(request.origin)];
  ++totals.courtesy_granted[static_cast<std::size_t>(act.courtesy)];
  return {act, request.origin, request.subject, act.units, id};
}

void Guard::Impl::settle(const Reservation& reservation, unsigned spent, bool used) noexcept {
  const auto found = outstanding.find(reservation.id);
  if (found == outstanding.end()) return;
  const Outstanding entry = std::move(found->second);
  outstanding.erase(found);
  totals.units_spent += spent;
  totals.units_refunded += reservation.units - spent;
  if (entry.call != 0) {
    Call& call = calls.at(entry.call);
    call.remaining += reservation.units - spent;
    call.spent += spent;
    --call.permits;
    if (!used) std::erase(call.done, reservation.act.name);
    settle_call(entry.call);
    return;
  }
  if (spent < reservation.units) budget.refund(entry.debit, reservation.units - spent);
  if (entry.ticket == 0) return;
  courtesy.settle({entry.ticket}, used);
  queue_changed();
}

void Guard::Impl::settle_call(std::uint64_t id) {
  const auto found = calls.find(id);
  if (found == calls.end() || !found->second.closed || found->second.permits != 0) return;
  budget.refund(found->second.debit, found->second.debit.units() - found->second.spent);
  calls.erase(found);
}

Guard::Guard(const GuardOptions& options, const Clock& clock) : impl_(std::make_unique<Impl>(options, clock)) {}

Guard::~Guard() { assert(impl_->outstanding.empty() && "a permit outlives the guard"); }

void Guard::configure(const GuardOptions& options) {
  impl_->options = options;
  impl_->budget.configure(options.budget);
  impl_->held.configure(options.held);
  impl_->courtesy.configure(options.courtesy);
  impl_->gate.configure(options.connections);
  impl_->violations.configure(options.violations);
  impl_->upload.set_rate(options.bytes.upload);
  impl_->download.set_rate(options.bytes.download);
  impl_->queue_changed();
}

const GuardOptions& Guard::options() const noexcept { return impl_->options; }

Result<Grant> Guard::reserve(const ActInfo& act, const ActRequest& request) {
  SF_TRY(impl_->may_buy(act, request));
  const MonoTime now = impl_->clock.now();
  Ticket ticket;
  if (act.courtesy != Courtesy::None) {
    auto queued = impl_->courtesy.enqueue(act.courtesy, request);
    if (!queued) {
      ++impl_->totals.permits_refused;
      return std::unexpected(std::move(queued).error());
    }
    ticket = *queued;
    if (!impl_->courtesy.is_ready(ticket, now)) {
      impl_->courtesy.cancel(ticket);
      ++impl_->totals.permits_refused;
      return fail(Errc::RateLimited, "The limit that keeps us welcome on the network is reached; wait for a turn.");
    }
  }
  auto debit = impl_->budget.reserve(impl_->payer_of(request), act.units, now);
  if (!debit) {
    impl_->courtesy.cancel(ticket);
    ++impl_->totals.permits_refused;
    return fail(Errc::RateLimited, "The budget of this minute is used up; try again shortly.");
  }
  if (ticket.id != 0) impl_->courtesy.take(ticket, now);
  Grant grant(*impl_, impl_->enter(act, request, {*debit, 0, ticket.id}));
  if (ticket.id != 0) impl_->queue_changed();
  return grant;
}

Result<Ticket> Guard::enqueue(const ActInfo& act, const ActRequest& request) {
  SF_TRY(impl_->may_buy(act, request));
  auto ticket = impl_->courtesy.enqueue(act.courtesy, request);
  if (!ticket)
    ++impl_->totals.permits_refused;
  else
    impl_->queue_changed();
  return ticket;
}

std::optional<Grant> Guard::redeem(const ActInfo& act, Ticket ticket) {
  const MonoTime now = impl_->clock.now();
  if (impl_->courtesy.kind_of(ticket) != act.courtesy || !impl_->courtesy.is_ready(ticket, now)) return std::nullopt;
  const ActRequest request = *impl_->courtesy.request_of(ticket);
  auto debit = impl_->budget.reserve(impl_->payer_of(request), act.units, now);
  if (!debit) return std::nullopt;
  impl_->courtesy.take(ticket, now);
  Grant grant(*impl_, impl_->enter(act, request, {*debit, 0, ticket.id}));
  impl_->queue_changed();
  return grant;
}

void Guard::cancel(Ticket ticket) noexcept {
  if (!impl_->courtesy.place(ticket)) return;
  impl_->courtesy.cancel(ticket);
  impl_->queue_changed();
}

std::optional<std::size_t> Guard::place(Ticket ticket) const { return impl_->courtesy.place(ticket); }

MonoTime Guard::ready_at(Ticket ticket) const {
  const MonoTime now = impl_->clock.now();
  const MonoTime polite = impl_->courtesy.ready_at(ticket, now);
  const ActRequest* request = impl_->courtesy.request_of(ticket);
  const auto kind = impl_->courtesy.kind_of(ticket);
  if (request == nullptr || !kind || polite == MonoTime::max()) return polite;
  const unsigned units = *kind == Courtesy::Search   ? SoulseekSearch::kInfo.units
                         : *kind == Courtesy::Browse ? SoulseekBrowse::kInfo.units
                                                     : 0;
  return std::max(polite, impl_->budget.ready_at(impl_->payer_of(*request), units, now));
}

void Guard::on_queue_changed(std::function<void()> callback) { impl_->changed = std::move(callback); }
std::vector<Ticket> Guard::heads() const { return impl_->courtesy.heads(); }
void Guard::for_each_waiting(const std::function<void(Ticket, std::size_t)>& visit) const { impl_->courtesy.for_each_waiting(visit); }
std::optional<Duration> Guard::since_same_search(std::string_view query) const {
  return impl_->courtesy.since_query(query, impl_->clock.now());
}
void Guard::note_search(std::string_view query) { impl_->courtesy.note_query(query, impl_->clock.now()); }

Result<CallBudget> Guard::begin_call(const Subject& peer, const IpAddress& address, unsigned stated_units) {
  const MonoTime now = impl_->clock.now();
  if (impl_->is_unwanted(peer)) return fail(Errc::Banned, "This peer is banned.");
  const ActRequest request{Origin::RemoteMesh, peer, address, Purpose::General, {}};
  const unsigned want = std::min(impl_->options.budget.per_call, stated_units);
  auto debit = impl_->budget.reserve_up_to(impl_->payer_of(request), want, now);
  if (!debit) {
    ++impl_->totals.permits_refused;
    return fail(Errc::RateLimited, "The peer's budget of this minute is used up.");
  }
  const std::uint64_t id = ++impl_->last_id;
  const unsigned units = debit->units();
  impl_->calls.emplace(id, Impl::Call{std::move(*debit), units, 0, 0, false, {}});
  return CallBudget(*this, id);
}

}  // namespace soulfabric::guard
