// SPDX-License-Identifier: GPL-3.0-or-later
// The power goes off, or the program dies, at any change on the disk during transfers: nothing reported is lost, nothing sticks, no byte
// is wrong, the database is sound. SF_CRASH_INSTANTS says how often (20 unless set).
#include <cstdlib>

#include "support/volatile_disk.hpp"
#include "world.hpp"

namespace soulfabric::soulseek::testing {
namespace {

using soulfabric::testing::run_task;
using soulfabric::testing::Unsynced;
using soulfabric::testing::VolatileDisk;
using soulfabric::testing::VolatileFiles;
using soulfabric::testing::VolatileVfs;

constexpr auto kPatience = std::chrono::seconds(20);
constexpr auto kSucceeded = TransferState::Completed | TransferState::Succeeded;

std::uint64_t instants() {
  const char* set = std::getenv("SF_CRASH_INSTANTS");
  return set != nullptr ? std::strtoull(set, nullptr, 10) : 20;
}

/// What alice shares and bob wants: less than one sync mark, more than one, and nothing at all.
struct Wish {
  std::string path;
  std::string content;
};
const std::vector<Wish>& wishes() {
  static const std::vector<Wish> all = {{"m\\One\\01 small.mp3", pattern_bytes(3'000, 1)},
                                        {"m\\One\\02 large.flac", pattern_bytes(1'500'000, 2)},
                                        {"m\\One\\03 empty.txt", ""},
                                        {"m\\Two\\01 small.mp3", pattern_bytes(200'000, 3)}};
  return all;
}

/// One client on a disk that forgets.
struct Machine {
  Machine(World& world_in, std::string name_in, std::uint64_t seed)
      : world(world_in), name(std::move(name_in)), root(world.folder.path() / name), disk(seed) {
    for (const auto* folder : {"downloads", "incomplete"}) disk.add_folder((root / folder).string());
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Task<void> boot() {
    node = std::make_unique<Node>(world.net, name, root, quick_options(), Storage{&files, vfs.name()});
    for (const Wish& wish : wishes()) node->share(wish.path, wish.content);
    disk.on_cut([this] { boost::asio::post(world.context, [this] { if (node) node->changed.notify_all(); }); });
    co_await node->start();
  }
  Task<void> shut_down() {
    disk.on_cut(nullptr);
    co_await node->stop();
    node.reset();
  }

  World& world;
  std::string name;
  fs::path root;
  VolatileDisk disk;
  VolatileFiles files{disk};
  VolatileVfs vfs{disk};
  std::unique_ptr<Node> node;
};

/// Asks for every file; the ids that were answered, which stand for rows that are on the disk.
Task<std::vector<std::string>> ask(Machine& bob) {
  std::vector<std::string> ids;
  for (const Wish& wish : wishes()) {
    DownloadRequest request;
    request.username = "alice";
    request.files.push_back({wish.path, wish.content.size()});
    const auto result = co_await bob.node->service->enqueue(std::move(request), guard::Origin::UserLocal);
    if (result && !result->enqueued.empty()) ids.push_back(result->enqueued.front().id);
  }
  co_return ids;
}

Task<void> until_complete_or_cut(Machine& bob, const VolatileDisk& disk) {
  const auto deadline = bob.world.clock.now() + kPatience;
  bool in_time = true;
  while (in_time && !disk.is_cut() && bob.node->completed.size() < wishes().size()) {
    in_time = co_await bob.node->changed.wait(bob.world.clock, std::min(deadline, bob.world.clock.now() + std::chrono::milliseconds(50)));
    in_time = in_time || bob.world.clock.now() < deadline;
  }
  EXPECT_TRUE(in_time) << "the transfers stuck";
}

/// What the server tells those who have to do with a user.
void tell_presence(Node& node, const std::string& user, Presence presence) {
  UserStatus status;
  status.presence = presence;
  node.service->on_user_status(user, status);
}

std::string content_at(const VolatileDisk& disk, const std::string& path) {
  const Bytes bytes = disk.content(path);
  return std::string(text_of(bytes));
}

/// After all is done: each wish lies in its place, whole, once, and nothing else does.
void expect_downloads(const Machine& bob, const std::vector<std::string>& ids) {
  std::size_t found = 0;
  for (const std::string& path : bob.disk.files()) {
    if (path.starts_with((bob.root / "incomplete").string())) ADD_FAILURE() << "left over: " << path;
    if (!path.starts_with((bob.root / "downloads").string())) continue;
    ++found;
    const std::string content = content_at(bob.disk, path);
    const auto same = [&](const Wish& wish) { return path.ends_with(wish.path.substr(wish.path.rfind('\\') + 1)) && content == wish.content; };
    EXPECT_TRUE(std::any_of(wishes().begin(), wishes().end(), same)) << "wrong bytes or a second copy: " << path;
  }
  EXPECT_EQ(found, ids.size());
}

void expect_sound_database(Machine& machine) {
  SqlOptions sql;
  sql.vfs = machine.vfs.name();
  auto database = Database::open(machine.root / "soulseek.db", Node::kMigrations, sql);
  ASSERT_TRUE(database.has_value()) << database.error().message;
  const Status checked = database->quick_check();
  EXPECT_TRUE(checked.has_value()) << checked.error().message;
}

/// What bob said was complete before the cut is complete after it, at once and without a peer.
void expect_kept(const Machine& bob, const std::vector<Transfer>& reported) {
  for (const Transfer& t : reported) {
    const auto now = bob.node->service->find(t.id);
    EXPECT_TRUE(now && to_string(now->state) == to_string(kSucceeded)) << "a completion was lost: " << t.filename;
    const auto wish = std::find_if(wishes().begin(), wishes().end(), [&](const Wish& w) { return w.path == t.filename; });
    EXPECT_TRUE(t.local_path && content_at(bob.disk, *t.local_path) == wish->content) << "the file of a completion was lost: " << t.filename;
  }
}

Task<void> crash_downloader(World& world, std::uint64_t seed, std::uint64_t cut_at, Unsynced unsynced, std::uint64_t& changes) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  for (const Wish& wish : wishes()) alice.share(wish.path, wish.content);
  co_await alice.start();
  Machine bob(world, "bob", seed);
  co_await bob.boot();
  const std::uint64_t before = bob.disk.changes();
  if (cut_at > 0) bob.disk.cut_after(cut_at);
  std::vector<std::string> ids = co_await ask(bob);
  co_await until_complete_or_cut(bob, bob.disk);
  changes = bob.disk.changes() - before;
  if (cut_at > 0) {
    const std::vector<Transfer> reported = bob.node->completed;
    bob.disk.cut_now();
    co_await bob.shut_down();
    tell_presence(alice, "bob", Presence::Offline);
    bob.disk.restore(unsynced);
    co_await bob.boot();
    tell_presence(alice, "bob", Presence::Online);
    expect_kept(bob, reported);
  }
  // A request that was not answered may or may not be there.
  const auto all = bob.node->service->list(Direction::Download, true);
  for (const std::string& id : ids) EXPECT_TRUE(bob.node->service->find(id).has_value()) << "an accepted request was lost";
  ids.clear();
  for (const Transfer& t : all) ids.push_back(t.id);
  for (const std::string& id : ids) {
    const Transfer done = co_await bob.node->until(id);
    EXPECT_EQ(to_string(done.state), "Completed, Succeeded") << done.filename << ": " << done.exception.value_or("");
  }
  co_await bob.shut_down();
  co_await alice.stop();
  expect_downloads(bob, ids);
  expect_sound_database(bob);
}

Task<void> crash_uploader(World& world, std::uint64_t seed, std::uint64_t cut_at, Unsynced unsynced, std::uint64_t& changes) {
  Machine alice(world, "alice", seed);
  Machine bob(world, "bob", seed + 1);
  co_await alice.boot();
  co_await bob.boot();
  const std::uint64_t before = alice.disk.changes();
  if (cut_at > 0) alice.disk.cut_after(cut_at);
  const std::vector<std::string> ids = co_await ask(bob);
  co_await until_complete_or_cut(bob, alice.disk);
  changes = alice.disk.changes() - before;
  if (cut_at > 0) {
    alice.disk.cut_now();
    co_await alice.shut_down();
    tell_presence(*bob.node, "alice", Presence::Offline);
    alice.disk.restore(unsynced);
    co_await alice.boot();
    tell_presence(*bob.node, "alice", Presence::Online);
  }
  for (const std::string& id : ids) {
    const Transfer done = co_await bob.node->until(id);
    EXPECT_EQ(to_string(done.state), "Completed, Succeeded") << done.filename << ": " << done.exception.value_or("");
  }
  // While bob is there: what the crash made alice forget she had sent she offers again, and he says that he has it.
  for (const Transfer& t : alice.node->service->list(Direction::Upload, false)) {
    const Transfer done = co_await alice.node->until(t.id);
    EXPECT_TRUE(has(done.state, TransferState::Completed)) << "an upload stuck";
  }
  co_await bob.shut_down();
  co_await alice.shut_down();
  expect_downloads(bob, ids);
  expect_sound_database(alice);
}

using Scenario = Task<void> (*)(World&, std::uint64_t, std::uint64_t, Unsynced, std::uint64_t&);

/// Where the seeds begin; SF_CRASH_SEED repeats one of them.
std::uint64_t first_of(std::uint64_t usual) {
  const char* set = std::getenv("SF_CRASH_SEED");
  return set != nullptr ? std::strtoull(set, nullptr, 10) : usual;
}

/// Once without a crash to count the changes, then with one at random ones of them.
void crash_at_random(Scenario scenario, std::uint64_t first_seed) {
  std::uint64_t changes = 0;
  {
    World world;
    run_task(world.context, scenario(world, first_seed, 0, Unsynced::Lost, changes));
  }
  ASSERT_GT(changes, 10U);
  static constexpr Unsynced kModes[] = {Unsynced::Lost, Unsynced::SomeKept, Unsynced::AllKept};
  for (std::uint64_t i = 0; i < instants() && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = first_seed + i;
    SeededRandom random(seed);
    const std::uint64_t cut_at = 1 + random.below(changes);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", cut at change " + std::to_string(cut_at) + " of about " + std::to_string(changes));
    World world;
    std::uint64_t ignored = 0;
    run_task(world.context, scenario(world, seed, cut_at, kModes[seed % 3], ignored));
  }
}

TEST(TransferCrash, AFileAnnouncedAgainWhileItIsMovedIntoItsPlaceIsNotFetchedTwice) {
  core::DownloadCore downloads(core::DownloadOptions{});
  core::DownloadActions actions;
  const MonoTime now{};
  downloads.on_session(true, now, actions);
  const auto id = downloads.add("alice", "m\\a.mp3", 5, 0);
  ASSERT_TRUE(id.has_value());
  downloads.begin(*id, now, actions);
  downloads.on_requested(*id, downloads.find(*id)->epoch, core::RequestResult::Sent, "", now, actions);
  downloads.on_ready("alice", "m\\a.mp3", 1, 5, actions);
  downloads.on_slot(*id, downloads.find(*id)->epoch, true, now, actions);
  ASSERT_TRUE(downloads.on_file("alice", 1, actions).has_value());
  const std::uint32_t epoch = downloads.find(*id)->epoch;
  downloads.on_ready("alice", "m\\a.mp3", 2, 5, actions);
  downloads.on_file_end(*id, epoch, core::FileEnd::Complete, 5, "", now, actions);
  EXPECT_EQ(downloads.find(*id)->state, kSucceeded);
  EXPECT_FALSE(downloads.is_active("alice", "m\\a.mp3"));
}
TEST(TransferCrash, DownloaderComesBackWithAllItReportedAndFinishesTheRest) { crash_at_random(crash_downloader, first_of(1'000)); }
TEST(TransferCrash, UploaderComesBackWithASoundQueue) { crash_at_random(crash_uploader, first_of(2'000)); }

}  // namespace
}  // namespace soulfabric::soulseek::testing
