// SPDX-License-Identifier: GPL-3.0-or-later
// Peers that break the rules, over real sockets: after each of them the client still answers a search, and its log names nobody.
#include <gtest/gtest.h>

#include <mutex>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"
#include "support/raw_peer.hpp"
#include "support/run_task.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric {
namespace {

namespace peer = soulseek::wire::peer;
namespace wire = soulseek::wire;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::eventually;
using testing::Peer;
using testing::RawPeer;

constexpr Duration kSoon = seconds(8);  // before the timers for silent connections would do it

Bytes u32(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value >> 16U),
          static_cast<std::uint8_t>(value >> 24U)};
}
Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
/// A P message with any code and body.
Bytes raw_message(std::uint32_t code, const Bytes& body) { return joined({u32(static_cast<std::uint32_t>(body.size()) + 4), u32(code), body}); }

struct Hostile : ::testing::Test {
  IoContext context;
  SystemIoClock clock;
  testing::TemporaryFolder folder;
  std::unique_ptr<soulseek::SoulseekServer> server;
  std::unique_ptr<Peer> anna;
  std::unique_ptr<Peer> ben;
  std::mutex mutex;
  std::vector<std::string> logged;

  void SetUp() override {
    log::set_sink([this](const log::Record& record) {
      const std::lock_guard lock(mutex);
      if (record.level >= log::Level::Information) logged.push_back(record.message);
    });
    soulseek::ServerOptions options;
    options.listen.port = 0;
    options.data_dir = folder.path() / "server";
    options.initial_speed = 1'000'000;
    server = std::make_unique<soulseek::SoulseekServer>(context, clock, options);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
    anna = std::make_unique<Peer>(context, clock, folder.path(), server->port(), "anna", Options{});
    ben = std::make_unique<Peer>(context, clock, folder.path(), server->port(), "ben", Options{});
    testing::write_noise(anna->share() / "Blue Album" / "01 first song.flac", 5000, 1);
  }
  void TearDown() override { log::set_sink({}); }

  [[nodiscard]] std::uint16_t port() { return anna->client().session().info().listen_port; }
  [[nodiscard]] RawPeer raw() { return RawPeer(context, clock); }
  /// The attack between start and the proof that anna still works.
  void play(Task<void> (*attack)(Hostile&)) { testing::run_task(context, whole(*this, attack), seconds(120)); }
  static Task<void> whole(Hostile& test, Task<void> (*attack)(Hostile&)) {
    co_await test.anna->start();
    co_await test.ben->start();
    co_await attack(test);
    co_await test.still_answers();
    co_await test.ben->stop();
    co_await test.anna->stop();
    co_await test.server->stop();
    test.names_nobody();
  }
  Task<void> still_answers() {
    soulseek::SearchRequest request;
    request.text = "blue song";
    request.timeout = seconds(15);
    request.response_limit = 1;
    const auto started = ben->client().searches().start(request, guard::Origin::UserLocal);
    EXPECT_TRUE(started);
    if (!started) co_return;
    const auto id = started->id;
    co_await eventually(clock, [&] { return ben->client().searches().find(id)->outcome != soulseek::SearchOutcome::Running; });
    EXPECT_EQ(ben->client().searches().find(id)->file_count, 1U) << "anna does not answer any more";
  }
  void names_nobody() {
    const std::lock_guard lock(mutex);
    for (const auto& line : logged) {
      for (const char* secret : {"mallory", "127.0.0.1", "Blue", "passwd"}) EXPECT_EQ(line.find(secret), std::string::npos) << line;
    }
  }
};

Task<void> ends_at(Hostile& test, Bytes bytes) {
  auto mallory = test.raw();
  const bool connected = co_await mallory.connect(test.port());
  EXPECT_TRUE(connected);
  const bool sent = co_await mallory.send(std::move(bytes));
  EXPECT_TRUE(sent);
  const bool ended = co_await mallory.wait_for_end(kSoon);
  EXPECT_TRUE(ended);
}

Task<void> absurd_lengths(Hostile& test) {
  for (const std::uint32_t length : {0U, 0x80000000U, 0xFFFFFFFFU}) {
    const Bytes absurd = joined({u32(length), u32(4), u32(0)});
    co_await ends_at(test, absurd);
    for (const char* type : {"P", "D"}) co_await ends_at(test, joined({wire::encode(wire::init::PeerInit{"mallory", type, 0}), absurd}));
  }
}

TEST_F(Hostile, LengthsThatCannotBeEndTheConnection) { play(absurd_lengths); }

Task<void> bad_names(Hostile& test) {
  using std::string_literals::operator""s;
  const std::vector<std::string> names = {""s, "mal\0lory"s, std::string(300, 'm'), "server"s, "anna"s, "mal\nlory"s};
  for (const auto& name : names) {
    co_await ends_at(test, wire::encode(wire::init::PeerInit{name, "P", 0}));
  }
  co_await ends_at(test, wire::encode(wire::init::PeerInit{"mallory", "X", 0}));
  co_await ends_at(test, wire::encode(wire::init::PierceFireWall{12345}));
  co_await ends_at(test, joined({u32(9), Bytes{77}, u32(1), u32(1)}));
  co_await ends_at(test, Bytes(20'000, 0x41));
}

TEST_F(Hostile, ConnectionsThatSayNothingSensibleAreClosed) { play(bad_names); }

Task<void> odd_messages(Hostile& test) {
  auto mallory = test.raw();
  const bool there = co_await mallory.introduce(test.port(), "mal\xFF\xFElory", "P");  // not UTF-8: names are bytes
  EXPECT_TRUE(there);
  Bytes all;
  for (const std::uint32_t code : {4U, 8U, 9U, 15U, 36U, 37U, 40U, 41U, 42U, 43U, 44U, 46U, 50U, 51U, 52U, 1U, 77U, 0xFFFFFFFFU}) {
    for (const auto& body : {Bytes{}, Bytes{0xFF}, u32(0xFFFFFFFF), joined({u32(3), Bytes{'a'}})}) {
      const Bytes message = raw_message(code, body);
      all.insert(all.end(), message.begin(), message.end());
    }
  }
  const Bytes request = wire::encode(peer::UserInfoRequest{});
  all.insert(all.end(), request.begin(), request.end());
  const bool sent = co_await mallory.send(all);
  EXPECT_TRUE(sent);
  const auto answer = co_await mallory.wait_for(peer::UserInfoResponse::kCode);
  EXPECT_TRUE(answer.has_value()) << "what is odd is skipped by its length";
}

TEST_F(Hostile, TruncatedAndUnknownMessagesAreSkipped) { play(odd_messages); }

Task<void> unasked_answers(Hostile& test) {
  for (const std::uint32_t code : {peer::SharedFileListResponse::kCode, peer::UserInfoResponse::kCode}) {
    const Bytes hello = wire::encode(wire::init::PeerInit{"mallory", "P", 0});
    co_await ends_at(test, joined({hello, raw_message(code, Bytes(1000, 0x78))}));
  }
}

TEST_F(Hostile, AnswersThatNobodyAskedForEndTheConnection) { play(unasked_answers); }

[[nodiscard]] Result<soulseek::Search> search_of(Hostile& test, Duration quiet) {
  soulseek::SearchRequest request;
  request.text = "something";
  request.timeout = quiet;
  request.response_limit = 1000;
  return test.anna->client().searches().start(request, guard::Origin::UserLocal);
}

Task<void> search_bombs(Hostile& test) {
  auto& searches = test.anna->client().searches();
  const auto search = search_of(test, seconds(8));
  EXPECT_TRUE(search);
  auto mallory = test.raw();
  const bool there = co_await mallory.introduce(test.port(), "mallory", "P");
  EXPECT_TRUE(there);
  peer::FileSearchResponse answer;
  answer.user = "mallory";
  answer.token = search->token;
  answer.files.resize(1);
  answer.files[0].name = std::string(32 * 1024 * 1024, 'a');
  const auto before = test.anna->guard().metrics();
  const bool bomb = co_await mallory.send(wire::encode(answer));
  EXPECT_TRUE(bomb);
  const bool charged = co_await eventually(test.clock, [&] {
    const auto now = test.anna->guard().metrics();
    return now.violations + now.violations_ignored > before.violations + before.violations_ignored;
  });
  EXPECT_TRUE(charged) << "noticed and charged (an address of this machine is never banned)";
  answer.files.clear();
  answer.unknown = 0;
  answer.private_files.emplace(200'000);
  const Bytes huge = wire::encode(answer);
  auto again = test.raw();  // a connection with nothing but results ends soon
  const bool back = co_await again.introduce(test.port(), "mallory", "P");
  EXPECT_TRUE(back);
  const bool sent = co_await again.send(joined({huge, huge, huge, huge}));
  EXPECT_TRUE(sent);
  co_await eventually(test.clock, [&] { return searches.find(search->id)->outcome != soulseek::SearchOutcome::Running; });
  const auto ended = *searches.find(search->id);
  EXPECT_GE(ended.response_count, 1U);
  EXPECT_LT(ended.response_count, 4U) << "what is kept of a search is bounded as it lies in memory, not as it was compressed";
}

TEST_F(Hostile, SearchAnswersThatUnpackToTooMuchAreDropped) { play(search_bombs); }

Task<void> foreign_paths(Hostile& test) {
  using std::string_literals::operator""s;
  auto mallory = test.raw();
  const bool there = co_await mallory.introduce(test.port(), "mallory", "P");
  EXPECT_TRUE(there);
  const std::vector<std::string> paths = {"..\\..\\..\\etc\\passwd"s, "C:\\Windows\\win.ini"s, "music\\..\\..\\etc\\passwd"s, "/etc/passwd"s, "music\\Blue Album\\\0x"s,
                      std::string(300, 'x'), "\xFF\xFE\\\xC0\x80"s, ""s};
  for (const auto& path : paths) {
    const bool asked = co_await mallory.send(wire::encode(peer::FolderContentsRequest{7, path}));
    EXPECT_TRUE(asked);
    const auto body = co_await mallory.wait_for(peer::FolderContentsResponse::kCode);
    EXPECT_TRUE(body.has_value());
    const auto folder = body ? wire::decode_peer(peer::FolderContentsResponse::kCode, *body) : Result<wire::PeerMessage>(fail(Errc::Closed, ""));
    EXPECT_TRUE(folder && std::get<peer::FolderContentsResponse>(*folder).folders.empty());
    const bool queued = co_await mallory.send(wire::encode(peer::QueueUpload{path}));
    EXPECT_TRUE(queued);
    const auto denied = co_await mallory.wait_for(peer::UploadDenied::kCode);
    EXPECT_TRUE(denied.has_value()) << "a path that is not shared is denied, whatever it looks like";
  }
}

TEST_F(Hostile, PathsOutsideTheSharesAreDenied) { play(foreign_paths); }

Task<void> many_connections(Hostile& test) {
  std::vector<std::unique_ptr<RawPeer>> all;
  const std::size_t cap = test.anna->guard().options().connections.per_address;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<RawPeer>(test.context, test.clock));
    const bool connected = co_await all.back()->connect(test.port());
    EXPECT_TRUE(connected) << "the kernel takes it, we close it";
  }
  const bool refused = co_await eventually(test.clock, [&] { return test.anna->guard().metrics().connections_refused >= 200 - 2 * cap; });
  EXPECT_TRUE(refused);
  EXPECT_LE(test.anna->guard().metrics().connections_open_inbound, cap);
  co_await test.still_answers();
}

TEST_F(Hostile, TwoHundredConnectionsOfOneAddressMeetTheCap) { play(many_connections); }

Task<void> never_reads(Hostile& test) {
  auto mallory = test.raw();
  const bool there = co_await mallory.introduce(test.port(), "mallory", "P");
  EXPECT_TRUE(there);
  Bytes flood;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Bytes request = wire::encode(peer::FolderContentsRequest{i, "music\\Blue Album"});
    flood.insert(flood.end(), request.begin(), request.end());
  }
  for (int i = 0; i < 200; ++i) {
    const Bytes request = wire::encode(peer::SharedFileListRequest{});
    flood.insert(flood.end(), request.begin(), request.end());
  }
  const bool sent = co_await mallory.send(std::move(flood));
  EXPECT_TRUE(sent);
  co_await test.still_answers();
  const bool asked = co_await mallory.send(wire::encode(peer::UserInfoRequest{}));
  EXPECT_TRUE(asked);
  const auto info = co_await mallory.wait_for(peer::UserInfoResponse::kCode);
  EXPECT_TRUE(info.has_value()) << "what is too much is refused, not the peer";
  EXPECT_LT(mallory.messages(), 2000U) << "answers stop where the allowance of the address ends";
}

TEST_F(Hostile, TwentyThousandRequestsWithoutReadingCostLittle) { play(never_reads); }

[[nodiscard]] Bytes login_of_mallory(std::uint16_t port) {
  return joined({wire::encode(wire::request::Login{"mallory", "secret", 177, crypto::md5_hex(bytes_of("mallorysecret")), 1}),
                 wire::encode(wire::request::SetWaitPort{port, {}, {}})});
}

/// The server hands the token of an attempt to whom it is for; who knows the next one could pose as somebody else.
Task<void> tokens(Hostile& test) {
  RawPeer mallory(test.context, test.clock, wire::FrameKind::ServerReplies);
  const bool there = co_await mallory.connect(test.server->port());
  EXPECT_TRUE(there);
  const bool sent = co_await mallory.send(login_of_mallory(1));
  EXPECT_TRUE(sent);
  const auto logged_in = co_await mallory.wait_for(wire::reply::Login::kCode);
  EXPECT_TRUE(logged_in.has_value());
  std::int64_t last = 0;
  for (int i = 0; i < 2; ++i) {
    const auto info = co_await test.anna->client().users().info("mallory", test.clock.now() + milliseconds(200));
    EXPECT_FALSE(info);
    const auto body = co_await mallory.wait_for(wire::reply::ConnectToPeer::kCode);
    const auto order = body ? wire::decode_server_reply(wire::reply::ConnectToPeer::kCode, *body) : Result<wire::ServerReply>(fail(Errc::Closed, ""));
    EXPECT_TRUE(order);
    if (!order) co_return;
    const std::int64_t token = std::get<wire::reply::ConnectToPeer>(*order).token;
    EXPECT_GT(std::abs(token - last), 1000) << "the next token can be guessed";
    last = token;
  }
}

TEST_F(Hostile, TokensOfConnectionsCannotBeGuessed) { play(tokens); }

/// A user of the server who asks it to make anna connect, again and again, and accepts in silence.
Task<void> wanted_back(Hostile& test) {
  auto listener = net::listen_tcp(test.context, test.clock, {IpAddress::v4(0x7F000001), 0});
  EXPECT_TRUE(listener);
  auto mallory = test.raw();
  const bool there = co_await mallory.connect(test.server->port());
  EXPECT_TRUE(there);
  Bytes all = login_of_mallory((*listener)->local().port);
  for (std::uint32_t token = 1; token <= 200; ++token) {
    const Bytes order = wire::encode(wire::request::ConnectToPeer{token, "anna", "F"});
    all.insert(all.end(), order.begin(), order.end());
  }
  const auto before = test.anna->guard().metrics().connections_refused;
  const bool sent = co_await mallory.send(std::move(all));
  EXPECT_TRUE(sent);
  const std::size_t cap = test.anna->guard().options().connections.per_address;
  const bool refused = co_await eventually(test.clock, [&] { return test.anna->guard().metrics().connections_refused >= before + 200 - 2 * cap; });
  EXPECT_TRUE(refused) << "what the server passes on counts like what comes from the address itself";
  EXPECT_LE(test.anna->guard().metrics().connections_open, 2 * cap);
  (*listener)->close();
}

TEST_F(Hostile, OrdersToConnectMeetTheCapOfTheAddress) { play(wanted_back); }

Task<void> banned_name(Hostile& test) {
  const auto banned = test.anna->guard().ban(guard::Subject::user("mallory"), std::nullopt, "test");
  EXPECT_TRUE(banned);
  co_await ends_at(test, wire::encode(wire::init::PeerInit{"mallory", "P", 0}));
}

TEST_F(Hostile, ABannedNameIsNotLetIn) { play(banned_name); }

Task<void> reconnected(Hostile& test) {
  auto mallory = test.raw();
  const bool there = co_await mallory.introduce(test.port(), "mallory", "P");
  EXPECT_TRUE(there);
  const bool asked = co_await mallory.send(wire::encode(peer::UserInfoRequest{}));
  EXPECT_TRUE(asked);
  const auto info = co_await mallory.wait_for(peer::UserInfoResponse::kCode);
  EXPECT_TRUE(info.has_value());
  auto& session = test.anna->client().session();
  session.disconnect("the user wanted it");
  EXPECT_TRUE(session.connect()) << "at once, before the old session has ended";
  const bool ended = co_await mallory.wait_for_end(kSoon);
  EXPECT_TRUE(ended) << "connections of the old session are not kept";
  const auto again = co_await session.wait_logged_in(test.clock.now() + seconds(20));
  EXPECT_TRUE(again);
  const auto heard = co_await test.anna->client().users().status("ben", test.clock.now() + seconds(20));
  EXPECT_TRUE(heard) << "the server has read what follows a login";
}

TEST_F(Hostile, ReconnectingAtOnceStillEndsTheOldSession) { play(reconnected); }

}  // namespace
}  // namespace soulfabric
