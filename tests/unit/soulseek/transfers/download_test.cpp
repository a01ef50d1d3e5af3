// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads from uploaders that lie, stall, refuse or vanish: each ends in one clear state, and nothing is written elsewhere.
#include <algorithm>

#include "world.hpp"

namespace soulfabric::soulseek::testing {
namespace {

using soulfabric::testing::run_task;
namespace peer = wire::peer;
constexpr auto kPath = "m\\album\\song.mp3";
constexpr auto kLater = std::chrono::seconds(10);

/// Answers each request for the file with one announcement, and serves each acceptance by `serve`.
struct Uploader {
  Uploader(World& world_in, std::string content_in) : world(world_in), actor(world_in.net, "bob"), content(std::move(content_in)), scope(world_in.context, "bob") {
    announced = content.size();
    actor.on_message = [this](const std::string& from, const wire::PeerMessage& message) {
      if (const auto* wish = std::get_if<peer::QueueUpload>(&message)) on_wish(from, wish->path);
      if (const auto* yes = std::get_if<peer::TransferResponse>(&message)) {
        last_answer = *yes;
        if (yes->allowed && serves) scope.spawn("serve", serve(from, yes->token));
      }
    };
  }
  void on_wish(const std::string& from, const std::string& path) {
    ++wishes;
    wished.push_back(path);
    if (!denial.empty() && (denials == 0 || wishes <= denials)) {
      actor.tell(from, peer::UploadDenied{path, denial});
    } else if (announces) {
      actor.tell(from, peer::TransferRequest{peer::TransferDirection::Upload, ++token, path, announced});
    }
  }
  Task<void> serve(std::string to, std::uint32_t with_token) {
    auto connection = world.net.connect("bob", to);
    if (!connection) co_return;
    const Bytes hello = wire::encode(wire::file::TransferToken{with_token});
    co_await connection->stream->write(hello, world.clock.now() + kLater);
    Bytes wanted(8);
    const Status got = co_await net::read_exactly(*connection->stream, wanted, world.clock.now() + kLater);
    if (!got) co_return;
    const auto offset = wire::decode_transfer_offset(wanted)->offset;
    offsets.push_back(offset);
    const std::size_t end = served == 1 ? std::min(content.size(), static_cast<std::size_t>(offset) + most_first) : content.size();
    ++served;
    const std::string part = content.substr(std::min<std::size_t>(offset, content.size()), end - std::min<std::size_t>(offset, end));
    co_await connection->stream->write(bytes_of(part), world.clock.now() + kLater);
    if (stalls) co_await world.clock.sleep_for(std::chrono::seconds(5));
    if (closes_early) connection->stream->shutdown_write();
    Bytes scrap(1);
    co_await connection->stream->read_some(scrap, world.clock.now() + kLater);
  }

  World& world;
  Actor actor;
  std::string content;
  TaskScope scope;
  std::uint64_t announced;
  std::string denial;
  int denials = 0;  // only the first so many wishes are denied; 0 = all
  int wishes = 0;
  std::vector<std::string> wished;
  bool announces = true;
  bool serves = true;
  bool closes_early = false;
  bool stalls = false;
  int served = 1;
  std::size_t most_first = SIZE_MAX;  // bytes sent on the first connection
  std::uint32_t token = 100;
  std::vector<std::uint64_t> offsets;
  std::optional<peer::TransferResponse> last_answer;
};

struct Case {
  const char* name;
  std::size_t size;        // what the user asked for
  void (*prepare)(Uploader&);
  const char* state;
  const char* words;
  void (*check)(Uploader&, Node&, const Transfer&);
};

void nothing(Uploader&, Node&, const Transfer&) {}

const Case kCases[] = {
    {"SendsAll", 300'000, [](Uploader&) {}, "Completed, Succeeded", "", nothing},
    {"BreaksOffOnce", 300'000,
     [](Uploader& b) {
       b.most_first = 100'000;
       b.closes_early = true;
     },
     "Completed, Succeeded", "",
     [](Uploader& b, Node&, const Transfer& t) {
       ASSERT_EQ(b.offsets.size(), 2U);
       EXPECT_EQ(b.offsets[0], 0U);
       EXPECT_EQ(b.offsets[1], 100'000U);
       EXPECT_EQ(t.attempts, 1U);
     }},
    {"AnnouncesMoreThanItSends", 300'000,
     [](Uploader& b) {
       b.announced = 300'100;
       b.closes_early = true;
     },
     "Completed, Errored", "before the file was complete", [](Uploader&, Node&, const Transfer& t) { EXPECT_EQ(t.size, 300'100U); }},
    {"AnnouncesAnotherSize", 5, [](Uploader&) {}, "Completed, Succeeded", "", [](Uploader&, Node&, const Transfer& t) { EXPECT_EQ(t.size, 300'000U); }},
    {"AnnouncesLessThanItHas", 300'000, [](Uploader& b) { b.announced = 1000; }, "Completed, Succeeded", "",
     [](Uploader& b, Node& a, const Transfer& t) {
       EXPECT_EQ(t.size, 1000U);
       EXPECT_TRUE(read_file(a.root / "downloads/album/song.mp3") == b.content.substr(0, 1000));
     }},
    {"AnnouncesZeroAsOldQtDoes", 300'000, [](Uploader& b) { b.announced = 0; }, "Completed, Succeeded", "", nothing},
    {"IsBanned", 5, [](Uploader& b) { b.denial = "Banned (go away)"; }, "Completed, Rejected", "Transfer rejected: Banned (go away)", nothing},
    {"HasNoSuchFile", 5, [](Uploader& b) { b.denial = "File not shared."; }, "Completed, Rejected", "Transfer rejected: File not shared.", nothing},
    {"InventsAStatusName", 5, [](Uploader& b) { b.denial = "Completed, Succeeded"; }, "Completed, Rejected", "Transfer rejected: ", nothing},
    {"FailsInside", 300'000,
     [](Uploader& b) {
       b.denial = "Enqueue failed due to internal error";
       b.denials = 2;
     },
     "Completed, Succeeded", "", [](Uploader& b, Node&, const Transfer&) { EXPECT_EQ(b.wishes, 3); }},
    {"AcceptsButNeverConnects", 5, [](Uploader& b) { b.serves = false; }, "Completed, TimedOut", "opened no connection",
     [](Uploader& b, Node&, const Transfer& t) {
       EXPECT_EQ(b.wishes, 3);
       EXPECT_EQ(t.attempts, 3U);
     }},
    {"SendsNothing", 300'000,
     [](Uploader& b) {
       b.content.clear();
       b.announced = 300'000;
       b.stalls = true;
     },
     "Completed, TimedOut", "sent nothing", nothing},
};

Task<void> play(World& world, const Case& c) {
  TransferOptions options = quick_options();
  options.idle_wait = std::chrono::milliseconds(200);
  Node alice(world.net, "alice", world.folder.path() / "alice", options);
  Uploader bob(world, pattern_bytes(300'000));
  c.prepare(bob);
  co_await alice.start();
  const std::string id = co_await alice.want("bob", kPath, c.size);
  const Transfer down = co_await alice.until(id);
  EXPECT_EQ(to_string(down.state), c.state) << down.exception.value_or("");
  EXPECT_NE(down.exception.value_or("").find(c.words), std::string::npos) << down.exception.value_or("");
  if (down.state == (TransferState::Completed | TransferState::Succeeded)) {
    EXPECT_TRUE(read_file(alice.root / "downloads/album/song.mp3") == bob.content.substr(0, static_cast<std::size_t>(down.size)));
  } else {
    EXPECT_FALSE(fs::exists(alice.root / "downloads/album"));
  }
  c.check(bob, alice, down);
  co_await bob.scope.close();
  co_await alice.stop();
}

class UploaderThat : public ::testing::TestWithParam<Case> {};
TEST_P(UploaderThat, EndsTheDownloadInAClearState) {
  World world;
  run_task(world.context, play(world, GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Scripts, UploaderThat, ::testing::ValuesIn(kCases), [](const auto& info) { return std::string(info.param.name); });

// ---- cancelled at every point -------------------------------------------------------------------------------------

struct Stop {
  const char* name;
  TransferState at;
  void (*prepare)(Uploader&);
};
const Stop kStops[] = {
    {"InTheRemoteQueue", TransferState::Remotely, [](Uploader& b) { b.announces = false; }},
    {"BeforeTheConnection", TransferState::Initializing, [](Uploader& b) { b.serves = false; }},
    {"InProgress", TransferState::InProgress,
     [](Uploader& b) {
       b.most_first = 1000;
       b.stalls = true;
     }},
    {"OnceRequested", TransferState::Queued, [](Uploader&) {}},
};

Task<void> cancel(World& world, const Stop& stop) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Uploader bob(world, pattern_bytes(300'000));
  stop.prepare(bob);
  co_await alice.start();
  const std::string id = co_await alice.want("bob", kPath, 300'000);
  co_await alice.until(id, stop.at);
  EXPECT_TRUE(alice.service->cancel(id, false));
  Transfer down = co_await alice.until(id);
  EXPECT_EQ(to_string(down.state), "Completed, Cancelled");
  EXPECT_TRUE(alice.server.watched.empty());
  EXPECT_TRUE(alice.service->cancel(id, true));
  EXPECT_TRUE(alice.service->list(Direction::Download, false).empty());
  EXPECT_EQ(alice.removed, std::vector<std::string>{id});
  // Asked for again it goes through.
  bob.announces = bob.serves = true;
  bob.stalls = false;
  const std::string again = co_await alice.want("bob", kPath, 300'000);
  EXPECT_NE(again, id);
  down = co_await alice.until(again);
  EXPECT_EQ(to_string(down.state), "Completed, Succeeded") << down.exception.value_or("");
  co_await bob.scope.close();
  co_await alice.stop();
}

class CancelledDownload : public ::testing::TestWithParam<Stop> {};
TEST_P(CancelledDownload, IsCancelledAtOnceAndCanBeAskedForAgain) {
  World world;
  run_task(world.context, cancel(world, GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Points, CancelledDownload, ::testing::ValuesIn(kStops), [](const auto& info) { return std::string(info.param.name); });

// ---- what the user may ask ----------------------------------------------------------------------------------------

Task<void> requests(World& world) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Uploader bob(world, "hello");
  bob.announces = false;
  co_await alice.start();
  DownloadRequest bad;
  bad.username = "bob";
  auto refused = co_await alice.service->enqueue(bad, guard::Origin::UserLocal);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  bad.files.push_back({"m\\..\\passwd", 5});
  refused = co_await alice.service->enqueue(bad, guard::Origin::UserLocal);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  bad.files = {{kPath, 5}};
  bad.options.destination = "../elsewhere";
  refused = co_await alice.service->enqueue(bad, guard::Origin::UserLocal);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  bad.options.destination = "lidarr/1/Artist - Album";
  refused = co_await alice.service->enqueue(bad, guard::Origin::RemoteMesh);
  EXPECT_EQ(refused.error().code, Errc::Forbidden);
  bad.files.push_back({kPath, 5});
  const auto mixed = co_await alice.service->enqueue(bad, guard::Origin::UserLocal);
  EXPECT_EQ(mixed->enqueued.size(), 1U);
  EXPECT_EQ(mixed->failed.size(), 1U);
  EXPECT_EQ(mixed->failed.at(0).message, "Skipped: Already in progress");
  const std::string id = mixed->enqueued.at(0).id;
  co_await alice.until(id, TransferState::Remotely);
  const auto silent = co_await alice.service->place_in_queue(id, world.clock.now() + std::chrono::milliseconds(20));
  EXPECT_EQ(silent.error().code, Errc::TimedOut);
  bob.actor.on_message = [&bob](const std::string& from, const wire::PeerMessage& message) {
    if (std::holds_alternative<peer::PlaceInQueueRequest>(message)) bob.actor.tell(from, peer::PlaceInQueueResponse{kPath, 42});
  };
  const auto place = co_await alice.service->place_in_queue(id, world.clock.now() + kLater);
  EXPECT_EQ(place.value_or(0), 42U);
  EXPECT_EQ(alice.service->find(id)->place_in_queue, 42U);
  co_await bob.scope.close();
  co_await alice.stop();
}

TEST(Downloads, RefuseWhatMakesNoSense) {
  World world;
  run_task(world.context, requests(world));
}

Task<void> hostile(World& world) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Uploader bob(world, "hello");
  co_await alice.start();
  const std::vector<std::string> names = {"C:\\windows\\x", "a/\\/etc\\passwd", std::string("m\\nul\0byte", 10), "m\\" + std::string(300, 'x') + ".flac",
                                          "m\\\xE9t\xE9.mp3", "m\\con", "...\\. . .", "\\", std::string(3000, 'y') + "\\z", "m\\a?b", "m\\a*b"};
  for (const auto& name : names) {
    const std::string id = co_await alice.want("bob", name, 5);
    const Transfer down = co_await alice.until(id);
    EXPECT_EQ(to_string(down.state), "Completed, Succeeded") << name << ": " << down.exception.value_or("");
    EXPECT_EQ(down.filename, name);
    EXPECT_EQ(bob.wished.back(), name) << "the path is sent as it came";
    const fs::path path = down.local_path.value_or("");
    EXPECT_TRUE(path.lexically_normal() == path && path.string().starts_with((alice.root / "downloads").string() + "/")) << path;
    EXPECT_EQ(read_file(path), "hello") << path;
  }
  for (const auto& entry : fs::directory_iterator(alice.root)) {
    const auto leaf = entry.path().filename().string();
    EXPECT_TRUE(leaf == "downloads" || leaf == "incomplete" || leaf == "shared" || leaf.starts_with("soulseek.db")) << leaf;
  }
  co_await bob.scope.close();
  co_await alice.stop();
}

TEST(Downloads, StayInsideTheirFolderWhateverTheNames) {
  World world;
  run_task(world.context, hostile(world));
}

Task<void> offline(World& world) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Uploader bob(world, "hello");
  world.net.seats["bob"].online = false;
  co_await alice.start();
  const std::string id = co_await alice.want("bob", kPath, 5);
  while (!alice.service->find(id)->exception) co_await alice.changed.wait(world.clock, kNever);
  EXPECT_EQ(to_string(alice.service->find(id)->state), "Queued, Locally");
  world.net.seats["bob"].online = true;
  alice.service->on_user_status("bob", {Presence::Online, false});
  const Transfer down = co_await alice.until(id);
  EXPECT_EQ(to_string(down.state), "Completed, Succeeded");
  EXPECT_FALSE(down.exception);
  co_await bob.scope.close();
  co_await alice.stop();
}

TEST(Downloads, GoOnWhenTheUserReturns) {
  World world;
  run_task(world.context, offline(world));
}

Task<void> no_disk(World& world) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Uploader bob(world, "hello");
  co_await alice.start();
  fs::remove_all(alice.root / "incomplete");
  write_file(alice.root / "incomplete", "a file where the folder was");
  const std::string id = co_await alice.want("bob", kPath, 5);
  const Transfer down = co_await alice.until(id);
  EXPECT_EQ(to_string(down.state), "Completed, Errored");
  EXPECT_NE(down.exception.value_or("").find("could not be opened for writing"), std::string::npos) << down.exception.value_or("");
  co_await bob.scope.close();
  co_await alice.stop();
}

TEST(Downloads, SayWhenTheDiskDoesNotTakeThem) {
  World world;
  run_task(world.context, no_disk(world));
}

Task<void> spoofed(World& world) {
  TransferOptions options = quick_options();
  Node alice(world.net, "alice", world.folder.path() / "alice", options);
  Uploader bob(world, "hello");
  bob.announces = false;
  co_await alice.start();
  const std::string id = co_await alice.want("bob", kPath, 5);
  co_await alice.until(id, TransferState::Remotely);
  const Bytes frame = wire::encode(peer::TransferRequest{peer::TransferDirection::Upload, 9, kPath, 5});
  const ByteView body = ByteView(frame).subspan(8);
  // Not the address that the server has for bob.
  alice.service->on_peer_message({"bob", {IpAddress::v4(0x08080808), 1}, false, peer::TransferRequest::kCode, body});
  const auto deadline = world.clock.now() + kLater;
  bool news = true;
  while (news && !bob.last_answer) news = co_await bob.actor.arrived.wait(world.clock, deadline);
  EXPECT_TRUE(bob.last_answer && !bob.last_answer->allowed);
  EXPECT_EQ(to_string(alice.service->find(id)->state), "Queued, Remotely");
  // The right one.
  alice.service->on_peer_message({"bob", {alice.server.address, 1}, false, peer::TransferRequest::kCode, body});
  const Transfer down = co_await alice.until(id);
  EXPECT_EQ(to_string(down.state), "Completed, Succeeded");
  co_await bob.scope.close();
  co_await alice.stop();
}

TEST(Downloads, TakeNoFileFromSomebodyWhoOnlyClaimsTheName) {
  World world;
  run_task(world.context, spoofed(world));
}

}  // namespace
}  // namespace soulfabric::soulseek::testing
