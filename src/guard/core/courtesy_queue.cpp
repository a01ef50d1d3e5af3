// SPDX-License-Identifier: GPL-3.0-or-later
// The courtesy queue: users before automation before remotes, first come first served within each.
#include "core/courtesy_queue.hpp"

#include <algorithm>
#include <iterator>

#include "soulfabric/base/text.hpp"

namespace soulfabric::guard {
namespace {

constexpr std::chrono::minutes kMinute{1};

std::string normal_form(std::string_view query) {
  std::string out;
  for (const char c : to_lower(query)) {
    if (c == ' ' || c == '\t') {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(c);
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view what_waits(Courtesy kind) {
  switch (kind) {
    case Courtesy::Search: return "searches";
    case Courtesy::Browse: return "browse requests";
    case Courtesy::Download: return "downloads";
    case Courtesy::None: break;
  }
  return "requests";
}

}  // namespace

Result<Ticket> CourtesyQueue::enqueue(Courtesy kind, const ActRequest& request) {
  std::size_t& queued = queued_[index(kind)][static_cast<std::size_t>(request.origin)];
  const std::size_t longest = kind == Courtesy::Download ? limits_.download_queue_length : limits_.queue_length;
  if (longest != 0 && queued >= longest)
    return fail(Errc::RateLimited,
                "Too many " + std::string(what_waits(kind)) + " are waiting already; try again when some have been done.");
  if (!request.key.empty() && !keys_.emplace(kind, request.key).second)
    return fail(Errc::Exists, "The same request is waiting or under way already.");
  const Ticket ticket{++last_id_};
  requests_.emplace(ticket.id, Waiting{kind, request, false});
  lines_[index(kind)].emplace(request.origin, ticket.id);
  ++queued;
  return ticket;
}

MonoTime CourtesyQueue::earliest(Courtesy kind, bool planner, const std::deque<Stamp>& stamps, MonoTime now) const {
  MonoTime at = now;
  // The n-th last grant of those that count must be older than the window.
  const auto wait_for = [&](std::size_t limit, Duration window, bool planner_only) {
    if (limit == 0) return;
    std::size_t seen = 0;
    for (auto stamp = stamps.rbegin(); stamp != stamps.rend(); ++stamp) {
      if (planner_only && !stamp->planner) continue;
      if (++seen < limit) continue;
      at = std::max(at, stamp->at + window);
      return;
    }
  };
  if (kind == Courtesy::Search) {
    if (!stamps.empty()) at = std::max(at, stamps.back().at + limits_.search_spacing);
    wait_for(limits_.searches_per_minute, kMinute, false);
    wait_for(limits_.searches_per_window, limits_.window, false);
    if (planner) wait_for(limits_.planner_searches_per_minute, kMinute, true);
  }
  if (kind == Courtesy::Browse) wait_for(limits_.browses_per_minute, kMinute, false);
  if (kind == Courtesy::Download && limits_.download_slots != 0 && at_work_[index(kind)] >= limits_.download_slots) return MonoTime::max();
  return at;
}

bool CourtesyQueue::is_ready(Ticket ticket, MonoTime now) const {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end() || found->second.at_work) return false;
  const Courtesy kind = found->second.kind;
  const auto& stamps = stamps_[index(kind)];
  const bool planner = found->second.request.purpose == Purpose::VirtualSoulfind;
  if (earliest(kind, planner, stamps, now) > now) return false;
  if (kind == Courtesy::Download) {
    const std::size_t free =
        limits_.download_slots == 0 ? lines_[index(kind)].size() : limits_.download_slots - at_work_[index(kind)];  // > 0, see earliest()
    std::size_t ahead = 0;
    for (const Turn& turn : lines_[index(kind)]) {
      if (turn.second == ticket.id) return true;
      if (++ahead >= free) return false;
    }
    return false;
  }
  // Whoever stands before us and could go now goes first; a planner's request held up by its own limit does not block.
  for (const Turn& turn : lines_[index(kind)]) {
    if (turn.second == ticket.id) return true;
    const bool other = requests_.at(turn.second).request.purpose == Purpose::VirtualSoulfind;
    if (earliest(kind, other, stamps, now) <= now) return false;
  }
  return false;
}

void CourtesyQueue::take(Ticket ticket, MonoTime now) {
  Waiting& waiting = requests_.at(ticket.id);
  lines_[index(waiting.kind)].erase({waiting.request.origin, ticket.id});
  --queued_[index(waiting.kind)][static_cast<std::size_t>(waiting.request.origin)];
  waiting.at_work = true;
  ++at_work_[index(waiting.kind)];
  if (waiting.kind == Courtesy::Download) return;
  prune(waiting.kind, now);
  stamps_[index(waiting.kind)].push_back({now, ticket.id, waiting.request.purpose == Purpose::VirtualSoulfind});
}

void CourtesyQueue::prune(Courtesy kind, MonoTime now) {
  auto& stamps = stamps_[index(kind)];
  const Duration longest = std::max<Duration>(limits_.window, kMinute);
  while (!stamps.empty() && stamps.front().at + longest <= now) stamps.pop_front();
}

void CourtesyQueue::cancel(Ticket ticket) noexcept {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end() || found->second.at_work) return;
  const Waiting& waiting = found->second;
  lines_[index(waiting.kind)].erase({waiting.request.origin, ticket.id});
  --queued_[index(waiting.kind)][static_cast<std::size_t>(waiting.request.origin)];
  if (!waiting.request.key.empty()) keys_.erase({waiting.kind, waiting.request.key});
  requests_.erase(found);
}

void CourtesyQueue::settle(Ticket ticket, bool used) noexcept {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end() || !found->second.at_work) return;
  const Waiting& waiting = found->second;
  --at_work_[index(waiting.kind)];
  if (!waiting.request.key.empty()) keys_.erase({waiting.kind, waiting.request.key});
  if (!used) std::erase_if(stamps_[index(waiting.kind)], [&](const Stamp& stamp) { return stamp.id == ticket.id; });
  requests_.erase(found);
}

std::optional<std::size_t> CourtesyQueue::place(Ticket ticket) const {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end() || found->second.at_work) return std::nullopt;
  const auto& line = lines_[index(found->second.kind)];
  const auto turn = line.find({found->second.request.origin, ticket.id});
  return static_cast<std::size_t>(std::distance(line.begin(), turn)) + 1;
}

MonoTime CourtesyQueue::ready_at(Ticket ticket, MonoTime now) const {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end() || found->second.at_work) return MonoTime::max();
  const Courtesy kind = found->second.kind;
  if (kind == Courtesy::Download) return is_ready(ticket, now) ? now : MonoTime::max();
  // Let everyone before us go as early as the limits allow, then ourselves.
  std::deque<Stamp> stamps = stamps_[index(kind)];
  const bool planner = found->second.request.purpose == Purpose::VirtualSoulfind;
  for (const Turn& turn : lines_[index(kind)]) {
    if (turn.second == ticket.id) break;
    const bool other = requests_.at(turn.second).request.purpose == Purpose::VirtualSoulfind;
    if (other && !planner) continue;
    stamps.push_back({earliest(kind, other, stamps, now), turn.second, other});
  }
  return earliest(kind, planner, stamps, now);
}

std::vector<Ticket> CourtesyQueue::heads() const {
  std::vector<Ticket> heads;
  for (const Courtesy kind : {Courtesy::Search, Courtesy::Browse}) {
    for (const Turn& turn : lines_[index(kind)]) {
      heads.push_back({turn.second});
      if (requests_.at(turn.second).request.purpose != Purpose::VirtualSoulfind) break;
    }
  }
  const auto& downloads = lines_[index(Courtesy::Download)];
  const std::size_t busy = at_work_[index(Courtesy::Download)];
  std::size_t free = limits_.download_slots == 0 ? downloads.size() : limits_.download_slots - std::min(busy, limits_.download_slots);
  for (auto turn = downloads.begin(); turn != downloads.end() && free > 0; ++turn, --free) heads.push_back({turn->second});
  return heads;
}

void CourtesyQueue::for_each_waiting(const std::function<void(Ticket, std::size_t)>& visit) const {
  for (const auto& line : lines_) {
    std::size_t place = 0;
    for (const Turn& turn : line) visit({turn.second}, ++place);
  }
}

const ActRequest* CourtesyQueue::request_of(Ticket ticket) const {
  const auto found = requests_.find(ticket.id);
  return found == requests_.end() ? nullptr : &found->second.request;
}

std::optional<Courtesy> CourtesyQueue::kind_of(Ticket ticket) const {
  const auto found = requests_.find(ticket.id);
  if (found == requests_.end()) return std::nullopt;
  return found->second.kind;
}

void CourtesyQueue::note_query(std::string_view query, MonoTime now) { queries_.put(normal_form(query), now) = now; }

std::optional<Duration> CourtesyQueue::since_query(std::string_view query, MonoTime now) const {
  const MonoTime* at = queries_.find(normal_form(query));
  if (at == nullptr || now < *at || now - *at >= limits_.same_query) return std::nullopt;
  return now - *at;
}

}  // namespace soulfabric::guard
