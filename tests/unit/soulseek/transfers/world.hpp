// SPDX-License-Identifier: GPL-3.0-or-later
// Transfer services joined by a server and by peer connections that exist in memory only, and peers whose moves a test scripts.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/guard/acquire.hpp"
#include "store_schema.hpp"
#include "support/run_task.hpp"
#include "transfers/transfer_service.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek::testing {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "soulfabric-transfers-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string pattern_bytes(std::size_t size, std::uint32_t seed = 1) {
  std::string text(size, '\0');
  std::uint32_t state = seed;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

inline void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Who is there, and how frames and file connections reach them.
class Net {
 public:
  struct Seat {
    std::function<void(const std::string& from, std::uint32_t code, Bytes body)> message;
    std::function<void(FileConnection)> file;
    bool online = true;
  };
  explicit Net(IoContext& context_in, IoClock& clock_in, std::uint64_t seed_in = 7) : context(context_in), clock(clock_in), seed(seed_in) {}

  Status deliver(const std::string& from, const std::string& to, Bytes frame) {
    const auto seat = seats.find(to);
    if (seat == seats.end() || !seat->second.online) return fail(Errc::Offline, "the user is offline");
    const std::uint32_t code = static_cast<std::uint32_t>(frame[4]) | static_cast<std::uint32_t>(frame[5]) << 8U;
    Bytes body(frame.begin() + 8, frame.end());
    boost::asio::post(context, [this, from, to, code, body = std::move(body)]() mutable {
      const auto there = seats.find(to);
      if (there != seats.end() && there->second.message) there->second.message(from, code, std::move(body));
    });
    return {};
  }
  Result<FileConnection> connect(const std::string& from, const std::string& to) {
    const auto seat = seats.find(to);
    if (seat == seats.end() || !seat->second.online) return fail(Errc::Offline, "the user is offline");
    if (refuse_files) return fail(Errc::TimedOut, "nobody answered");
    auto pair = net::make_memory_streams(context, clock, seed++);
    FileConnection theirs{from, std::move(pair.second), {IpAddress::v4(0x7F000001), 1}, true};
    auto held = std::make_shared<FileConnection>(std::move(theirs));
    boost::asio::post(context, [this, to, held] {
      const auto there = seats.find(to);
      if (there != seats.end() && there->second.file) there->second.file(std::move(*held));
    });
    return FileConnection{to, std::move(pair.first), {IpAddress::v4(0x7F000001), 2}, true};
  }

  IoContext& context;
  IoClock& clock;
  std::uint64_t seed;
  bool refuse_files = false;
  std::map<std::string, Seat> seats;
};

class FakeServer final : public ServerPort {
 public:
  explicit FakeServer(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] bool logged_in() const noexcept override { return true; }
  [[nodiscard]] const std::string& username() const noexcept override { return name_; }
  void send(Bytes frame) override { sent.push_back(std::move(frame)); }
  [[nodiscard]] Task<Result<Endpoint>> address_of(std::string, MonoTime) override { co_return Endpoint{address, 1}; }
  void watch(const std::string& username) override { ++watched[username]; }
  void unwatch(const std::string& username) override {
    if (--watched[username] == 0) watched.erase(username);
  }
  [[nodiscard]] UserStatus known_status(const std::string&) const override { return {}; }
  std::vector<Bytes> sent;
  std::map<std::string, int> watched;
  IpAddress address = IpAddress::v4(0x01020304);

 private:
  std::string name_;
};

class FakePeers final : public PeerPort {
 public:
  FakePeers(Net& net, std::string name) : net_(net), name_(std::move(name)) {}
  [[nodiscard]] Task<Status> send(std::string username, Bytes frame, MonoTime) override {
    co_return net_.deliver(name_, username, std::move(frame));
  }
  [[nodiscard]] Task<Result<FileConnection>> open_file(std::string username, MonoTime) override { co_return net_.connect(name_, username); }

 private:
  Net& net_;
  std::string name_;
};

class FolderShares final : public SharedFiles {
 public:
  std::map<std::string, fs::path> files;
  std::function<Result<std::unique_ptr<File>>(const fs::path&)> open_as;
  mutable std::size_t lookups = 0;
  [[nodiscard]] std::optional<std::uint64_t> size_of(const std::string& virtual_path) const override {
    ++lookups;
    const auto found = files.find(virtual_path);
    if (found == files.end()) return std::nullopt;
    std::error_code code;
    const auto size = fs::file_size(found->second, code);
    return code ? 0 : size;
  }
  [[nodiscard]] std::function<Result<std::unique_ptr<File>>()> opener(const std::string& virtual_path) const override {
    const fs::path path = files.at(virtual_path);
    return [path, open = open_as]() -> Result<std::unique_ptr<File>> {
      if (open) return open(path);
      if (!fs::exists(path)) return fail(Errc::NotFound, "it is gone");
      return SystemFiles{}.open(path, OpenMode::Read);
    };
  }
};

inline TransferOptions quick_options() {
  TransferOptions options;
  options.download.retry_delay = std::chrono::milliseconds(5);
  options.download.retry_max_delay = std::chrono::milliseconds(20);
  options.download.accept_wait = std::chrono::milliseconds(300);
  options.download.stale_failure = Duration::zero();
  options.message_wait = options.connect_wait = options.handshake_wait = std::chrono::milliseconds(1500);
  options.idle_wait = std::chrono::milliseconds(1500);
  options.close_wait = std::chrono::milliseconds(1500);
  options.slot_wait = options.second_chance_wait = std::chrono::milliseconds(300);
  options.progress_interval = std::chrono::milliseconds(1);
  return options;
}

/// Where a client keeps its downloads and its database; the system's own files unless a test says otherwise.
struct Storage {
  FileLayer* files = nullptr;
  std::string vfs;
};

/// One client with folders below `root`, which outlives it: made again on the same root it is the next start.
class Node {
 public:
  Node(Net& net_in, std::string name_in, fs::path root_in, TransferOptions options = quick_options(), const Storage& storage = {})
      : net(net_in),
        name(std::move(name_in)),
        root(std::move(root_in)),
        server(name),
        peers(net_in, name),
        workers(2),
        files(storage.files != nullptr ? *storage.files : system_files) {
    for (const auto* folder : {"downloads", "incomplete", "shared"}) fs::create_directories(root / folder);
    options.downloads = root / "downloads";
    options.incomplete = root / "incomplete";
    SqlOptions sql;
    sql.vfs = storage.vfs;
    auto database = Database::open(root / "soulseek.db", kMigrations, sql);
    EXPECT_TRUE(database) << database.error().message;
    store = std::make_unique<DbWriter>(net.context, net.clock, std::move(*database));
    TransferEvents events;
    events.changed = [this](const Transfer& t) { note(t); };
    events.removed = [this](const std::string& id) { removed.push_back(id); };
    events.download_complete = [this](const Transfer& t) { completed.push_back(t); };
    service = std::make_unique<TransferService>(
        TransferDeps{net.context, net.clock, random, server, peers, shares, courtesy, workers, *store, files}, options, events);
  }
  [[nodiscard]] Task<void> start() {
    const Status started = co_await service->start();
    EXPECT_TRUE(started) << started.error().message;
    sit();
    service->on_session(true);
  }
  void sit() {
    Net::Seat& seat = net.seats[name];
    seat.online = true;
    seat.message = [this](const std::string& from, std::uint32_t code, const Bytes& body) {
      service->on_peer_message({from, {IpAddress::v4(0x7F000001), 1}, true, code, body});
    };
    seat.file = [this](FileConnection connection) { service->on_file_connection(std::move(connection)); };
  }
  [[nodiscard]] Task<void> stop() {
    net.seats.erase(name);
    co_await service->stop();
    co_await store->close();
  }
  void share(const std::string& virtual_path, const std::string& content) {
    const auto path = root / "shared" / std::to_string(shares.files.size());
    write_file(path, content);
    shares.files[virtual_path] = path;
  }
  [[nodiscard]] Task<std::string> want(std::string user, std::string path, std::uint64_t size) {
    DownloadRequest request;
    request.username = std::move(user);
    request.files.push_back({std::move(path), size});
    const auto result = co_await service->enqueue(std::move(request), guard::Origin::UserLocal);
    EXPECT_TRUE(result) << result.error().message;
    if (!result || result->enqueued.empty()) co_return std::string();
    co_return result->enqueued.front().id;
  }
  /// Waits until the transfer has ended, or for `state`; fails the test after 20 s.
  [[nodiscard]] Task<Transfer> until(std::string id, TransferState state = TransferState::Completed) {
    const auto deadline = net.clock.now() + std::chrono::seconds(20);
    for (;;) {
      const auto now = service->find(id);
      if (now && (has(now->state, state) || now->state == state)) co_return *now;
      const bool news = co_await changed.wait(net.clock, deadline);
      if (news && net.clock.now() < deadline) continue;  // news without end is no progress either
      ADD_FAILURE() << "the transfer stayed " << (now ? to_string(now->state) : std::string("unknown"));
      co_return now.value_or(Transfer{});
    }
  }
  /// The newest upload, waited for until it has ended.
  [[nodiscard]] Task<Transfer> until_upload(TransferState state = TransferState::Completed) {
    const auto deadline = net.clock.now() + std::chrono::seconds(20);
    bool news = true;
    while (news && service->list(Direction::Upload, false).empty()) news = co_await changed.wait(net.clock, deadline);
    const auto all = service->list(Direction::Upload, false);
    EXPECT_FALSE(all.empty());
    if (all.empty()) co_return Transfer{};
    auto last = co_await until(all.back().id, state);
    co_return last;
  }

  static constexpr std::array<std::string_view, 1> kMigrations = {kTransferTables};
  Net& net;
  std::string name;
  fs::path root;
  FakeServer server;
  FakePeers peers;
  FolderShares shares;
  SystemRandom random;
  guard::Guard guardian{guard::GuardOptions{}, net.clock};
  guard::CourtesyDesk courtesy{guardian, net.clock};
  WorkerPool workers;
  SystemFiles system_files;
  FileLayer& files;
  std::unique_ptr<DbWriter> store;
  Notifier changed;
  std::vector<std::string> removed;
  std::vector<Transfer> completed;
  std::map<std::string, std::vector<std::string>> states;  // by id, each new one
  std::unique_ptr<TransferService> service;

 private:
  void note(const Transfer& t) {
    auto& seen = states[t.id];
    const auto text = to_string(t.state);
    if (seen.empty() || seen.back() != text) seen.push_back(text);
    changed.notify_all();
  }
};

/// A peer whose answers a test writes down.
class Actor {
 public:
  Actor(Net& net_in, std::string name_in) : net(net_in), name(std::move(name_in)) {
    net.seats[name].message = [this](const std::string& from, std::uint32_t code, const Bytes& body) {
      auto decoded = wire::decode_peer(code, body);
      if (!decoded) return;
      got.push_back(std::move(*decoded));
      if (on_message) on_message(from, got.back());
      arrived.notify_all();
    };
    net.seats[name].file = [this](FileConnection connection) {
      connections.push_back(std::move(connection));
      arrived.notify_all();
    };
  }
  ~Actor() { net.seats.erase(name); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  template <class M>
  void tell(const std::string& to, const M& message) {
    EXPECT_TRUE(net.deliver(name, to, wire::encode(message)));
  }
  /// The next message of this kind, taken out; fails the test after 10 s.
  template <class M>
  [[nodiscard]] Task<M> next() {
    const auto deadline = net.clock.now() + std::chrono::seconds(10);
    for (;;) {
      for (auto at = got.begin(); at != got.end(); ++at) {
        if (auto* found = std::get_if<M>(&*at)) {
          M message = std::move(*found);
          got.erase(at);
          co_return message;
        }
      }
      const bool news = co_await arrived.wait(net.clock, deadline);
      if (!news) {
        ADD_FAILURE() << "the message with code " << M::kCode << " did not come";
        co_return M{};
      }
    }
  }
  [[nodiscard]] Task<FileConnection> next_connection() {
    const auto deadline = net.clock.now() + std::chrono::seconds(10);
    bool news = true;
    while (news && connections.empty()) news = co_await arrived.wait(net.clock, deadline);
    EXPECT_FALSE(connections.empty());
    FileConnection connection = std::move(connections.front());
    connections.erase(connections.begin());
    co_return connection;
  }

  Net& net;
  std::string name;
  std::vector<wire::PeerMessage> got;
  std::vector<FileConnection> connections;
  std::function<void(const std::string& from, const wire::PeerMessage&)> on_message;
  Notifier arrived;
};

/// What every test runs in.
struct World {
  IoContext context;
  SystemIoClock clock;
  Net net{context, clock};
  TemporaryFolder folder;
};

}  // namespace soulfabric::soulseek::testing
