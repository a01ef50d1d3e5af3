// SPDX-License-Identifier: GPL-3.0-or-later
// Stand-ins for the faces below the gateway: plain lists that a test fills, and notes of what was asked.
#pragma once
#include <algorithm>
#include <map>

#include "soulfabric/base/random.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/library/shares.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::gateway::testing {

using namespace soulfabric::soulseek;

struct FakeSession final : Session {
  [[nodiscard]] SessionInfo info() const override { return shown; }
  [[nodiscard]] DistributedInfo distributed() const override { return tree; }
  bool connect() override {
    ++connects;
    return has(shown.state, SessionState::Disconnected);
  }
  void disconnect(std::string reason) override { disconnected = std::move(reason); }
  void set_listen(Endpoint) override {}
  [[nodiscard]] Task<Status> wait_logged_in(MonoTime) override { co_return Status{}; }
  SessionInfo shown;
  DistributedInfo tree;
  int connects = 0;
  std::string disconnected;
};

struct FakeSearches final : Searches {
  [[nodiscard]] Result<Search> start(SearchRequest request, guard::Origin origin) override {
    if (refuse) return std::unexpected(*refuse);
    last = request;
    last_origin = origin;
    Search search;
    search.id = request.id.value_or("11111111-2222-4333-8444-555555555555");
    search.text = request.text;
    search.token = 77;
    search.started_at = from_unix_micros(1'700'000'000'123'456);
    for (const auto& known : all) {
      if (known.id == search.id) return fail(Errc::Conflict, "A search with this id exists.");
    }
    all.push_back(search);
    return search;
  }
  [[nodiscard]] std::vector<Search> list() const override { return all; }
  [[nodiscard]] std::optional<Search> find(const std::string& id) const override {
    const auto it = std::ranges::find(all, id, &Search::id);
    return it == all.end() ? std::nullopt : std::optional(*it);
  }
  [[nodiscard]] Task<Result<std::vector<SearchResponse>>> responses(std::string id, std::size_t from) override {
    auto& list = found[id];
    std::vector<SearchResponse> rest(list.begin() + static_cast<std::ptrdiff_t>(std::min(from, list.size())), list.end());
    co_return rest;
  }
  bool cancel(const std::string& id) override {
    for (auto& search : all) {
      if (search.id == id && search.outcome == SearchOutcome::Running) search.outcome = SearchOutcome::Cancelled;
    }
    return true;
  }
  bool remove(const std::string& id) override { return std::erase_if(all, [&](const Search& search) { return search.id == id; }) > 0; }
  std::vector<Search> all;
  std::map<std::string, std::vector<SearchResponse>> found;
  std::optional<Error> refuse;
  SearchRequest last;
  guard::Origin last_origin = guard::Origin::LocalAutomation;
};

struct FakeTransfers final : Transfers {
  [[nodiscard]] Task<Result<EnqueueResult>> enqueue(DownloadRequest request, guard::Origin) override {
    if (refuse) co_return std::unexpected(*refuse);
    last = request;
    EnqueueResult result;
    SeededRandom random(all.size() + 5);
    for (const auto& file : request.files) {
      if (file.filename.ends_with(".taken")) {
        result.failed.push_back({file.filename, "Skipped: Already in progress"});
        continue;
      }
      Transfer transfer;
      transfer.id = make_guid(random);
      transfer.batch_id = request.batch_id;
      transfer.username = request.username;
      transfer.filename = file.filename;
      transfer.size = file.size;
      transfer.state = TransferState::Requested;
      transfer.requested_at = from_unix_micros(1'767'323'045'123'456);
      all.push_back(transfer);
      result.enqueued.push_back(transfer);
    }
    if (request.batch_id) batches[*request.batch_id] = {*request.batch_id, request.username, request.search_id, request.options, from_unix_micros(1)};
    co_return result;
  }
  [[nodiscard]] std::vector<Transfer> list(Direction direction, bool include_removed) const override {
    std::vector<Transfer> out;
    for (const auto& transfer : all) {
      if (transfer.direction == direction && (include_removed || !transfer.removed)) out.push_back(transfer);
    }
    return out;
  }
  [[nodiscard]] std::optional<Transfer> find(const std::string& id) const override {
    const auto it = std::ranges::find(all, id, &Transfer::id);
    return it == all.end() ? std::nullopt : std::optional(*it);
  }
  [[nodiscard]] Task<std::optional<Batch>> batch(std::string id) override {
    const auto it = batches.find(id);
    if (it == batches.end()) co_return std::nullopt;
    co_return it->second;
  }
  bool cancel(const std::string& id, bool remove) override {
    for (auto& transfer : all) {
      if (transfer.id != id) continue;
      transfer.state = TransferState::Completed | TransferState::Cancelled;
      transfer.removed = transfer.removed || remove;
      return true;
    }
    return false;
  }
  void remove_completed(Direction direction) override {
    for (auto& transfer : all) transfer.removed = transfer.removed || (transfer.direction == direction && has(transfer.state, TransferState::Completed));
  }
  [[nodiscard]] Task<Result<std::uint32_t>> place_in_queue(std::string, MonoTime) override { co_return 12U; }
  std::vector<Transfer> all;
  std::map<std::string, Batch> batches;
  std::optional<Error> refuse;
  DownloadRequest last;
};

struct FakeUsers final : Users {
  [[nodiscard]] Task<Result<UserInfo>> info(std::string username, MonoTime) override {
    if (username == "gone") co_return fail(Errc::Offline, "User gone is offline.");
    UserInfo shown;
    shown.description = "hi";
    shown.picture = std::vector<std::uint8_t>{1, 2, 3};
    shown.upload_slots = 2;
    co_return shown;
  }
  [[nodiscard]] Task<Result<UserStatus>> status(std::string username, MonoTime) override {
    asked = username;
    UserStatus shown;
    shown.presence = Presence::Online;
    co_return shown;
  }
  [[nodiscard]] Task<Result<Endpoint>> endpoint(std::string, MonoTime) override {
    const Endpoint shown{IpAddress::v4(0x01020304), 2234};
    co_return shown;
  }
  [[nodiscard]] Task<Result<std::vector<RemoteFolder>>> folder(std::string, std::string folder, MonoTime) override {
    asked = folder;
    co_return folders;
  }
  [[nodiscard]] Task<Status> browse(std::string, guard::Origin, MonoTime) override { co_return Status{}; }
  void start_browse(const std::string& username, guard::Origin) override { asked = username; }
  [[nodiscard]] std::optional<BrowseStatus> browse_status(const std::string& username) const override {
    if (username == "gone") return std::nullopt;
    return BrowseStatus{username, 50, 200, false, std::nullopt};
  }
  [[nodiscard]] Task<Result<Page<BrowseFolderEntry>>> browsed_folders(std::string, std::string parent, std::uint64_t offset, std::uint32_t limit) override {
    asked = parent + "|" + std::to_string(offset) + "|" + std::to_string(limit);
    Page<BrowseFolderEntry> page;
    page.total = 1;
    page.items.push_back({"Music\\A", "A", 3, 0});
    co_return page;
  }
  [[nodiscard]] Task<Result<Page<RemoteFile>>> browsed_files(std::string, std::string, std::uint64_t, std::uint32_t) override {
    Page<RemoteFile> page;
    page.total = folders.empty() ? 0 : folders[0].files.size();
    if (!folders.empty()) page.items = folders[0].files;
    co_return page;
  }
  [[nodiscard]] Task<Result<Page<RemoteFolder>>> browsed_list(std::string, bool locked, std::uint64_t offset, std::uint32_t limit) override {
    Page<RemoteFolder> page;
    if (!locked) {
      page.total = folders.size();
      for (auto i = offset; i < folders.size() && page.items.size() < limit; ++i) page.items.push_back(folders[i]);
    }
    co_return page;
  }
  std::vector<RemoteFolder> folders;
  std::string asked;
};

struct FakeChat final : Chat {
  [[nodiscard]] Task<Result<std::vector<Conversation>>> conversations(bool) override {
    std::vector<Conversation> all{{"alice", true, 1}, {"bob", true, 0}};
    co_return all;
  }
  [[nodiscard]] Task<Result<std::vector<PrivateMessage>>> messages(std::string username) override {
    std::vector<PrivateMessage> all{{5, from_unix_micros(1'700'000'000'000'001), username, true, "hello", false, false},
                                    {6, from_unix_micros(1'700'000'000'000'002), username, false, "yes", true, false}};
    co_return all;
  }
  [[nodiscard]] Task<Status> send(std::string username, std::string text) override {
    sent = username + ":" + text;
    co_return Status{};
  }
  [[nodiscard]] Task<bool> acknowledge(std::string username, std::optional<std::uint32_t>) override { co_return username == "alice"; }
  [[nodiscard]] Task<bool> close(std::string username) override { co_return username == "alice"; }
  std::string sent;
};

struct FakeClient final : Client {
  FakeSession& session() override { return session_part; }
  FakeSearches& searches() override { return searches_part; }
  FakeTransfers& transfers() override { return transfers_part; }
  FakeUsers& users() override { return users_part; }
  FakeChat& chat() override { return chat_part; }
  void subscribe(Observer& observer) override { observers.push_back(&observer); }
  void unsubscribe(Observer& observer) override { std::erase(observers, &observer); }
  FakeSession session_part;
  FakeSearches searches_part;
  FakeTransfers transfers_part;
  FakeUsers users_part;
  FakeChat chat_part;
  std::vector<Observer*> observers;
};

struct FakeShares final : library::Shares {
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  [[nodiscard]] Status configure(const ShareOptions&) override { return {}; }
  [[nodiscard]] std::shared_ptr<const library::Snapshot> snapshot() const override { return library::Snapshot::empty(); }
  [[nodiscard]] Status start_scan(bool) override {
    if (shown.state == library::ScanState::Scanning) return fail(Errc::Conflict, "A scan is running already.");
    shown.state = library::ScanState::Scanning;
    return {};
  }
  [[nodiscard]] Status cancel_scan() override {
    if (shown.state != library::ScanState::Scanning) return fail(Errc::NotFound, "No scan is running.");
    shown.state = library::ScanState::Cancelled;
    return {};
  }
  [[nodiscard]] const library::ScanProgress& progress() const override { return shown; }
  [[nodiscard]] std::vector<library::ShareInfo> list() const override { return all; }
  [[nodiscard]] Task<Result<library::SharedFileHandle>> open_for_upload(std::string, library::NetworkMask) override { co_return fail(Errc::NotFound, "none"); }
  [[nodiscard]] Task<Result<library::SharedListBody>> shared_list(library::NetworkMask) override { co_return fail(Errc::NotFound, "none"); }
  [[nodiscard]] Task<Result<library::MediaTags>> tags_of(std::string) override { co_return fail(Errc::NotFound, "none"); }
  void add_observer(Observer& observer) override { observers.push_back(&observer); }
  void remove_observer(Observer& observer) override { std::erase(observers, &observer); }
  library::ScanProgress shown;
  std::vector<library::ShareInfo> all;
  std::vector<Observer*> observers;
};

struct FakeConfiguration final : Configuration {
  [[nodiscard]] Options options() const override { return shown; }
  [[nodiscard]] Options startup_options() const override { return shown; }
  [[nodiscard]] std::filesystem::path yaml_file() const override { return "/etc/soulfabric/soulfabric.yml"; }
  [[nodiscard]] Task<Result<std::string>> read_yaml() override { co_return yaml; }
  [[nodiscard]] std::optional<std::string> validate_yaml(const std::string& text) const override {
    return text == "bad" ? std::optional<std::string>("Line 1 is bad.") : std::nullopt;
  }
  [[nodiscard]] Task<Status> write_yaml(std::string text) override {
    yaml = std::move(text);
    co_return Status{};
  }
  [[nodiscard]] Status patch(const ListenPatch& overlay) override {
    patched = overlay;
    return {};
  }
  [[nodiscard]] bool pending_restart() const override { return false; }
  void request_restart() override { ++restarts; }
  void request_shutdown() override { ++shutdowns; }
  Options shown;
  std::string yaml = "soulseek:\n  username: me\n";
  ListenPatch patched;
  int restarts = 0;
  int shutdowns = 0;
};

}  // namespace soulfabric::gateway::testing
