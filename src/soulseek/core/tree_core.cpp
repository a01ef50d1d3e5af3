// SPDX-License-Identifier: GPL-3.0-or-later
// Adopt the first candidate that has told its place and delivers a search; forward raw frames before anything else.
#include "core/tree_core.hpp"

#include <algorithm>

#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kMaxCandidates = 10;  // what the server names at most
constexpr std::uint32_t kFormulaLimit = 10;  // most children the speed formula grants
constexpr std::int32_t kDeepest = 10'000;    // no tree is as deep; below a higher number our own would not be one any more
constexpr std::size_t kMaxRootName = 256;

std::shared_ptr<const Bytes> shared(Bytes frame) { return std::make_shared<const Bytes>(std::move(frame)); }

}  // namespace

void TreeCore::configure(const TreeOptions& options, TreeActions& out) {
  const bool enabled = options_.enabled;
  options_ = options;
  options_.enabled = enabled;
  enabled_next_ = options.enabled;
  if (!self_.empty()) announce_accept(out);
}

void TreeCore::on_logged_in(const std::string& own_name, TreeActions& out) {
  options_.enabled = enabled_next_;
  self_ = own_name;
  root_ = own_name;
  level_ = 0;
  parent_ = 0;
  root_mode_ = false;
  announced_accept_ = false;
  if (!options_.enabled) return;
  out.push_back(TreeToServer{wire::encode(wire::request::HaveNoParent{true})});
  out.push_back(TreeToServer{wire::encode(wire::request::BranchRoot{root_})});
  out.push_back(TreeToServer{wire::encode(wire::request::BranchLevel{0})});
  out.push_back(TreeToServer{wire::encode(wire::request::AcceptChildren{false})});
}

void TreeCore::on_logged_out(TreeActions& out) {
  for (const auto& [id, link] : links_) out.push_back(TreeClose{id});
  links_.clear();
  self_.clear();
  parent_ = 0;
  root_mode_ = false;
  announced_accept_ = false;
  level_ = 0;
  own_speed_ = 0;
}

void TreeCore::on_possible_parents(const std::vector<TreeDial>& parents, MonoTime, TreeActions& out) {
  if (!options_.enabled || parent_ != 0) return;
  std::erase_if(links_, [&](const auto& entry) {
    if (entry.second.role != Role::Candidate) return false;
    out.push_back(TreeClose{entry.first});
    return true;
  });
  std::size_t dialled = 0;
  for (const auto& candidate : parents) {
    if (candidate.user == self_ || dialled++ >= kMaxCandidates) continue;
    const bool is_child = std::any_of(links_.begin(), links_.end(), [&](const auto& entry) { return entry.second.user == candidate.user; });
    if (!is_child) out.push_back(candidate);
  }
}

void TreeCore::on_candidate_connected(TreeConnection id, const std::string& user, TreeActions& out) {
  if (parent_ != 0 || user == self_) {
    out.push_back(TreeClose{id});
    return;
  }
  links_[id] = Link{user, Role::Candidate, {}, {}};
}

void TreeCore::on_incoming(TreeConnection id, const std::string& user, TreeActions& out) {
  const bool known = user == self_ || std::any_of(links_.begin(), links_.end(), [&](const auto& entry) { return entry.second.user == user; });
  if (known || !announced_accept_ || child_count() >= limit()) {
    out.push_back(TreeClose{id});
    return;
  }
  links_[id] = Link{user, Role::Child, {}, {}};
  out.push_back(TreeToPeer{id, shared(wire::encode(wire::distributed::BranchLevel{level_}))});
  out.push_back(TreeToPeer{id, shared(wire::encode(wire::distributed::BranchRoot{root_}))});
  announce_accept(out);
}

bool TreeCore::on_frame(TreeConnection id, ByteView frame, MonoTime now, TreeActions& out) {
  const auto found = links_.find(id);
  if (found == links_.end()) return close(id, out);
  if (frame.size() < 5) return close(id, out);
  Link& link = found->second;
  const std::uint8_t code = frame[4];
  const ByteView body = frame.subspan(5);
  const auto message = wire::decode_distributed(code, body);
  if (!message) return true;  // skipped by its length
  if (const auto* level = std::get_if<wire::distributed::BranchLevel>(&*message)) {
    link.level = level->level;
    return on_branch(id, link, out);
  }
  if (const auto* root = std::get_if<wire::distributed::BranchRoot>(&*message)) {
    link.root = root->root;
    return on_branch(id, link, out);
  }
  if (std::holds_alternative<wire::distributed::Search>(*message)) return on_search(id, link, frame, body, now, out);
  if (const auto* embedded = std::get_if<wire::distributed::EmbeddedMessage>(&*message)) {
    if (embedded->distrib_code != wire::distributed::Search::kCode) return true;
    const auto inner = wire::distributed_frame(embedded->distrib_code, embedded->body);
    return on_search(id, link, inner, embedded->body, now, out);
  }
  return true;
}

bool TreeCore::on_branch(TreeConnection id, Link& link, TreeActions& out) {
  if (link.role == Role::Child) return true;
  const bool bad_level = link.level && (*link.level < 0 || *link.level > kDeepest);
  // A branch whose root we are hangs below us: its searches are our own, sent round in a circle.
  const bool bad_root = link.root && (link.root->empty() || link.root->size() > kMaxRootName || *link.root == self_);
  if (bad_level || bad_root) {
    const bool was_parent = link.role == Role::Parent;
    close(id, out);
    links_.erase(id);
    if (was_parent) lose_parent(out);
    return false;
  }
  if (link.role == Role::Parent) place_changed(out);
  return true;
}

bool TreeCore::on_search(TreeConnection id, Link& link, ByteView frame, ByteView body, MonoTime now, TreeActions& out) {
  if (link.role == Role::Child || (link.role == Role::Candidate && parent_ != 0)) {
    close(id, out);
    links_.erase(id);
    announce_accept(out);
    return false;
  }
  const auto message = wire::decode_distributed(wire::distributed::Search::kCode, body);
  const auto* search = message ? std::get_if<wire::distributed::Search>(&*message) : nullptr;
  if (search == nullptr || search->identifier != wire::distributed::Search::kIdentifier) return true;
  if (link.role == Role::Candidate) {
    if (!link.level) return true;
    if (!link.root && *link.level != 0) return true;
    adopt(id, now, out);
  }
  last_search_ = now;
  forward(frame, out);
  out.push_back(TreeAnswer{search->user, search->token, search->query});
  return true;
}

void TreeCore::adopt(TreeConnection id, MonoTime now, TreeActions& out) {
  Link& link = links_.at(id);
  link.role = Role::Parent;
  if (!link.root) link.root = link.user;  // old clients at level 0 do not name themselves
  parent_ = id;
  root_mode_ = false;
  last_search_ = now;
  std::erase_if(links_, [&](const auto& entry) {
    if (entry.second.role != Role::Candidate) return false;
    out.push_back(TreeClose{entry.first});
    return true;
  });
  out.push_back(TreeToServer{wire::encode(wire::request::HaveNoParent{false})});
  place_changed(out);
  announce_accept(out);
}

void TreeCore::place_changed(TreeActions& out) {
  if (parent_ != 0) {
    const Link& parent = links_.at(parent_);
    level_ = parent.level.value_or(0) + 1;
    root_ = parent.root.value_or(parent.user);
  } else {
    level_ = 0;
    root_ = self_;
  }
  out.push_back(TreeToServer{wire::encode(wire::request::BranchRoot{root_})});
  out.push_back(TreeToServer{wire::encode(wire::request::BranchLevel{static_cast<std::uint32_t>(level_)})});
  const auto level_frame = shared(wire::encode(wire::distributed::BranchLevel{level_}));
  const auto root_frame = shared(wire::encode(wire::distributed::BranchRoot{root_}));
  for (const auto& [id, link] : links_) {
    if (link.role != Role::Child) continue;
    out.push_back(TreeToPeer{id, level_frame});
    out.push_back(TreeToPeer{id, root_frame});
  }
}

void TreeCore::lose_parent(TreeActions& out) {
  parent_ = 0;
  root_mode_ = false;
  place_changed(out);
  out.push_back(TreeToServer{wire::encode(wire::request::HaveNoParent{true})});
  announce_accept(out);
}

void TreeCore::on_disconnected(TreeConnection id, TreeActions& out) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const Role role = found->second.role;
  links_.erase(found);
  if (role == Role::Parent) lose_parent(out);
  if (role == Role::Child) announce_accept(out);
}

void TreeCore::on_embedded(std::uint8_t code, ByteView body, MonoTime now, TreeActions& out) {
  if (!options_.enabled || code != wire::distributed::Search::kCode) return;
  const auto message = wire::decode_distributed(code, body);
  const auto* search = message ? std::get_if<wire::distributed::Search>(&*message) : nullptr;
  if (search == nullptr || search->identifier != wire::distributed::Search::kIdentifier) return;
  if (parent_ == 0 && !root_mode_) {
    root_mode_ = true;
    place_changed(out);
    announce_accept(out);
  }
  last_search_ = now;
  if (root_mode_) forward(wire::distributed_frame(code, body), out);
  out.push_back(TreeAnswer{search->user, search->token, search->query});
}

void TreeCore::on_reset(TreeActions& out) {
  const std::string name = self_;
  for (const auto& [id, link] : links_) out.push_back(TreeClose{id});
  links_.clear();
  on_logged_in(name, out);
}

void TreeCore::on_parent_min_speed(std::uint32_t speed, TreeActions& out) {
  min_speed_ = speed;
  announce_accept(out);
}
void TreeCore::on_parent_speed_ratio(std::uint32_t ratio, TreeActions& out) {
  speed_ratio_ = ratio;
  announce_accept(out);
}
void TreeCore::on_own_speed(std::uint32_t speed, TreeActions& out) {
  own_speed_ = speed;
  announce_accept(out);
}

void TreeCore::on_tick(MonoTime now, TreeActions& out) {
  if (parent_ == 0 || now - last_search_ < options_.silence) return;
  out.push_back(TreeClose{parent_});
  links_.erase(parent_);
  lose_parent(out);
}

void TreeCore::forward(ByteView frame, TreeActions& out) {
  std::shared_ptr<const Bytes> copy;
  for (const auto& [id, link] : links_) {
    if (link.role != Role::Child) continue;
    if (!copy) copy = shared(Bytes(frame.begin(), frame.end()));
    out.push_back(TreeToPeer{id, copy});
  }
}

void TreeCore::announce_accept(TreeActions& out) {
  const bool accept = options_.enabled && (parent_ != 0 || root_mode_) && child_count() < limit();
  if (accept == announced_accept_) return;
  announced_accept_ = accept;
  out.push_back(TreeToServer{wire::encode(wire::request::AcceptChildren{accept})});
}

std::uint32_t TreeCore::child_count() const noexcept {
  return static_cast<std::uint32_t>(std::count_if(links_.begin(), links_.end(), [](const auto& entry) { return entry.second.role == Role::Child; }));
}

std::uint32_t TreeCore::limit() const noexcept {
  if (!options_.enabled || !options_.accept_children) return 0;
  // A server that asks for no least speed leaves the number to us (LAN); else speed / ratio / 100, ten at most.
  if (min_speed_ == 0 || speed_ratio_ == 0) return options_.child_limit;
  if (own_speed_ / 1024 < min_speed_) return 0;
  return std::min({own_speed_ / speed_ratio_ / 100, kFormulaLimit, options_.child_limit});
}

std::optional<std::string> TreeCore::parent_name() const {
  const auto found = links_.find(parent_);
  if (parent_ == 0 || found == links_.end()) return std::nullopt;
  return found->second.user;
}

std::vector<std::string> TreeCore::children() const {
  std::vector<std::string> names;
  for (const auto& [id, link] : links_) {
    if (link.role == Role::Child) names.push_back(link.user);
  }
  return names;
}

bool TreeCore::close(TreeConnection id, TreeActions& out) {
  out.push_back(TreeClose{id});
  return false;
}

}  // namespace soulfabric::soulseek
