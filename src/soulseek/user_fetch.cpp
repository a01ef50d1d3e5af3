// SPDX-License-Identifier: GPL-3.0-or-later
// Browsing: permit, request, pieces to disk by workers, pages from there.
#include "user_fetch.hpp"

#include <algorithm>

namespace soulfabric::soulseek {
namespace {

constexpr Duration kSilence = std::chrono::seconds(60);  // without a byte; the whole may take as long as it likes
constexpr Duration kReachWithin = std::chrono::seconds(45);
constexpr Duration kLongestWait = std::chrono::minutes(30);  // for the courtesy permit
constexpr std::size_t kKeptLists = 8;
constexpr std::uint64_t kTellEvery = 64 * 1024;
constexpr std::uint32_t kMaxPage = 10000;

}  // namespace

void UserService::Fetch::begin(std::uint32_t compressed_size) {
  size = compressed_size;
  got = 0;
  progress_at = owner.clock_.now();
  changed.notify_all();
}

Task<Status> UserService::Fetch::chunk(Bytes data) {
  const auto self = shared_from_this();  // a fetch that is given up meanwhile lives until the worker is done
  got += data.size();
  auto piece = std::make_shared<Bytes>(std::move(data));
  auto target = store;
  auto fed = co_await owner.workers_.run([target, piece] { return target->feed(*piece); });
  progress_at = owner.clock_.now();
  if (got - told >= kTellEvery) {
    told = got;
    owner.observers_.each([&](Observer& o) { o.on_browse_progress(username, got, size); });
  }
  changed.notify_all();
  co_return fed;
}

void UserService::Fetch::finished(Status how) {
  arrived = std::move(how);
  changed.notify_all();
}

Task<void> UserService::stop() { co_await scope_.close(); }

std::shared_ptr<UserService::Fetch> UserService::begin(const std::string& username, guard::Origin origin) {
  auto& entry = fetches_[username];
  if (entry && !entry->done) return entry;
  entry = std::make_shared<Fetch>(*this, username);
  entry->used_at = clock_.now();
  const auto started = entry;
  if (!scope_.spawn("browse", fetch(started, origin))) started->done = fail(Errc::Unavailable, "soulfabric is shutting down");
  forget_old();
  return started;
}

void UserService::forget_old() {
  while (fetches_.size() > kKeptLists) {
    auto oldest = fetches_.end();
    for (auto it = fetches_.begin(); it != fetches_.end(); ++it) {
      if (it->second->done && (oldest == fetches_.end() || it->second->used_at < oldest->second->used_at)) oldest = it;
    }
    if (oldest == fetches_.end()) return;
    fetches_.erase(oldest);
  }
}

Task<void> UserService::fetch(std::shared_ptr<Fetch> browse, guard::Origin origin) {
  guard::ActRequest act;
  act.origin = origin;
  Status result;
  auto permit = co_await desk_.acquire<guard::SoulseekBrowse>(act, {}, clock_.now() + kLongestWait);
  if (!permit) {
    result = std::unexpected(permit.error());
  } else {
    permit->spend();
    result = co_await receive(browse);
  }
  hub_.expect_browse(browse->username, nullptr);
  browse->done = result;
  browse->changed.notify_all();
  observers_.each([&](Observer& o) { o.on_browse_progress(browse->username, browse->got, std::max(browse->size, browse->got)); });
}

Task<Status> UserService::receive(std::shared_ptr<Fetch> browse) {
  const auto file = folder_ / (make_guid(random_) + ".db");
  auto store = co_await workers_.run([file] { return BrowseStore::create(file); });
  if (!store) co_return std::unexpected(store.error());
  browse->store = *store;
  hub_.expect_browse(browse->username, browse.get());
  auto sent = co_await hub_.send(browse->username, wire::encode(wire::peer::SharedFileListRequest{}), clock_.now() + kReachWithin);
  if (!sent) co_return sent;
  browse->progress_at = clock_.now();
  while (!browse->arrived) {
    const auto until = browse->progress_at + kSilence;
    if (clock_.now() >= until) co_return fail(Errc::TimedOut, "the user sent nothing of the list for too long");
    co_await browse->changed.wait(clock_, until);
  }
  if (!*browse->arrived) co_return *browse->arrived;
  auto target = browse->store;
  auto finished = co_await workers_.run([target] { return target->finish(); });
  co_return finished;
}

void UserService::on_link_closed(const std::string& username) {
  const auto found = fetches_.find(username);
  if (found == fetches_.end() || found->second->done || found->second->arrived || found->second->size > 0 || !found->second->store) return;
  found->second->finished(fail(Errc::Closed, "the user ended the connection before the list came"));
}

Task<Status> UserService::browse(std::string username, guard::Origin origin, MonoTime deadline) {
  const auto started = begin(username, origin);
  while (!started->done && clock_.now() < deadline) co_await started->changed.wait(clock_, deadline);
  if (!started->done) co_return fail(Errc::TimedOut, "the list takes longer; it goes on in the background");
  co_return *started->done;
}

void UserService::start_browse(const std::string& username, guard::Origin origin) { begin(username, origin); }

std::optional<BrowseStatus> UserService::browse_status(const std::string& username) const {
  const auto found = fetches_.find(username);
  if (found == fetches_.end()) return std::nullopt;
  const Fetch& browse = *found->second;
  BrowseStatus out;
  out.username = username;
  out.bytes_transferred = browse.got;
  out.size = std::max(browse.size, browse.got);
  out.done = browse.done.has_value();
  if (browse.done && !*browse.done) out.problem = browse.done->error();
  return out;
}

Result<std::shared_ptr<BrowseStore>> UserService::store_of(const std::string& username) const {
  const auto found = fetches_.find(username);
  if (found == fetches_.end()) return fail(Errc::NotFound, "the list of this user was not fetched, browse the user first");
  if (!found->second->done) return fail(Errc::Busy, "the list of this user is still on its way");
  if (!*found->second->done) return std::unexpected(found->second->done->error());
  found->second->used_at = clock_.now();
  return found->second->store;
}

Task<Result<Page<BrowseFolderEntry>>> UserService::browsed_folders(std::string username, std::string parent, std::uint64_t offset, std::uint32_t limit) {
  const auto store = store_of(username);
  if (!store) co_return std::unexpected(store.error());
  auto page = co_await workers_.run([s = *store, parent, offset, limit] { return s->folders(parent, offset, std::min(limit, kMaxPage)); });
  co_return page;
}

Task<Result<Page<RemoteFile>>> UserService::browsed_files(std::string username, std::string folder, std::uint64_t offset, std::uint32_t limit) {
  const auto store = store_of(username);
  if (!store) co_return std::unexpected(store.error());
  auto page = co_await workers_.run([s = *store, folder, offset, limit] { return s->files(folder, offset, std::min(limit, kMaxPage)); });
  co_return page;
}

Task<Result<Page<RemoteFolder>>> UserService::browsed_list(std::string username, bool locked, std::uint64_t offset, std::uint32_t limit) {
  const auto store = store_of(username);
  if (!store) co_return std::unexpected(store.error());
  auto page = co_await workers_.run([s = *store, locked, offset, limit] { return s->list(locked, offset, std::min(limit, kMaxPage)); });
  co_return page;
}

}  // namespace soulfabric::soulseek
