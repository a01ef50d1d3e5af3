// SPDX-License-Identifier: GPL-3.0-or-later
// P connections: several may exist to one user, the newest is written to, all are read (protocol note, section 5).
#include <algorithm>

#include "peer_hub.hpp"
#include "peer_race.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kReadBlock = 32 * 1024;
constexpr std::size_t kFileStep = 256 * 1024;
constexpr std::size_t kMaxLinksPerUser = 4;
constexpr std::size_t kMaxOutbox = 8 * 1024 * 1024;  // bytes waiting for one peer

}  // namespace

std::shared_ptr<PeerLink> PeerHub::newest(const std::string& username) const {
  const auto found = links_.find(username);
  return found == links_.end() || found->second.empty() ? nullptr : found->second.back();
}

std::size_t PeerHub::link_count() const noexcept {
  std::size_t count = 0;
  for (const auto& [user, list] : links_) count += list.size();
  return count;
}

std::shared_ptr<PeerLink> PeerHub::add_link(PeerConnection connection) {
  auto link = std::make_shared<PeerLink>();
  link->username = connection.username;
  link->connection = std::move(connection);
  link->close_at = clock_.now() + options_.times.ghost;
  const auto before = links_[link->username];
  if (before.size() >= kMaxLinksPerUser) {
    // Anybody can claim a name: whoever is where the server says goes last.
    const auto unchecked = std::find_if(before.begin(), before.end(), [](const auto& one) { return !one->connection.address_checked; });
    remove_link(unchecked == before.end() ? before.front() : *unchecked);
  }
  auto& target = links_[link->username];
  // What was not sent yet moves to the new connection.
  for (const auto& older : target) {
    std::move(older->outbox.begin(), older->outbox.end(), std::back_inserter(link->outbox));
    link->outbox_bytes += std::exchange(older->outbox_bytes, 0);
    older->outbox.clear();
  }
  target.push_back(link);
  scope_.spawn("read", read_link(link));
  scope_.spawn("write", write_link(link));
  return link;
}

void PeerHub::remove_link(const std::shared_ptr<PeerLink>& link) {
  if (std::exchange(link->dead, true)) return;
  link->connection.stream->close();
  link->changed.notify_all();
  if (link->receiving != nullptr) std::exchange(link->receiving, nullptr)->finished(fail(Errc::Closed, "the user ended the connection too early"));
  const auto found = links_.find(link->username);
  if (found == links_.end()) return;
  std::erase(found->second, link);
  if (found->second.empty()) {
    links_.erase(found);
    if (handlers_.link_closed) handlers_.link_closed(link->username);
    return;
  }
  const auto& heir = found->second.back();
  std::move(link->outbox.begin(), link->outbox.end(), std::back_inserter(heir->outbox));
  heir->outbox_bytes += link->outbox_bytes;
  heir->changed.notify_all();
}

Task<Result<std::shared_ptr<PeerLink>>> PeerHub::link_to(std::string username, MonoTime deadline) {
  if (auto link = newest(username)) co_return link;
  if (const auto joined = link_races_.find(username); joined != link_races_.end()) {
    const auto race = joined->second;
    while (!race->link && clock_.now() < deadline) co_await race->changed.wait(clock_, deadline);
    if (race->link) co_return *race->link;
    co_return fail(Errc::TimedOut, "the user could not be reached in time");
  }
  const auto race = std::make_shared<Race>();
  link_races_[username] = race;
  struct Leave {
    std::map<std::string, std::shared_ptr<Race>>& races;
    std::string user;
    ~Leave() { races.erase(user); }
  };
  const Leave leave{link_races_, username};
  auto reached = co_await reach(username, std::string(wire::kPeerType), std::nullopt, deadline);
  auto link = newest(username);  // the peer may have come to us meanwhile
  if (!link && reached) {
    reached->reader.switch_to(wire::FrameKind::Peer);
    link = add_link(std::move(*reached));
  }
  Result<std::shared_ptr<PeerLink>> result = link;
  if (!link) result = std::unexpected(reached.error());
  race->link = result;
  race->changed.notify_all();
  co_return result;
}

Task<Status> PeerHub::send(std::string username, Bytes frame, MonoTime deadline) {
  Outgoing item;
  item.bytes = std::make_shared<const Bytes>(std::move(frame));
  auto sent = co_await send_item(std::move(username), std::move(item), deadline);
  co_return sent;
}

Task<Status> PeerHub::send_list(std::string username, library::SharedListBody list, MonoTime deadline) {
  constexpr std::uint64_t kCodeSize = 4;
  if (list.size + kCodeSize > UINT32_MAX) co_return fail(Errc::TooLarge, "the share list does not fit into one message");
  Bytes head(8);
  for (std::size_t i = 0; i < 4; ++i) head[i] = static_cast<std::uint8_t>((list.size + kCodeSize) >> (8 * i));
  head[4] = static_cast<std::uint8_t>(wire::peer::SharedFileListResponse::kCode);
  Outgoing item;
  item.bytes = std::make_shared<const Bytes>(std::move(head));
  item.file = std::move(list.file);
  item.file_size = list.size;
  auto sent = co_await send_item(std::move(username), std::move(item), deadline);
  co_return sent;
}

Task<Status> PeerHub::send_item(std::string username, Outgoing item, MonoTime deadline) {
  if (guard_.is_banned(guard::Subject::user(username))) co_return fail(Errc::Banned, "this user is banned here");
  const auto link = co_await link_to(username, deadline);
  if (!link) co_return std::unexpected(link.error());
  if ((*link)->dead) co_return fail(Errc::Closed, "the user ended the connection");
  if (item.file && (*link)->has_list()) co_return fail(Errc::Busy, "the share list is on its way to this user already");
  enqueue(**link, std::move(item));
  co_return Status{};
}

void PeerHub::enqueue(PeerLink& link, Outgoing item) {
  link.only_results = false;
  link.outbox_bytes += item.bytes->size();
  link.outbox.push_back(std::move(item));
  link.close_at = clock_.now() + options_.times.idle;
  link.changed.notify_all();
}

Task<Status> PeerHub::write_item(PeerLink& link, Outgoing item) {
  auto& stream = *link.connection.stream;
  Status written = co_await stream.write(*item.bytes, clock_.now() + options_.times.write);
  // The file goes in steps, so that the deadline measures progress and not size.
  for (std::uint64_t at = 0; item.file && at < item.file_size && written && !link.dead;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kFileStep, item.file_size - at));
    auto file = item.file;
    const auto block = co_await workers_.run([file, at, count]() -> Result<Bytes> {
      Bytes data(count);
      SF_TRY_ASSIGN(const std::size_t got, file->read_at(at, data));
      data.resize(got);
      if (data.empty()) return fail(Errc::Io, "the stored share list is shorter than it was");
      return data;
    });
    if (!block) co_return std::unexpected(block.error());
    at += block->size();
    written = co_await stream.write(*block, clock_.now() + options_.times.write);
    link.close_at = std::max(link.close_at, clock_.now() + options_.times.idle);
  }
  co_return written;
}

Task<void> PeerHub::write_link(std::shared_ptr<PeerLink> link) {
  while (!link->dead) {
    if (link->outbox_bytes > kMaxOutbox) {
      remove_link(link);
      co_return;
    }
    if (link->outbox.empty()) {
      if (clock_.now() >= link->close_at) {
        remove_link(link);
        co_return;
      }
      co_await link->changed.wait(clock_, link->close_at);
      continue;
    }
    Outgoing item = std::move(link->outbox.front());
    link->outbox.pop_front();
    link->outbox_bytes -= std::min(link->outbox_bytes, item.bytes->size());
    link->sending_list = item.file != nullptr;
    const auto written = co_await write_item(*link, std::move(item));
    link->sending_list = false;
    link->close_at = std::max(link->close_at, clock_.now() + options_.times.idle);
    if (!written) remove_link(link);
  }
}

Task<void> PeerHub::read_link(std::shared_ptr<PeerLink> link) {
  auto& reader = link->connection.reader;
  while (!link->dead) {
    if (browse_sinks_.contains(link->username)) reader.expect(wire::peer::SharedFileListResponse::kCode);
    if (expected_infos_.contains(link->username)) reader.expect(wire::peer::UserInfoResponse::kCode);
    auto frame = reader.next();
    if (frame && *frame) {
      const auto taken = co_await take_frame(*link, **frame);
      if (!taken) break;
      continue;
    }
    if (!frame) {
      charge(link->connection, frame.error().code == Errc::TooLarge ? guard::Violation::Oversize : guard::Violation::InvalidMessage);
      break;
    }
    const auto room = reader.prepare(kReadBlock);
    const auto got = co_await link->connection.stream->read_some(room, kNever);  // write_link ends an idle link
    if (!got) break;
    reader.commit(*got);
    link->close_at = std::max(link->close_at, clock_.now() + options_.times.idle);  // a long message may take longer than a ghost lives
  }
  remove_link(link);
}

Task<Status> PeerHub::take_frame(PeerLink& link, wire::Frame frame) {
  using Part = wire::Frame::Part;
  link.close_at = clock_.now() + options_.times.idle;
  switch (frame.part) {
    case Part::Begin: {
      const auto sink = browse_sinks_.find(link.username);
      if (sink == browse_sinks_.end()) co_return fail(Errc::Rejected, "nobody asked for this answer");
      link.receiving = sink->second;
      browse_sinks_.erase(sink);
      link.receiving->begin(frame.body_size);
      break;
    }
    case Part::Chunk: {
      if (link.receiving == nullptr) break;
      Bytes data(frame.body.begin(), frame.body.end());
      auto stored = co_await link.receiving->chunk(std::move(data));
      if (!stored && link.receiving != nullptr) {
        std::exchange(link.receiving, nullptr)->finished(stored);
        co_return stored;
      }
      break;
    }
    case Part::End:
      if (link.receiving != nullptr) std::exchange(link.receiving, nullptr)->finished({});
      break;
    case Part::Head: {
      const auto head = wire::peek_search_answer(frame.body);
      if (!head || !handlers_.wants_search_answer || !handlers_.wants_search_answer(head->token)) link.connection.reader.skip_current();
      break;
    }
    case Part::Skipped:
    case Part::Whole:
      if (frame.code != wire::peer::FileSearchResponse::kCode) link.only_results = false;
      if (link.only_results && link.outbox.empty()) {
        // Result connections are many: they end soon when nothing else goes on.
        link.close_at = clock_.now() + options_.times.answered;
        link.changed.notify_all();
      }
      if (frame.part == Part::Skipped) break;
      if (handlers_.message) {
        handlers_.message({link.username, link.connection.remote, link.connection.address_checked, frame.code, frame.body, link.connection.incoming});
      }
      break;
  }
  co_return Status{};
}

void PeerHub::expect_browse(const std::string& username, BrowseReceiver* sink) {
  if (sink == nullptr) {
    browse_sinks_.erase(username);
    const auto found = links_.find(username);
    if (found == links_.end()) return;
    for (const auto& link : found->second) link->receiving = nullptr;
    return;
  }
  browse_sinks_[username] = sink;
  const auto found = links_.find(username);
  if (found == links_.end()) return;
  for (const auto& link : found->second) link->connection.reader.expect(wire::peer::SharedFileListResponse::kCode);
}

void PeerHub::expect_info(const std::string& username, bool expected) {
  if (!expected) {
    const auto found = expected_infos_.find(username);
    if (found != expected_infos_.end() && --found->second == 0) expected_infos_.erase(found);
    return;
  }
  ++expected_infos_[username];
  const auto found = links_.find(username);
  if (found == links_.end()) return;
  for (const auto& link : found->second) link->connection.reader.expect(wire::peer::UserInfoResponse::kCode);
}

void PeerHub::close_links(const std::string& username) {
  const auto found = links_.find(username);
  if (found == links_.end()) return;
  const auto list = found->second;
  for (const auto& link : list) remove_link(link);
}

void PeerHub::close_all() {
  std::vector<std::string> users;
  for (const auto& [user, list] : links_) users.push_back(user);
  for (const auto& user : users) close_links(user);
}

void PeerHub::on_logout() {
  close_all();
  for (const auto& [token, race] : races_) race->changed.notify_all();
  races_.clear();
}

}  // namespace soulfabric::soulseek
