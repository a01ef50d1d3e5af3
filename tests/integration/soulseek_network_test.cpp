// SPDX-License-Identifier: GPL-3.0-or-later
// Clients find each other through the server: searches, the tree, browsing, folders, info, messages, kicks, closed ports.
#include <gtest/gtest.h>

#include "support/run_task.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric {
namespace {

using soulseek::SearchOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::eventually;
using testing::Peer;
using testing::write_noise;

struct Network : ::testing::Test {
  IoContext context;
  SystemIoClock clock;
  testing::TemporaryFolder folder;
  std::unique_ptr<soulseek::SoulseekServer> server;

  void SetUp() override {
    soulseek::ServerOptions options;
    options.listen.port = 0;
    options.data_dir = folder.path() / "server";
    options.possible_parents_interval = milliseconds(100);
    options.initial_speed = 1'000'000;
    options.excluded_phrases = {"forbidden fruit"};
    server = std::make_unique<soulseek::SoulseekServer>(context, clock, options);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  [[nodiscard]] std::unique_ptr<Peer> peer(const std::string& name, Options options = {}) {
    return std::make_unique<Peer>(context, clock, folder.path(), server->port(), name, std::move(options));
  }
  [[nodiscard]] Task<soulseek::Search> search(Peer& from, std::string words, Duration quiet = seconds(3)) {
    soulseek::SearchRequest request;
    request.text = std::move(words);
    request.timeout = quiet;
    request.response_limit = 1;
    const auto started = from.client().searches().start(request, guard::Origin::UserLocal);
    EXPECT_TRUE(started) << started.error().message;
    const auto id = started->id;
    co_await eventually(clock, [&] { return from.client().searches().find(id)->outcome != SearchOutcome::Running; });
    co_return *from.client().searches().find(id);
  }
};

Task<void> check_pages(Network& net, Peer& ben) {
  const auto deadline = net.clock.now() + seconds(20);
  auto& users = ben.client().users();
  const auto browsed = co_await users.browse("anna", guard::Origin::UserLocal, deadline);
  EXPECT_TRUE(browsed) << browsed.error().message;
  const auto top = co_await users.browsed_folders("anna", "", 0, 10);
  EXPECT_TRUE(top && top->total == 1 && top->items[0].path == "music" && top->items[0].folder_count == 2);
  const auto files = co_await users.browsed_files("anna", "music\\Blue Album", 1, 10);
  EXPECT_TRUE(files && files->total == 2 && files->items.size() == 1 && files->items[0].name == "02 second song.flac");
  const auto folder = co_await users.folder("anna", "music\\Blue Album", deadline);
  EXPECT_TRUE(folder && folder->size() == 1 && folder->front().files.size() == 2);
  const auto info = co_await users.info("anna", deadline);
  EXPECT_TRUE(info && info->has_free_upload_slot && !info->description.empty());
  const auto status = co_await users.status("anna", deadline);
  EXPECT_TRUE(status && status->presence == soulseek::Presence::Online);
  const auto nobody = co_await users.info("nobody", deadline);
  EXPECT_TRUE(!nobody && nobody.error().code == Errc::Offline);
}

Task<void> search_and_browse(Network& net) {
  auto anna = net.peer("anna");
  auto ben = net.peer("ben");
  write_noise(anna->share() / "Blue Album" / "01 first song.flac", 5000, 1);
  write_noise(anna->share() / "Blue Album" / "02 second song.flac", 6000, 2);
  write_noise(anna->share() / "forbidden fruit" / "song.flac", 6000, 3);
  co_await anna->start();
  co_await ben->start();
  const auto found = co_await net.search(*ben, "blue song");
  EXPECT_EQ(found.outcome, SearchOutcome::ResponseLimitReached);
  EXPECT_EQ(found.file_count, 2U);
  const auto responses = co_await ben->client().searches().responses(found.id, 0);
  EXPECT_TRUE(responses && responses->size() == 1);
  if (responses && !responses->empty()) {
    EXPECT_EQ(responses->front().username, "anna");
    EXPECT_TRUE(responses->front().has_free_upload_slot);
    EXPECT_EQ(responses->front().files.front().name, "music\\Blue Album\\01 first song.flac");
    EXPECT_EQ(responses->front().files.front().attributes.bit_rate, 192U);
  }
  const auto hidden = co_await net.search(*ben, "forbidden fruit song", milliseconds(700));
  EXPECT_EQ(hidden.outcome, SearchOutcome::TimedOut) << "the server's excluded phrases are honoured";
  co_await check_pages(net, *ben);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, FindsBrowsesAndAsksThroughTheServer) { testing::run_task(context, search_and_browse(*this)); }

/// Port 1 cannot be opened by an ordinary program or is refused by whoever dials: that client is reached indirectly only.
Options without_port() {
  Options options;
  options.soulseek.listen_ip_address = "192.0.2.1";  // RFC 5737: no address of this machine, so nothing is opened
  options.soulseek.listen_port = 2234;
  return options;
}

Task<void> one_is_closed(Network& net, bool searcher) {
  auto anna = net.peer("anna", searcher ? Options{} : without_port());
  auto ben = net.peer("ben", searcher ? without_port() : Options{});
  write_noise(anna->share() / "Album" / "only song.flac", 5000, 1);
  co_await anna->start();
  co_await ben->start();
  EXPECT_TRUE((searcher ? *ben : *anna).client().session().info().listen_problem.has_value());
  const auto info = co_await ben->client().users().info("anna", net.clock.now() + seconds(20));
  EXPECT_TRUE(info) << info.error().message;
  const auto found = co_await net.search(*ben, "only song");
  EXPECT_EQ(found.file_count, 1U);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, WorksWhenTheSearcherAcceptsNoConnection) { testing::run_task(context, one_is_closed(*this, true)); }
TEST_F(Network, WorksWhenTheSharerAcceptsNoConnection) { testing::run_task(context, one_is_closed(*this, false)); }

Task<void> both_are_closed(Network& net) {
  auto anna = net.peer("anna", without_port());
  auto ben = net.peer("ben", without_port());
  co_await anna->start();
  co_await ben->start();
  const auto info = co_await ben->client().users().info("anna", net.clock.now() + seconds(3));
  EXPECT_FALSE(info);
  EXPECT_NE(info.error().message.find("reached"), std::string::npos);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, SaysSoWhenNeitherAcceptsConnections) { testing::run_task(context, both_are_closed(*this)); }

Task<void> tree_of_three(Network& net) {
  auto anna = net.peer("anna");
  auto ben = net.peer("ben");
  auto carl = net.peer("carl");
  write_noise(anna->share() / "A" / "amber song.flac", 500, 1);
  write_noise(ben->share() / "B" / "brown song.flac", 500, 2);
  write_noise(carl->share() / "C" / "cyan song.flac", 500, 3);
  const std::vector<Peer*> all = {anna.get(), ben.get(), carl.get()};
  for (auto* one : all) co_await one->start();
  const auto placed = [&] {
    int roots = 0;
    int parents = 0;
    for (auto* one : all) {
      const auto info = one->client().session().distributed();
      roots += info.is_branch_root;
      parents += info.has_parent;
    }
    return roots >= 1 && roots + parents == 3 && parents >= 1;
  };
  // Searches make roots, and a parent is adopted when it delivers one.
  for (int n = 0; n < 20 && !placed(); ++n) {
    const auto nothing = co_await net.search(*all[static_cast<std::size_t>(n % 3)], "nothing" + std::to_string(n), milliseconds(500));
    EXPECT_EQ(nothing.file_count, 0U);
  }
  EXPECT_TRUE(placed());
  const auto amber = co_await net.search(*carl, "amber song");
  EXPECT_EQ(amber.file_count, 1U);
  const auto brown = co_await net.search(*anna, "brown song");
  EXPECT_EQ(brown.file_count, 1U);
  const auto cyan = co_await net.search(*ben, "cyan song");
  EXPECT_EQ(cyan.file_count, 1U);
  for (auto* one : {carl.get(), ben.get(), anna.get()}) co_await one->stop();
  co_await net.server->stop();
}

TEST_F(Network, ThreeClientsFormATreeAndAnswerEachOtherThroughIt) { testing::run_task(context, tree_of_three(*this), seconds(120)); }

struct Heard : soulseek::Observer {
  std::vector<soulseek::PrivateMessage> got;
  void on_message(const soulseek::PrivateMessage& message) override {
    if (message.incoming) got.push_back(message);
  }
};

Task<std::size_t> messages_from(Peer& peer, std::string user) {
  const auto messages = co_await peer.client().chat().messages(std::move(user));
  co_return messages ? messages->size() : 0;
}

Task<void> chat(Network& net) {
  auto anna = net.peer("anna");
  auto ben = net.peer("ben");
  co_await anna->start();
  co_await ben->start();
  Heard heard;
  anna->client().subscribe(heard);
  const auto sent = co_await ben->client().chat().send("anna", "hello\nthere");
  EXPECT_TRUE(sent);
  co_await eventually(net.clock, [&] { return heard.got.size() == 1; });
  EXPECT_TRUE(heard.got.size() == 1 && heard.got[0].text == "hello there");
  anna->client().unsubscribe(heard);
  co_await anna->stop();
  const auto later = co_await ben->client().chat().send("anna", "while you were away");
  EXPECT_TRUE(later);
  co_await anna->start();
  std::size_t kept = 0;
  for (int i = 0; i < 300 && kept < 2; ++i) {
    kept = co_await messages_from(*anna, "ben");
    co_await net.clock.sleep_for(milliseconds(10));
  }
  EXPECT_EQ(kept, 2U) << "one kept over the restart, one delivered after it";
  const auto open = co_await anna->client().chat().conversations(false);
  EXPECT_TRUE(open && open->size() == 1 && open->front().unacknowledged == 2);
  const bool acknowledged = co_await anna->client().chat().acknowledge("ben", std::nullopt);
  EXPECT_TRUE(acknowledged);
  co_await anna->stop();
  co_await anna->start();
  kept = co_await messages_from(*anna, "ben");
  EXPECT_EQ(kept, 2U) << "acknowledged to the server: not replayed";
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, KeepsAndAcknowledgesPrivateMessages) { testing::run_task(context, chat(*this)); }

Task<void> kicked(Network& net) {
  auto first = net.peer("anna");
  co_await first->start();
  auto second = std::make_unique<Peer>(net.context, net.clock, net.folder.path() / "elsewhere", net.server->port(), "anna", Options{});
  co_await second->start();
  co_await eventually(net.clock, [&] { return first->client().session().info().final; });
  const auto info = first->client().session().info();
  EXPECT_TRUE(info.final);
  EXPECT_NE(info.problem.value_or("").find("another program"), std::string::npos);
  EXPECT_TRUE(second->client().session().info().username.has_value());
  co_await second->stop();
  co_await first->stop();
  co_await net.server->stop();
}

TEST_F(Network, StaysAwayWhenTheAccountIsUsedElsewhere) { testing::run_task(context, kicked(*this)); }

Task<void> wrong_password(Network& net) {
  auto first = net.peer("anna");
  co_await first->start();
  co_await first->stop();
  Options other;
  other.soulseek.password = "not the same";
  auto second = std::make_unique<Peer>(net.context, net.clock, net.folder.path() / "elsewhere", net.server->port(), "anna", other);
  co_await second->begin();
  const auto refused = co_await second->client().session().wait_logged_in(net.clock.now() + seconds(20));
  EXPECT_TRUE(!refused && refused.error().message.find("password") != std::string::npos);
  EXPECT_TRUE(second->client().session().info().final) << "it does not try again by itself";
  other = second->options();
  other.soulseek.password = "secret of anna";
  second->client().configure(other);
  EXPECT_TRUE(second->client().session().connect());
  const auto accepted = co_await second->client().session().wait_logged_in(net.clock.now() + seconds(20));
  EXPECT_TRUE(accepted) << "until the user corrects it";
  co_await second->stop();
  co_await net.server->stop();
}

TEST_F(Network, AWrongPasswordIsSaidOnceAndCanBeCorrected) { testing::run_task(context, wrong_password(*this)); }

Task<void> changed_server(Network& net) {
  soulseek::ServerOptions elsewhere;
  elsewhere.listen.port = 0;
  elsewhere.data_dir = net.folder.path() / "other server";
  soulseek::SoulseekServer other(net.context, net.clock, elsewhere);
  const auto started = other.start();
  EXPECT_TRUE(started) << started.error().message;
  auto anna = net.peer("anna");
  co_await anna->start();
  auto& session = anna->client().session();
  const std::string before = session.info().address;
  EXPECT_FALSE(session.info().outdated);
  Options options = anna->options();
  options.soulseek.port = other.port();
  options.soulseek.distributed_network.disabled = true;
  anna->client().configure(options);
  EXPECT_TRUE(session.info().outdated);
  EXPECT_EQ(session.info().address, before) << "the present session is where it was";
  session.disconnect("the user asked");
  co_await eventually(net.clock, [&] { return session.info().state == soulseek::SessionState::Disconnected; });
  session.connect();
  const auto again = co_await session.wait_logged_in(net.clock.now() + seconds(20));
  EXPECT_TRUE(again) << again.error().message;
  const auto info = session.info();
  EXPECT_EQ(info.address, "127.0.0.1:" + std::to_string(other.port()));
  EXPECT_EQ(info.endpoint ? info.endpoint->port : 0, other.port());
  EXPECT_FALSE(info.outdated);
  co_await anna->stop();
  co_await other.stop();
  co_await net.server->stop();
}

TEST_F(Network, AChangedServerIsUsedByTheNextLogin) { testing::run_task(context, changed_server(*this)); }

Task<void> no_server(Network& net) {
  const auto port = net.server->port();
  co_await net.server->stop();
  net.server.reset();
  auto anna = std::make_unique<Peer>(net.context, net.clock, net.folder.path(), port, "anna", Options{});
  co_await anna->begin();
  co_await eventually(net.clock, [&] { return anna->client().session().info().next_attempt_at.has_value(); });
  const auto info = anna->client().session().info();
  EXPECT_FALSE(info.final);
  EXPECT_NE(info.problem.value_or("").find("could not be reached"), std::string::npos);
  const auto search = anna->client().searches().start({.id = {}, .text = "song"}, guard::Origin::UserLocal);
  EXPECT_TRUE(!search && search.error().code == Errc::Unavailable);
  co_await anna->stop();
}

TEST_F(Network, AServerThatIsNotThereIsTriedAgain) { testing::run_task(context, no_server(*this)); }

Task<void> port_in_use(Network& net) {
  auto anna = net.peer("anna");
  co_await anna->start();
  Options same;
  same.soulseek.listen_port = anna->client().session().info().listen_port;
  auto ben = net.peer("ben", same);
  co_await ben->start();
  const auto info = ben->client().session().info();
  EXPECT_EQ(info.listen_port, 0);
  EXPECT_NE(info.listen_problem.value_or("").find("in use"), std::string::npos);
  ben->client().session().set_listen({IpAddress::v4(0x7F000001), 0});
  const bool opened = co_await eventually(net.clock, [&] { return ben->client().session().info().listen_port != 0; });
  EXPECT_TRUE(opened);
  EXPECT_FALSE(ben->client().session().info().listen_problem);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, AListenPortInUseIsSaidAndCanBeChanged) { testing::run_task(context, port_in_use(*this)); }

}  // namespace
}  // namespace soulfabric
