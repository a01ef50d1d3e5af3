// SPDX-License-Identifier: GPL-3.0-or-later
// Searches and the distributed tree as the server sees them: who is told of a search, who is offered as a parent.
//
// A search for everybody goes to the roots of all branches (users without a parent) as EmbeddedMessage, and down the tree from
// there. A searcher never gets its own search back: where it is a root itself, the members of its branch are told one by one.
#include <algorithm>

#include "core/server_core.hpp"

namespace soulfabric::soulseek {
namespace {
constexpr std::size_t kMaxQuery = 256;
constexpr std::size_t kMaxParents = 10;
}  // namespace

void ServerCore::search_everywhere(const Session& from, std::uint32_t token, const std::string& query) {
  if (query.empty() || query.size() > kMaxQuery) return;
  wire::distributed::Search search;
  search.user = from.name;
  search.token = token;
  search.query = query;
  const Bytes inner = wire::encode(search);
  wire::reply::EmbeddedMessage embedded;
  embedded.distrib_code = static_cast<std::uint8_t>(wire::distributed::Search::kCode);
  embedded.body.assign(inner.begin() + 5, inner.end());
  const auto to_roots = std::make_shared<const Bytes>(wire::encode(embedded));
  const auto to_branch = std::make_shared<const Bytes>(wire::encode(wire::reply::FileSearch{from.name, token, query}));
  for (const auto& [id, session] : sessions_) {
    if (session.phase != Phase::LoggedIn || id == from.id) continue;
    if (session.no_parent) {
      send_frame(session, to_roots);
    } else if (from.no_parent && session.branch_root == from.name) {
      send_frame(session, to_branch);
    }
  }
}

void ServerCore::handle(Session& session, const wire::request::FileSearch& m) { search_everywhere(session, m.token, m.query); }
void ServerCore::handle(Session& session, const wire::request::WishlistSearch& m) { search_everywhere(session, m.token, m.query); }

void ServerCore::handle(Session& session, const wire::request::UserSearch& m) {
  if (m.query.empty() || m.query.size() > kMaxQuery) return;
  const Session* target = online(m.user);
  if (target != nullptr && target != &session) send(*target, wire::reply::FileSearch{session.name, m.token, m.query});
}

void ServerCore::handle(Session& session, const wire::request::RoomSearch& m) {
  if (m.query.empty() || m.query.size() > kMaxQuery) return;
  if (const Room* room = room_with(session, m.room)) to_room(*room, wire::reply::FileSearch{session.name, m.token, m.query}, session.name);
}

void ServerCore::handle(Session& session, const wire::request::HaveNoParent& m) { session.no_parent = m.no_parent; }
void ServerCore::handle(Session& session, const wire::request::AcceptChildren& m) { session.accepts_children = m.accept; }

void ServerCore::handle(Session& session, const wire::request::BranchRoot& m) {
  session.branch_root = m.root;
  if (!m.root.empty() && online(m.root) == nullptr) send(session, wire::reply::ResetDistributed{});
}

/// Everybody below a root that is gone starts over.
void ServerCore::reset_branch(const std::string& root) {
  for (auto& [id, session] : sessions_) {
    if (session.phase != Phase::LoggedIn || session.branch_root != root || session.name == root) continue;
    session.branch_root = session.name;
    send(session, wire::reply::ResetDistributed{});
  }
}

/// One order of all users, by speed and then by age of the session: a parent always stands above its child, so no circle can close.
bool ServerCore::ranks_above(const Session& a, const Session& b) const {
  const auto speed = [this](const Session& session) {
    const auto found = accounts_.find(session.name);
    return found == accounts_.end() ? 0U : found->second.avg_speed;
  };
  const std::uint32_t of_a = speed(a);
  const std::uint32_t of_b = speed(b);
  return of_a != of_b ? of_a > of_b : a.id < b.id;
}

void ServerCore::offer_parents(const Session& session) {
  std::vector<const Session*> candidates;
  for (const auto& [id, other] : sessions_) {
    if (other.phase != Phase::LoggedIn || &other == &session || other.port == 0) continue;
    if (!other.accepts_children || other.branch_root == session.name || !ranks_above(other, session)) continue;
    candidates.push_back(&other);
  }
  if (candidates.empty()) return;
  std::ranges::sort(candidates, [this](const Session* a, const Session* b) { return ranks_above(*a, *b); });
  if (candidates.size() > kMaxParents) candidates.resize(kMaxParents);
  wire::reply::PossibleParents offer;
  for (const Session* candidate : candidates) offer.parents.push_back({candidate->name, address_for(session, *candidate), candidate->port});
  send(session, offer);
}

}  // namespace soulfabric::soulseek
