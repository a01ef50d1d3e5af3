// SPDX-License-Identifier: GPL-3.0-or-later
// The server over real sockets on loopback, spoken to by raw clients that know nothing but the wire.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/server.hpp"
#include "soulseek/wire/frame_reader.hpp"
#include "soulseek/wire/wire.hpp"
#include "support/run_task.hpp"

namespace soulfabric::soulseek {
namespace {

namespace request = wire::request;
namespace reply = wire::reply;
constexpr auto kPatience = std::chrono::seconds(20);

/// One connection to the server. Replies that a caller does not wait for are dropped.
class RawClient {
 public:
  RawClient(IoContext& context, IoClock& clock) : clock_(clock), dialer_(net::make_tcp_dialer(context, clock)) {}

  Task<bool> connect(Endpoint to) {
    const auto deadline = clock_.now() + kPatience;
    auto stream = co_await dialer_->connect(to, deadline);
    if (!stream) co_return false;
    stream_ = std::move(*stream);
    co_return true;
  }
  /// Queued until the next flush.
  template <class M>
  void put(const M& message) {
    put_bytes(wire::encode(message));
  }
  void put_bytes(const Bytes& bytes) { outbox_.insert(outbox_.end(), bytes.begin(), bytes.end()); }
  Task<void> flush() {
    co_await try_flush();
    EXPECT_TRUE(open_);
  }
  /// Where the server may have closed the connection already.
  Task<void> try_flush() {
    const auto deadline = clock_.now() + kPatience;
    const Bytes bytes = std::exchange(outbox_, {});
    const auto sent = co_await stream_->write(bytes, deadline);
    open_ = sent.has_value();
  }
  bool is_open() const { return open_; }
  /// Sends what is queued, then gives the next reply of a kind; a failure, and an empty one, where none comes in time.
  template <class M>
  Task<M> wait_for() {
    if (!outbox_.empty()) co_await flush();
    const auto deadline = clock_.now() + kPatience;
    while (true) {
      auto next = co_await next_reply(deadline);
      if (!next) break;
      if (M* m = std::get_if<M>(&*next)) co_return std::move(*m);
    }
    ADD_FAILURE() << "no reply of code " << M::kCode;
    co_return M{};
  }
  /// Reads until the server ends the connection.
  Task<bool> wait_for_end() {
    if (!outbox_.empty()) co_await flush();
    const auto deadline = clock_.now() + kPatience;
    while (true) {
      auto next = co_await next_reply(deadline);
      if (!next) break;
    }
    co_return ended_;
  }
  /// Connects and logs in; the port goes out in the same write.
  Task<reply::Login> log_in(Endpoint to, std::string name, std::string password, std::uint32_t port) {
    const bool connected = co_await connect(to);
    EXPECT_TRUE(connected);
    put(request::Login{name, password, 177, crypto::md5_hex(bytes_of(name + password)), 1});
    put(request::SetWaitPort{port, {}, {}});
    auto answer = co_await wait_for<reply::Login>();
    co_return answer;
  }
  void close() { stream_->close(); }

 private:
  Task<std::optional<wire::ServerReply>> next_reply(MonoTime deadline) {
    while (true) {
      const auto frame = reader_.next();
      if (!frame) co_return std::nullopt;
      if (*frame) {
        auto decoded = wire::decode_server_reply((*frame)->code, (*frame)->body);
        EXPECT_TRUE(decoded.has_value());
        if (decoded) co_return std::move(*decoded);
        continue;
      }
      const auto room = reader_.prepare(4096);
      const auto got = co_await stream_->read_some(room, deadline);
      if (!got) {
        ended_ = got.error().code == Errc::Closed;
        co_return std::nullopt;
      }
      reader_.commit(*got);
    }
  }
  IoClock& clock_;
  Bytes outbox_;
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<net::ByteStream> stream_;
  wire::FrameReader reader_{wire::FrameKind::ServerReplies};
  bool ended_ = false;
  bool open_ = true;
};

class SoulseekServerTest : public ::testing::Test {
 protected:
  SoulseekServerTest() {
    folder_ = std::filesystem::temp_directory_path() / ("soulseek-server-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    options_.listen.port = 0;
    options_.data_dir = folder_;
    options_.possible_parents_interval = std::chrono::milliseconds(100);
    options_.initial_speed = 100'000;
  }
  ~SoulseekServerTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  ServerOptions options_;
  IoContext context_{1};
  SystemIoClock clock_;
};

Task<void> play_search_and_brokering(IoContext& context, IoClock& clock, Endpoint at) {
  RawClient anna(context, clock);
  RawClient bert(context, clock);
  const auto first = co_await anna.log_in(at, "anna", "secret", 1111);
  const auto second = co_await bert.log_in(at, "bert", "secret", 2222);
  EXPECT_TRUE(first.ok);
  EXPECT_TRUE(second.ok);
  bert.put(request::HaveNoParent{true});
  bert.put(request::GetUserStatus{"anna"});
  co_await bert.wait_for<reply::GetUserStatus>();  // the server has taken what came before

  anna.put(request::FileSearch{42, "some tune"});
  co_await anna.flush();
  const auto search = co_await bert.wait_for<reply::EmbeddedMessage>();
  const auto inner = wire::decode_distributed(search.distrib_code, search.body);
  EXPECT_TRUE(inner.has_value());
  if (inner) EXPECT_EQ(std::get<wire::distributed::Search>(*inner).query, "some tune");
  bert.put(request::GetPeerAddress{"anna"});
  const auto address = co_await bert.wait_for<reply::GetPeerAddress>();
  EXPECT_EQ(address.port, 1111U);
  EXPECT_TRUE(address.ip.is_loopback());
  bert.put(request::ConnectToPeer{7, "anna", "P"});
  co_await bert.flush();
  const auto order = co_await anna.wait_for<reply::ConnectToPeer>();
  EXPECT_EQ(order.user, "bert");
  EXPECT_EQ(order.port, 2222U);
  anna.put(request::CantConnectToPeer{7, "bert"});
  co_await anna.flush();
  const auto cant = co_await bert.wait_for<reply::CantConnectToPeer>();
  EXPECT_EQ(cant.token, 7U);
}

Task<void> play_offline_messages(IoContext& context, IoClock& clock, Endpoint at) {
  RawClient anna(context, clock);
  co_await anna.log_in(at, "anna", "secret", 1111);
  {
    RawClient bert(context, clock);
    co_await bert.log_in(at, "bert", "secret", 2222);
    anna.put(request::WatchUser{"bert"});
    co_await anna.wait_for<reply::WatchUser>();
    bert.close();
  }
  const auto gone = co_await anna.wait_for<reply::GetUserStatus>();
  EXPECT_EQ(gone.status, wire::UserStatus::Offline);
  anna.put(request::MessageUser{"bert", "for later"});
  anna.put(request::CheckPrivileges{});
  co_await anna.wait_for<reply::CheckPrivileges>();
}

Task<void> play_replay(IoContext& context, IoClock& clock, Endpoint at, bool expected) {
  RawClient bert(context, clock);
  co_await bert.log_in(at, "bert", "secret", 2222);
  if (expected) {
    const auto message = co_await bert.wait_for<reply::MessageUser>();
    EXPECT_EQ(message.text, "for later");
    EXPECT_EQ(message.is_new, false);
    bert.put(request::MessageAcked{message.id});
  }
  // what was stored comes right behind the login, so an answer to this would come after it
  bert.put(request::MessageUser{"bert", "to myself"});
  const auto mine = co_await bert.wait_for<reply::MessageUser>();
  EXPECT_EQ(mine.text, "to myself");
  bert.put(request::MessageAcked{mine.id});
  bert.put(request::CheckPrivileges{});
  co_await bert.wait_for<reply::CheckPrivileges>();
}

TEST_F(SoulseekServerTest, BrokersSearchesAndConnections) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  EXPECT_TRUE(server.local().address.is_loopback());
  testing::run_task(context_, play_search_and_brokering(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
}

TEST_F(SoulseekServerTest, KeepsMessagesForTheAbsentAcrossARestart) {
  {
    SoulseekServer server(context_, clock_, options_);
    ASSERT_TRUE(server.start().has_value());
    testing::run_task(context_, play_offline_messages(context_, clock_, server.local()));
    testing::run_task(context_, server.stop());
  }
  for (const bool expected : {true, false}) {
    SoulseekServer server(context_, clock_, options_);
    ASSERT_TRUE(server.start().has_value());
    testing::run_task(context_, play_replay(context_, clock_, server.local(), expected));
    testing::run_task(context_, server.stop());
  }
}

TEST_F(SoulseekServerTest, KeepsItsFolderPrivateAndNoPasswordInIt) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  testing::run_task(context_, play_search_and_brokering(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
  struct stat seen{};
  ASSERT_EQ(::stat(folder_.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((folder_ / "server.db").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0600U);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find("secret"), std::string::npos) << entry.path();
  }
}

Task<void> play_kick_and_refusal(IoContext& context, IoClock& clock, Endpoint at) {
  RawClient older(context, clock);
  co_await older.log_in(at, "anna", "secret", 1111);
  RawClient wrong(context, clock);
  const auto refused = co_await wrong.log_in(at, "anna", "guess", 1111);
  EXPECT_EQ(refused.reason, "INVALIDPASS");
  const bool shut = co_await wrong.wait_for_end();
  EXPECT_TRUE(shut);
  RawClient newer(context, clock);
  const auto welcome = co_await newer.log_in(at, "anna", "secret", 1111);
  EXPECT_TRUE(welcome.ok);
  co_await older.wait_for<reply::Relogged>();
  const bool ended = co_await older.wait_for_end();
  EXPECT_TRUE(ended);
}

TEST_F(SoulseekServerTest, RefusesWrongPasswordsAndKicksTheOlderSession) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  testing::run_task(context_, play_kick_and_refusal(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
}

Task<void> play_parents(IoContext& context, IoClock& clock, Endpoint at) {
  RawClient anna(context, clock);
  RawClient bert(context, clock);
  co_await anna.log_in(at, "anna", "secret", 1111);
  co_await bert.log_in(at, "bert", "secret", 2222);
  anna.put(request::AcceptChildren{true});
  co_await anna.flush();
  bert.put(request::HaveNoParent{true});
  const auto offer = co_await bert.wait_for<reply::PossibleParents>();
  EXPECT_EQ(offer.parents.size(), 1U);
  EXPECT_EQ(offer.parents.at(0).user, "anna");
  EXPECT_EQ(offer.parents.at(0).port, 1111U);
  bert.put(request::BranchRoot{"anna"});
  bert.put(request::CheckPrivileges{});
  co_await bert.wait_for<reply::CheckPrivileges>();
  anna.close();
  co_await bert.wait_for<reply::ResetDistributed>();
}

TEST_F(SoulseekServerTest, OffersParentsAndResetsABranchWithoutRoot) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  testing::run_task(context_, play_parents(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
}

Task<void> play_garbage(IoContext& context, IoClock& clock, Endpoint at) {
  for (const Bytes& lie : {Bytes{0, 0, 0, 0, 1, 0, 0, 0}, Bytes{0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0}, Bytes{0, 0, 0, 0x80, 1, 0, 0, 0}}) {
    RawClient liar(context, clock);
    const bool connected = co_await liar.connect(at);
    EXPECT_TRUE(connected);
    liar.put_bytes(lie);
    const bool ended = co_await liar.wait_for_end();
    EXPECT_TRUE(ended);
  }
  RawClient anna(context, clock);
  const auto welcome = co_await anna.log_in(at, "anna", "secret", 1111);
  EXPECT_TRUE(welcome.ok);
  // unknown codes and truncated bodies are skipped
  anna.put_bytes(Bytes{6, 0, 0, 0, 0x0F, 0x27, 0, 0, 1, 2});
  anna.put_bytes(Bytes{5, 0, 0, 0, 26, 0, 0, 0, 1});
  anna.put(request::CheckPrivileges{});
  co_await anna.wait_for<reply::CheckPrivileges>();
}

TEST_F(SoulseekServerTest, ClosesLiarsAndSkipsWhatItDoesNotKnow) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  testing::run_task(context_, play_garbage(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
}

/// Answers of 60 KB each are asked for and never read, until what waits for this client is over the cap.
Task<void> play_slow_reader(IoContext& context, IoClock& clock, Endpoint at) {
  RawClient anna(context, clock);
  co_await anna.log_in(at, "anna", "secret", 1111);
  RawClient slow(context, clock);
  co_await slow.log_in(at, "slow", "secret", 2222);
  anna.put(request::WatchUser{"slow"});
  co_await anna.wait_for<reply::WatchUser>();
  const std::string long_name(60'000, 'x');
  for (int i = 0; i < 1000 && slow.is_open(); ++i) {
    slow.put(request::GetUserStatus{long_name});
    co_await slow.try_flush();
  }
  const auto gone = co_await anna.wait_for<reply::GetUserStatus>();
  EXPECT_EQ(gone.user, "slow");
  EXPECT_EQ(gone.status, wire::UserStatus::Offline);
}

TEST_F(SoulseekServerTest, LetsGoOfAClientThatDoesNotRead) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  testing::run_task(context_, play_slow_reader(context_, clock_, server.local()));
  testing::run_task(context_, server.stop());
}

TEST_F(SoulseekServerTest, NamesAPortThatIsInUse) {
  SoulseekServer server(context_, clock_, options_);
  ASSERT_TRUE(server.start().has_value());
  ServerOptions same = options_;
  same.listen = server.local();
  same.data_dir = folder_ / "other";
  SoulseekServer second(context_, clock_, same);
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, Errc::Conflict);
  EXPECT_NE(started.error().message.find(std::to_string(same.listen.port)), std::string::npos);
  testing::run_task(context_, second.stop());
  testing::run_task(context_, server.stop());
}

}  // namespace
}  // namespace soulfabric::soulseek
