// SPDX-License-Identifier: GPL-3.0-or-later
// Joining and leaving the mesh.
#include "mesh_house.hpp"

#include <algorithm>
#include <utility>

#include "soulfabric/base/log.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::chrono::minutes kRetirement{5};  // longer than any request lasts

}  // namespace

MeshHouse::MeshHouse(MeshNodeDependencies dependencies, std::function<const Options&()> options, std::function<void()> shares_changed)
    : deps_(std::move(dependencies)), options_(std::move(options)), shares_changed_(std::move(shares_changed)) {}

void MeshHouse::remember() { answer_ = read_mesh_answer(deps_.app_dir / "data"); }

bool MeshHouse::wanted() const {
  if (stopping_) return false;
  const auto& join = options_().mesh.join;
  return join == "yes" || (join == "ask" && answer_ && answer_->join);
}

Task<void> MeshHouse::start() { co_await settle(); }

Task<void> MeshHouse::configure() {
  if (running_ && node_) node_->configure(options_());
  co_await settle();
}

Task<void> MeshHouse::stop() {
  stopping_ = true;
  co_await settle();
}

Task<void> MeshHouse::settle() {
  while (settling_) co_await settled_.wait(deps_.clock, kNever);
  settling_ = true;
  co_await settle_once();
  settling_ = false;
  settled_.notify_all();
}

Task<void> MeshHouse::settle_once() {
  std::erase_if(retired_, [now = deps_.clock.now()](const Retired& old) { return now - old.since > kRetirement; });
  if (wanted() == running_) co_return;
  if (running_) {
    co_await leave();
    co_return;
  }
  trouble_.clear();
  const auto joined = co_await join();
  running_ = joined.has_value();
  if (!running_) trouble_ = joined.error().message;
  changed();
  if (running_) co_return;
  log::error("mesh", "this node is not on the mesh: " + trouble_);
  co_await leave();
}

Task<Status> MeshHouse::join() {
  auto made = MeshNode::make(deps_, options_());
  if (!made) co_return std::unexpected(made.error());
  node_ = std::move(*made);
  co_return co_await node_->start();
}

Task<void> MeshHouse::leave() {
  running_ = false;
  changed();
  if (!node_) co_return;
  co_await node_->stop();
  retired_.push_back({std::move(node_), deps_.clock.now()});
}

ShareOptions MeshHouse::with_answer(ShareOptions shares) const {
  if (!answer_ || !answer_->join || options_().mesh.join != "ask") return shares;
  for (auto& share : shares.directories) {
    const std::string name = share.alias.empty() ? std::filesystem::path(share.path).filename().string() : share.alias;
    if (!share.excluded && std::ranges::find(answer_->shares, name) != answer_->shares.end()) share.mesh = true;
  }
  return shares;
}

const gateway::MeshParts* MeshHouse::parts() { return running_ && node_ ? &node_->parts() : nullptr; }

MeshRelays* MeshHouse::relays() { return running_ && node_ ? node_->relays() : nullptr; }

gateway::MeshControl::Choice MeshHouse::choice() const {
  const bool fixed = options_().mesh.join != "ask";
  return {!fixed && !answer_, running_, fixed, trouble_};
}

Task<Status> MeshHouse::choose(bool join, std::vector<std::string> shares) {
  if (options_().mesh.join != "ask")
    co_return fail(Errc::Conflict, "The configuration says mesh.join: " + options_().mesh.join + "; set it to ask to decide on the page.");
  MeshAnswer answer{join, std::move(shares)};
  const auto written = write_mesh_answer(deps_.app_dir / "data", answer);
  if (!written) co_return written;
  answer_ = std::move(answer);
  shares_changed_();
  co_await settle();
  if (join && !running_) co_return fail(Errc::Unavailable, trouble_.empty() ? "The mesh is stopping; try again later." : trouble_);
  co_return Status{};
}

}  // namespace soulfabric::daemon
