// SPDX-License-Identifier: GPL-3.0-or-later
// D connections as streams of frames.
#include "distributed_tree.hpp"

#include <algorithm>
#include <deque>

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kReadBlock = 16 * 1024;
constexpr std::size_t kMaxOutbox = 512 * 1024;  // a child that reads slower is dropped, not buffered for
constexpr std::size_t kMaxLines = 64;
constexpr Duration kDialTimeout = std::chrono::seconds(20);
constexpr Duration kWriteTimeout = std::chrono::seconds(20);
constexpr Duration kTick = std::chrono::seconds(30);

}  // namespace

struct DistributedTree::Line {
  PeerConnection connection;
  std::deque<std::shared_ptr<const Bytes>> outbox;
  std::size_t outbox_bytes = 0;
  Notifier changed;
  bool dead = false;
};

DistributedTree::DistributedTree(IoContext& context, IoClock& clock, ServerSession& server, PeerHub& hub, TreeOptions options, AnswerHandler answer)
    : clock_(clock), server_(server), hub_(hub), core_(options), answer_(std::move(answer)), scope_(context, "distributed tree") {}

void DistributedTree::start() { scope_.spawn("tick", tick()); }

Task<void> DistributedTree::stop() {
  for (const auto& [id, line] : lines_) {
    line->dead = true;
    line->connection.stream->close();
  }
  co_await scope_.close();
}

void DistributedTree::configure(const TreeOptions& options) {
  TreeActions actions;
  core_.configure(options, actions);
  perform(std::move(actions));
}

DistributedInfo DistributedTree::info() const {
  DistributedInfo out;
  out.branch_level = core_.level();
  out.branch_root = core_.root();
  out.can_accept_children = core_.accepts_children();
  out.child_limit = core_.limit();
  out.children = core_.children();
  out.has_parent = core_.has_parent();
  out.is_branch_root = core_.is_root();
  out.parent = core_.parent_name();
  return out;
}

Task<void> DistributedTree::tick() {
  for (;;) {
    co_await clock_.sleep_for(kTick);
    TreeActions actions;
    core_.on_tick(clock_.now(), actions);
    perform(std::move(actions));
  }
}

void DistributedTree::on_login() {
  TreeActions actions;
  core_.on_logged_in(server_.username(), actions);
  perform(std::move(actions));
}

void DistributedTree::on_logout() {
  TreeActions actions;
  core_.on_logged_out(actions);
  perform(std::move(actions));
}

void DistributedTree::on_reply(const wire::ServerReply& reply) {
  TreeActions actions;
  if (const auto* parents = std::get_if<wire::reply::PossibleParents>(&reply)) {
    std::vector<TreeDial> candidates;
    for (const auto& parent : parents->parents) candidates.push_back({parent.user, {parent.ip, wire::port_of(parent.port).value_or(0)}});
    core_.on_possible_parents(candidates, clock_.now(), actions);
  } else if (const auto* embedded = std::get_if<wire::reply::EmbeddedMessage>(&reply)) {
    core_.on_embedded(embedded->distrib_code, embedded->body, clock_.now(), actions);
  } else if (std::holds_alternative<wire::reply::ResetDistributed>(reply)) {
    core_.on_reset(actions);
  } else if (const auto* speed = std::get_if<wire::reply::ParentMinSpeed>(&reply)) {
    core_.on_parent_min_speed(speed->speed, actions);
  } else if (const auto* ratio = std::get_if<wire::reply::ParentSpeedRatio>(&reply)) {
    core_.on_parent_speed_ratio(ratio->ratio, actions);
  } else if (const auto* self = std::get_if<wire::reply::WatchUser>(&reply); self != nullptr && self->user == server_.username()) {
    core_.on_own_speed(self->stats.avg_speed, actions);
  } else if (const auto* stats = std::get_if<wire::reply::GetUserStats>(&reply); stats != nullptr && stats->user == server_.username()) {
    core_.on_own_speed(stats->stats.avg_speed, actions);
  }
  perform(std::move(actions));
}

void DistributedTree::on_incoming(PeerConnection connection) {
  if (lines_.size() >= kMaxLines || !server_.logged_in()) return;
  const auto id = ++next_id_;
  const std::string user = connection.username;
  const auto line = add(id, std::move(connection));
  TreeActions actions;
  core_.on_incoming(id, user, actions);
  perform(std::move(actions));
  if (!line->dead) scope_.spawn("read", read(id, line));
}

Task<void> DistributedTree::dial(TreeDial candidate) {
  auto reached = co_await hub_.open_distributed(candidate.user, candidate.endpoint, clock_.now() + kDialTimeout);
  if (!reached || !server_.logged_in() || lines_.size() >= kMaxLines) co_return;
  const auto id = ++next_id_;
  const auto line = add(id, std::move(*reached));
  TreeActions actions;
  core_.on_candidate_connected(id, candidate.user, actions);
  perform(std::move(actions));
  if (!line->dead) scope_.spawn("read", read(id, line));
}

std::shared_ptr<DistributedTree::Line> DistributedTree::add(TreeConnection id, PeerConnection connection) {
  auto line = std::make_shared<Line>();
  line->connection = std::move(connection);
  lines_[id] = line;
  scope_.spawn("write", write(line));
  return line;
}

Task<void> DistributedTree::read(TreeConnection id, std::shared_ptr<Line> line) {
  auto& reader = line->connection.reader;
  while (!line->dead) {
    const auto frame = reader.next();
    if (!frame) break;
    if (*frame) {
      TreeActions actions;
      const bool fine = core_.on_frame(id, (*frame)->raw, clock_.now(), actions);
      perform(std::move(actions));
      if (!fine) break;
      continue;
    }
    const auto room = reader.prepare(kReadBlock);
    const auto got = co_await line->connection.stream->read_some(room, kNever);  // TCP keep-alive notices the dead
    if (!got) break;
    reader.commit(*got);
  }
  drop(id);
  TreeActions actions;
  core_.on_disconnected(id, actions);
  perform(std::move(actions));
}

Task<void> DistributedTree::write(std::shared_ptr<Line> line) {
  while (!line->dead) {
    if (line->outbox.empty()) {
      co_await line->changed.wait(clock_, kNever);
      continue;
    }
    const auto frame = line->outbox.front();
    line->outbox.pop_front();
    line->outbox_bytes -= std::min(line->outbox_bytes, frame->size());
    const auto written = co_await line->connection.stream->write(*frame, clock_.now() + kWriteTimeout);
    if (!written) line->connection.stream->close();  // the reader notices and tells the core
    if (!written) co_return;
  }
}

void DistributedTree::perform(TreeActions actions) {
  for (auto& action : actions) {
    if (auto* to_server = std::get_if<TreeToServer>(&action)) server_.send(std::move(to_server->frame));
    if (auto* to_peer = std::get_if<TreeToPeer>(&action)) send(to_peer->to, to_peer->frame);
    if (auto* wanted = std::get_if<TreeDial>(&action)) scope_.spawn("dial", dial(*wanted));
    if (auto* gone = std::get_if<TreeClose>(&action)) drop(gone->connection);
    if (auto* search = std::get_if<TreeAnswer>(&action)) answer_(*search);
  }
}

void DistributedTree::send(TreeConnection id, std::shared_ptr<const Bytes> frame) {
  const auto found = lines_.find(id);
  if (found == lines_.end()) return;
  auto& line = *found->second;
  if (line.outbox_bytes + frame->size() > kMaxOutbox) {
    line.connection.stream->close();
    return;
  }
  line.outbox_bytes += frame->size();
  line.outbox.push_back(std::move(frame));
  line.changed.notify_all();
}

void DistributedTree::drop(TreeConnection id) {
  const auto found = lines_.find(id);
  if (found == lines_.end()) return;
  found->second->dead = true;
  found->second->connection.stream->close();
  found->second->changed.notify_all();
  lines_.erase(found);
}

}  // namespace soulfabric::soulseek
