// SPDX-License-Identifier: GPL-3.0-or-later
// slskd's contract, its twelve rules one by one, over fakes.
#include "fixture.hpp"

namespace soulfabric::gateway {
namespace {

using namespace soulfabric::soulseek;
using testing::Reply;
class ApiTest : public testing::GatewayTest {
 protected:
  static bool has_text(const Reply& reply, std::string_view text) { return reply.body.find(text) != std::string::npos; }
  Transfer& add_transfer(const std::string& user, const std::string& file, TransferState state, Direction direction = Direction::Download) {
    Transfer transfer;
    transfer.id = make_guid(random);
    transfer.username = user;
    transfer.filename = file;
    transfer.size = 1000;
    transfer.state = state;
    transfer.direction = direction;
    transfer.requested_at = from_unix_micros(1'767'323'045'123'456);  // 2026-01-02T03:04:05.123456
    transfer.enqueued_at = transfer.requested_at;
    return client.transfers_part.all.emplace_back(transfer);
  }
  static RemoteFile song(const std::string& name) {
    RemoteFile file;
    file.name = name;
    file.size = 5;
    file.attributes.bit_rate = 320;
    file.attributes.length = 61;
    file.attributes.variable_bit_rate = false;
    return file;
  }
};

TEST_F(ApiTest, Rule1ReadsMembersInAnyCaseAndNumbersAsText) {
  launch();
  const auto reply = call("POST", "/api/v0/searches",
                          R"({"Id":"ABCDEF01-2222-4333-8444-555555555555","FileLimit":"1000","SearchText":"some album","ResponseLimit":"50","SEARCHTIMEOUT":7000.0,)"
                          R"("FilterResponses":"True","Extra":{"a":[1,2]},"timeout":3,"path":null})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto& asked = client.searches_part.last;
  EXPECT_EQ(asked.text, "some album");
  EXPECT_EQ(asked.id, "abcdef01-2222-4333-8444-555555555555");
  EXPECT_EQ(asked.file_limit, 1000U);
  EXPECT_EQ(asked.response_limit, 50U);
  EXPECT_EQ(asked.timeout, std::chrono::seconds(7));
  EXPECT_EQ(client.searches_part.last_origin, guard::Origin::UserLocal);
  EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/bob", R"([{"Filename":"a\\b.mp3","Size":"12","IsLocked":false}])").status, 201);
  EXPECT_EQ(client.transfers_part.last.files[0].size, 12U);
}

TEST_F(ApiTest, Rule2IgnoresCaseOfRoutesAndQueriesAndTakesATrailingSlash) {
  auto& transfer = add_transfer("bob", "a\\b.mp3", TransferState::Completed | TransferState::Succeeded);
  transfer.removed = true;
  launch();
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/").body, "[]");
  EXPECT_TRUE(has_text(call("GET", "/API/v0/Transfers/Downloads/?INCLUDEREMOVED=True"), "b.mp3"));
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads?includeRemoved=False").body, "[]");
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads?includeRemoved=perhaps").status, 400);
  EXPECT_EQ(call("GET", "/api/v0/options/").status, 200);
}

TEST_F(ApiTest, Rule3DecodesPathSegmentsOnce) {
  launch();
  EXPECT_EQ(call("GET", "/api/v0/users/a%2Fb%2525+%C3%A9/status").status, 200);
  EXPECT_EQ(client.users_part.asked, "a/b%25+\xC3\xA9");
}

TEST_F(ApiTest, Rule4WritesCompactCamelCaseAndLeavesNullsOut) {
  launch();
  const auto reply = call("GET", "/api/v0/application");
  EXPECT_EQ(reply.header("content-type"), "application/json; charset=utf-8");
  EXPECT_TRUE(has_text(reply, R"("isLoggedIn":true)"));
  EXPECT_TRUE(has_text(reply, R"("ipEndPoint":"1.2.3.4:2271","state":"Connected, LoggedIn","isConnected":true)"));
  EXPECT_EQ(reply.body.find("null"), std::string::npos);
  EXPECT_EQ(reply.body.find(": "), std::string::npos);
}

TEST_F(ApiTest, Rule5WritesFlagsAsWordsInOrderOfTheirBits) {
  add_transfer("bob", "a\\1", TransferState::Completed | TransferState::Succeeded);
  add_transfer("bob", "a\\2", TransferState::Queued | TransferState::Remotely);
  add_transfer("bob", "a\\3", TransferState::InProgress);
  launch();
  const auto reply = call("GET", "/api/v0/transfers/downloads/bob");
  EXPECT_TRUE(has_text(reply, R"("state":"Completed, Succeeded","stateDescription":"Completed, Succeeded")"));
  EXPECT_TRUE(has_text(reply, R"("state":"Queued, Remotely")"));
  EXPECT_TRUE(has_text(reply, R"("state":"InProgress")"));
}

TEST_F(ApiTest, Rule6WritesTimesAsSlskdDoes) {
  auto& transfer = add_transfer("bob", "a\\1", TransferState::Completed | TransferState::Succeeded);
  transfer.started_at = transfer.requested_at + std::chrono::seconds(1);
  transfer.ended_at = transfer.requested_at + std::chrono::seconds(62);
  launch();
  const auto reply = call("GET", "/api/v0/transfers/downloads/bob/" + transfer.id);
  EXPECT_TRUE(has_text(reply, R"("requestedAt":"2026-01-02T03:04:05.1234560","enqueuedAt":"2026-01-02T03:04:05.1234560")")) << reply.body;
  EXPECT_TRUE(has_text(reply, R"("startedAt":"2026-01-02T03:04:06.1234560Z","endedAt":"2026-01-02T03:05:07.1234560Z")"));
  EXPECT_TRUE(has_text(reply, R"("elapsedTime":"00:01:01.0000000")"));
  call("POST", "/api/v0/searches", R"({"searchText":"x"})");
  EXPECT_TRUE(has_text(call("GET", "/api/v0/searches"), R"("startedAt":"2023-11-14T22:13:20.1234560Z")"));
}

TEST_F(ApiTest, Rule7ShowsASearchInProgressAtOnceAndItsResponsesGrowing) {
  launch();
  const std::string id = "11111111-2222-4333-8444-555555555555";
  EXPECT_TRUE(has_text(call("POST", "/api/v0/searches", R"({"searchText":"x"})"), R"("state":"InProgress","isComplete":false)"));
  on_loop([&] { client.searches_part.all[0].queue_place = 3; });
  EXPECT_TRUE(has_text(call("GET", "/api/v0/searches/" + id), R"("state":"InProgress","isComplete":false)")) << "also while it queues";
  EXPECT_EQ(call("GET", "/api/v0/searches/" + id + "/responses").body, "[]");
  on_loop([&] {
    SearchResponse response;
    response.username = "bob";
    response.files.push_back(song("Music\\A\\b.mp3"));
    client.searches_part.found[id].push_back(response);
  });
  const auto list = call("GET", "/api/v0/searches/" + id + "/responses");
  EXPECT_EQ(list.body,
            R"([{"username":"bob","token":0,"hasFreeUploadSlot":false,"uploadSpeed":0,"queueLength":0,"fileCount":1,"files":[{"filename":"Music\\A\\b.mp3","size":5,)"
            R"("code":1,"extension":"","isLocked":false,"bitRate":320,"length":61,"isVariableBitRate":false}],"lockedFileCount":0,"lockedFiles":[]}])");
  EXPECT_TRUE(has_text(call("GET", "/api/v0/searches/" + id + "?includeResponses=True"), R"("responses":[{"username":"bob")"));
  EXPECT_TRUE(has_text(call("GET", "/api/v0/searches/" + id), R"("responses":[])"));
  EXPECT_EQ(call("PUT", "/api/v0/searches/" + id).status, 200);
  EXPECT_TRUE(has_text(call("GET", "/api/v0/searches/" + id), R"("state":"Completed, Cancelled","isComplete":true)"));
  EXPECT_EQ(call("PUT", "/api/v0/searches/" + id).status, 200) << "also when it has ended";
  EXPECT_EQ(call("DELETE", "/api/v0/searches/" + id).status, 204);
  EXPECT_EQ(call("DELETE", "/api/v0/searches/" + id).status, 404);
  for (const auto& path : {id, std::string("not-a-guid"), id + "/responses"}) EXPECT_EQ(call("GET", "/api/v0/searches/" + path).status, 404);
}

TEST_F(ApiTest, Rule8GivesAPlainVersionThatClientsAccept) {
  launch();
  EXPECT_EQ(call("GET", "/api/v0/application/version").body, "\"0.26.0\"");
  EXPECT_TRUE(has_text(call("GET", "/api/v0/application"), R"("version":{"full":"soulfabric 0.1.0","current":"0.26.0")"));
}

TEST_F(ApiTest, SaysThatASettingWaitsForTheNextLogin) {
  launch();
  EXPECT_TRUE(has_text(call("GET", "/api/v0/application"), R"("pendingReconnect":false)"));
  on_loop([&] { client.session_part.shown.outdated = true; });
  EXPECT_TRUE(has_text(call("GET", "/api/v0/application"), R"("pendingReconnect":true)"));
}

TEST_F(ApiTest, Rule9GivesFoldersAsAListWithLeafNames) {
  client.users_part.folders.push_back({"Music\\A", {song("Music\\A\\b.mp3"), song("c.mp3")}});
  launch();
  const auto reply = call("POST", "/api/v0/users/bob/directory", R"({"directory":"Music\\A"})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(client.users_part.asked, "Music\\A");
  EXPECT_TRUE(reply.body.starts_with(R"([{"name":"Music\\A","fileCount":2,"files":[{"filename":"b.mp3","size":5,"code":1,"extension":"")")) << reply.body;
  EXPECT_TRUE(has_text(reply, R"("attributeCount":3,"attributes":[{"type":"BitRate","value":320},{"type":"Length","value":61},{"type":"VariableBitRate","value":0}])"));
  EXPECT_EQ(call("POST", "/api/v0/users/bob/directory", R"({"directory":""})").status, 400);
  EXPECT_EQ(call("POST", "/api/v0/users/bob/directory", "[]").status, 400);
}

TEST_F(ApiTest, Rule10ShowsTheFolderThatDownloadsLandIn) {
  configuration.shown.directories.downloads = "/srv/music/downloads";
  configuration.shown.soulseek.password = "secret-of-mine";
  configuration.shown.soulseek.username = "me";
  launch();
  const auto reply = call("GET", "/api/v0/options");
  EXPECT_TRUE(has_text(reply, R"("downloads":"/srv/music/downloads")")) << reply.body;
  EXPECT_FALSE(has_text(reply, "secret-of-mine"));
  EXPECT_TRUE(has_text(reply, R"("password":"*****")"));
}

TEST_F(ApiTest, Rule11IgnoresWhiteSpaceInBase64Segments) {
  std::filesystem::create_directories(folder / "downloads" / "Some Album");
  ASSERT_TRUE(write_whole(folder / "downloads" / "Some Album" / "a.mp3", bytes_of("x"), 0644));
  launch();
  const auto name = to_base64(bytes_of("Some Album"));
  for (const auto& path : {name, name + "%0A", name.substr(0, 4) + "%0A" + name.substr(4), name.substr(0, name.size() - 1) + "%3D"}) {
    const auto reply = call("GET", "/api/v0/files/downloads/directories/" + path);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_TRUE(has_text(reply, R"("fullName":"Some Album","attributes":"Directory")"));
    EXPECT_TRUE(has_text(reply, R"("files":[{"name":"a.mp3","fullName":"Some Album/a.mp3","length":1)"));
  }
  EXPECT_TRUE(has_text(call("GET", "/api/v0/files/downloads/directories/"), R"("directories":[{"name":"Some Album")")) << "an empty path is the root";
}

TEST_F(ApiTest, Rule12Answers201WithWhatWasEnqueuedAndWhatWasNot) {
  launch();
  const auto reply = call("POST", "/api/v0/transfers/downloads/bob", R"([{"filename":"a\\b.mp3","size":10},{"filename":"a\\c.taken","size":10}])");
  EXPECT_EQ(reply.status, 201);
  EXPECT_TRUE(has_text(reply, R"({"enqueued":[{"id":")"));
  EXPECT_TRUE(has_text(reply, R"("failed":[{"filename":"a\\c.taken","message":"Skipped: Already in progress"}]})"));
}

TEST_F(ApiTest, GroupsTransfersByUserAndRemoteFolder) {
  add_transfer("bob", "m\\one\\1.mp3", TransferState::InProgress);
  add_transfer("amy", "x\\1.mp3", TransferState::InProgress);
  add_transfer("bob", "m\\two\\1.mp3", TransferState::InProgress);
  add_transfer("bob", "m\\one\\2.mp3", TransferState::InProgress);
  add_transfer("carl", "up\\1.mp3", TransferState::InProgress, Direction::Upload);
  launch();
  const auto body = call("GET", "/api/v0/transfers/downloads").body;
  std::vector<std::size_t> order;
  for (const std::string text : {R"([{"username":"bob","directories":[{"directory":"m\\one","fileCount":2)", R"("directory":"m\\two","fileCount":1)", R"({"username":"amy")"}) order.push_back(body.find(text));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_NE(order.back(), std::string::npos);
  EXPECT_TRUE(has_text(call("GET", "/api/v0/transfers/uploads"), R"([{"username":"carl")"));
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/nobody").status, 404);
}

TEST_F(ApiTest, EndsAndHidesTransfers) {
  const auto id = add_transfer("bob", "a\\1", TransferState::InProgress).id;
  add_transfer("bob", "a\\2", TransferState::Completed | TransferState::Errored);
  launch();
  EXPECT_EQ(call("DELETE", "/api/v0/transfers/downloads/bob/" + id + "?remove=True").status, 204);
  EXPECT_FALSE(has_text(call("GET", "/api/v0/transfers/downloads"), id));
  EXPECT_EQ(call("DELETE", "/api/v0/transfers/downloads/bob/00000000-0000-4000-8000-000000000000").status, 204) << "slskd answers so for any GUID";
  EXPECT_EQ(call("DELETE", "/api/v0/transfers/downloads/bob/nonsense").status, 400);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/bob/nonsense").status, 400);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/bob/00000000-0000-4000-8000-000000000000").status, 404);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/other/" + id).status, 200) << "the user is not compared";
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/bob/" + id + "/position").body, "12");
  EXPECT_EQ(call("DELETE", "/api/v0/transfers/downloads/all/completed").status, 204);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads").body, "[]");
}

TEST_F(ApiTest, RefusesBadEnqueues) {
  launch();
  for (const std::string body : {"[]", "null", "{}", R"([{"size":1}])", R"([{"filename":"a\\..\\b","size":1}])", R"([{"filename":"../b","size":1}])",
                                 R"([{"filename":"a","size":-1}])", R"([{"filename":"a","size":"x"}])", "[1]", "["}) {
    EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/bob", body).status, 400) << body;
  }
  testing::Wire form(port);
  form.send(head("POST", "/api/v0/transfers/downloads/bob", {"Content-Type: application/x-www-form-urlencoded", "Content-Length: 2"}) + "\r\n[]");
  EXPECT_EQ(form.read().status, 415);
  on_loop([&] { client.transfers_part.refuse = Error{Errc::Offline, "User bob is offline."}; });
  const auto offline = call("POST", "/api/v0/transfers/downloads/bob", R"([{"filename":"a","size":1}])");
  EXPECT_EQ(offline.status, 500);
  EXPECT_EQ(offline.body, "\"User bob is offline.\"");
}

TEST_F(ApiTest, RefusesBadSearchesInASentence) {
  launch();
  for (const std::string body : {R"({"searchText":"  "})", R"({})", R"({"searchText":5})", R"({"searchText":"x","fileLimit":0})", R"({"searchText":"x","searchTimeout":4})",
                                 R"({"searchText":"x","responseLimit":"many"})", R"({"id":"7","searchText":"x"})", "[]", "\"x\"", "", "{"}) {
    const auto reply = call("POST", "/api/v0/searches", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_TRUE(reply.body.starts_with('"') && reply.body.ends_with(".\"")) << reply.body;
  }
  on_loop([&] { client.searches_part.refuse = Error{Errc::Unavailable, "Not connected."}; });
  EXPECT_EQ(call("POST", "/api/v0/searches", R"({"searchText":"x"})").status, 409);
  on_loop([&] { client.searches_part.refuse = Error{Errc::RateLimited, "Too many wait."}; });
  EXPECT_EQ(call("POST", "/api/v0/searches", R"({"searchText":"x"})").status, 429);
}

TEST_F(ApiTest, RefusesJsonThatIsNestedTooDeeply) {
  launch();
  const auto nested = [](std::size_t depth) { return R"({"searchText":"x","y":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_EQ(call("POST", "/api/v0/searches", nested(31)).status, 200);
  EXPECT_EQ(call("POST", "/api/v0/searches", nested(32)).status, 400);
  EXPECT_EQ(call("POST", "/api/v0/searches", std::string(500'000, '[')).status, 400);
  EXPECT_EQ(call("POST", "/api/v0/searches", "{\"searchText\":\"\xFF\xFE\"}").status, 400) << "not UTF-8";
}

TEST_F(ApiTest, KeepsTheOptionsOfABatch) {
  launch();
  const std::string id = "ABCDEF01-2222-4333-8444-555555555555";
  const auto reply = call("POST", "/api/v0/transfers/downloads/batches",
                          R"({"id":")" + id + R"(","username":"bob","files":[{"filename":"a\\1","size":1},{"filename":"a\\2.taken","size":1}],)"
                          R"("options":{"destination":"lidarr/7/Artist - Album","externalId":"e1"}})");
  EXPECT_EQ(reply.status, 207);
  EXPECT_TRUE(has_text(reply, R"("options":{"destination":"lidarr/7/Artist - Album","externalId":"e1"})"));
  const auto shown = call("GET", "/api/v0/transfers/downloads/batches/" + id);
  EXPECT_EQ(shown.status, 200);
  EXPECT_TRUE(has_text(shown, R"("transfers":[{"batchId":"abcdef01-2222-4333-8444-555555555555")"));
  EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/batches", R"({"id":")" + id + R"(","username":"bob","files":[{"filename":"b","size":1}]})").status, 409);
  EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/batches", R"({"username":"bob","files":[{"filename":"c","size":1}]})").status, 201);
  EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/batches", R"({"username":"bob","files":[{"filename":"d.taken","size":1}]})").status, 200);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/batches/00000000-0000-4000-8000-000000000000").status, 404);
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/batches/x").status, 400);
  for (const std::string wrong : {R"("files":[{"filename":"a","size":1},{"filename":"a","size":2}])", R"("files":[])",
                                  R"("files":[{"filename":"a","size":1}],"options":{"destination":"../x"})", R"("files":[{"filename":"a","size":1}],"options":{"destination":"/etc"})",
                                  R"("files":[{"filename":"a","size":1}],"options":{"destination":"C:\\x"})", R"("files":[{"filename":"a","size":1}],"id":"7")"}) {
    EXPECT_EQ(call("POST", "/api/v0/transfers/downloads/batches", R"({"username":"bob",)" + wrong + "}").status, 400) << wrong;
  }
}

TEST_F(ApiTest, ConnectsAndDisconnects) {
  launch();
  EXPECT_EQ(call("PUT", "/api/v0/server").status, 205) << "it is connected: starts over";
  on_loop([&] { client.session_part.shown.state = SessionState::Disconnected; });
  EXPECT_EQ(call("PUT", "/api/v0/server").status, 200);
  EXPECT_TRUE(has_text(call("GET", "/api/v0/server"), R"("state":"Disconnected","isConnected":false)"));
  EXPECT_EQ(call("DELETE", "/api/v0/server", "\"\"").status, 204);
  EXPECT_EQ(call("DELETE", "/api/v0/server", "\"later\"").status, 204);
  EXPECT_EQ(client.session_part.disconnected, "later");
  EXPECT_EQ(call("DELETE", "/api/v0/server").status, 204);
}

TEST_F(ApiTest, AsksUsersAndWordsFailuresAs404) {
  client.users_part.folders.push_back({"Music\\A", {song("b.mp3")}});
  launch();
  EXPECT_EQ(call("GET", "/api/v0/users/bob/info").body, R"({"description":"hi","hasFreeUploadSlot":false,"hasPicture":true,"picture":"AQID","queueLength":0,"uploadSlots":2})");
  const auto gone = call("GET", "/api/v0/users/gone/info");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.body, "\"User gone is offline.\"");
  EXPECT_EQ(call("GET", "/api/v0/users/bob/status").body, R"({"isPrivileged":false,"presence":"Online"})");
  EXPECT_EQ(call("GET", "/api/v0/users/bob/endpoint").body, R"({"addressFamily":"InterNetwork","address":"1.2.3.4","port":2234})");
  const auto browse = call("GET", "/api/v0/users/bob/browse");
  EXPECT_TRUE(has_text(browse, R"({"directories":[{"name":"Music\\A","fileCount":1)"));
  EXPECT_TRUE(has_text(browse, R"("directoryCount":1,"lockedDirectories":[],"lockedDirectoryCount":0})"));
  EXPECT_EQ(call("GET", "/api/v0/users/bob/browse/status").body, R"({"username":"bob","bytesTransferred":50,"bytesRemaining":150,"percentComplete":25,"size":200})");
  EXPECT_EQ(call("GET", "/api/v0/users/gone/browse/status").status, 404);
  EXPECT_EQ(call("POST", "/api/v0/users/carl/browse").status, 202);
  EXPECT_EQ(client.users_part.asked, "carl");
  EXPECT_EQ(call("GET", "/api/v0/users/bob/browse/folders?parent=Music%5CA&offset=5&limit=10").body,
            R"({"total":1,"folders":[{"path":"Music\\A","name":"A","fileCount":3,"folderCount":0}]})");
  EXPECT_EQ(client.users_part.asked, "Music\\A|5|10");
  EXPECT_TRUE(has_text(call("GET", "/api/v0/users/bob/browse/files?folder=x"), R"({"total":1,"files":[{"filename":"b.mp3")"));
  EXPECT_EQ(call("GET", "/api/v0/users/bob/browse/files?limit=100000").status, 400);
}

TEST_F(ApiTest, CarriesConversations) {
  launch();
  EXPECT_EQ(call("GET", "/api/v0/conversations").body,
            R"([{"username":"alice","isActive":true,"unAcknowledgedMessageCount":1,"hasUnAcknowledgedMessages":true},)"
            R"({"username":"bob","isActive":true,"unAcknowledgedMessageCount":0,"hasUnAcknowledgedMessages":false}])");
  EXPECT_FALSE(has_text(call("GET", "/api/v0/conversations?unAcknowledgedOnly=true"), "bob"));
  EXPECT_TRUE(has_text(call("GET", "/api/v0/conversations/alice"), R"("messages":[{"timestamp":"2023-11-14T22:13:20.0000010Z","id":5,"username":"alice","direction":"In")"));
  EXPECT_FALSE(has_text(call("GET", "/api/v0/conversations/alice?includeMessages=false"), "messages"));
  EXPECT_EQ(call("GET", "/api/v0/conversations/nobody").status, 404);
  EXPECT_FALSE(has_text(call("GET", "/api/v0/conversations/alice/messages?unAcknowledgedOnly=True"), "Out"));
  EXPECT_EQ(call("POST", "/api/v0/conversations/alice", "\"hey\"").status, 201);
  EXPECT_EQ(client.chat_part.sent, "alice:hey");
  EXPECT_EQ(call("POST", "/api/v0/conversations/alice", "\" \"").status, 400);
  EXPECT_EQ(call("PUT", "/api/v0/conversations/alice").status, 200);
  EXPECT_EQ(call("PUT", "/api/v0/conversations/alice/5").status, 200);
  EXPECT_EQ(call("PUT", "/api/v0/conversations/alice/x").status, 400);
  EXPECT_EQ(call("DELETE", "/api/v0/conversations/alice").status, 204);
  EXPECT_EQ(call("DELETE", "/api/v0/conversations/nobody").status, 404);
}

TEST_F(ApiTest, ShowsSharesAndScans) {
  library::ShareInfo share;
  share.id = "abc";
  share.alias = "Music";
  share.remote_path = "Music";
  share.local_path = "/srv/music";
  share.raw = "/srv/music";
  shares.all.push_back(share);
  launch();
  EXPECT_EQ(call("GET", "/api/v0/shares").body,
            R"({"local":[{"id":"abc","alias":"Music","isExcluded":false,"localPath":"/srv/music","raw":"/srv/music","remotePath":"Music","directories":0,"files":0}]})");
  EXPECT_EQ(call("GET", "/api/v0/shares/abc").status, 200);
  EXPECT_EQ(call("GET", "/api/v0/shares/x").status, 404);
  EXPECT_EQ(call("GET", "/api/v0/shares/contents").body, "[]");
  EXPECT_EQ(call("GET", "/api/v0/shares/abc/contents").body, "[]");
  EXPECT_EQ(call("DELETE", "/api/v0/shares").status, 404);
  EXPECT_EQ(call("PUT", "/api/v0/shares").status, 200);
  EXPECT_EQ(call("PUT", "/api/v0/shares").status, 409);
  EXPECT_TRUE(has_text(call("GET", "/api/v0/application"), R"("scanning":true)"));
  EXPECT_EQ(call("DELETE", "/api/v0/shares").status, 204);
}

TEST_F(ApiTest, ListsEventsNewestFirstWithTheirNumber) {
  launch();
  on_loop([&] {
    auto transfer = add_transfer("bob", "Music\\A\\1.mp3", TransferState::Completed | TransferState::Succeeded);
    transfer.local_path = "/downloads/A/1.mp3";
    client.transfers_part.all.back() = transfer;
    for (auto* observer : client.observers) observer->on_download_complete(transfer);
  });
  const auto reply = call("GET", "/api/v0/events?limit=1");
  EXPECT_EQ(reply.header("x-total-count"), "2");
  EXPECT_TRUE(has_text(reply, R"("type":"DownloadDirectoryComplete","data":"{\"localDirectoryName\":\"/downloads/A\",\"remoteDirectoryName\":\"Music\\\\A\",\"username\":\"bob\"}")")) << reply.body;
  EXPECT_TRUE(has_text(call("GET", "/api/v0/events?offset=1"), R"("type":"DownloadFileComplete")"));
  EXPECT_EQ(call("GET", "/api/v0/events?limit=0").status, 400);
  EXPECT_EQ(call("POST", "/api/v0/events/noop", "\"d\"").status, 201);
  EXPECT_EQ(call("POST", "/api/v0/events/other", "\"d\"").status, 400);
  EXPECT_EQ(call("POST", "/api/v0/events/noop").status, 415);
}

TEST_F(ApiTest, BoundsConfigurationOverHttp) {
  settings.remote_configuration = true;
  launch();
  EXPECT_EQ(call("PATCH", "/api/v0/options", R"({"soulseek":{"listenPort":2000}})").body, R"({"soulseek":{"listenPort":2000}})");
  EXPECT_EQ(configuration.patched.listen_port, 2000);
  EXPECT_EQ(call("PATCH", "/api/v0/options", "null").status, 204);
  EXPECT_EQ(call("PATCH", "/api/v0/options", R"({"soulseek":{"listenPort":70000}})").status, 400);
  EXPECT_EQ(call("GET", "/api/v0/options/yaml").status, 403) << "a key is not enough";
  const auto signed_in = stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})");
  const auto at = signed_in.body.find("\"token\":\"") + 9;
  const auto bearer = "Authorization: Bearer " + signed_in.body.substr(at, signed_in.body.find('"', at) - at);
  EXPECT_EQ(stranger("GET", "/api/v0/options/yaml", {}, {bearer}).body, R"("soulseek:\n  username: me\n")");
  for (const std::string method : {"PUT", "POST"}) {
    EXPECT_EQ(stranger(method, "/api/v0/options/yaml", R"("soulseek:\n  username: you\n")", {bearer}).status, 200);
    const auto refused = stranger(method, "/api/v0/options/yaml", R"("web:\n  port: 80\n")", {bearer});
    EXPECT_EQ(refused.status, 403);
    EXPECT_TRUE(has_text(refused, "web")) << refused.body;
  }
  EXPECT_EQ(configuration.yaml, "soulseek:\n  username: you\n");
  EXPECT_EQ(call("POST", "/api/v0/options/yaml/validate", "\"bad\"").body, "\"Line 1 is bad.\"");
  EXPECT_EQ(call("POST", "/api/v0/options/yaml/validate", "\"good: 1\"").body, "");
  EXPECT_EQ(stranger("GET", "/api/v0/options/yaml/location", {}, {bearer}).body, "\"/etc/soulfabric/soulfabric.yml\"");
  EXPECT_EQ(stranger("DELETE", "/api/v0/application", {}, {bearer}).status, 204);
  EXPECT_EQ(configuration.shutdowns, 1);
}

TEST_F(ApiTest, RefusesConfigurationUnlessItIsAllowed) {
  launch();
  EXPECT_EQ(call("PATCH", "/api/v0/options", R"({"soulseek":{"listenPort":2000}})").status, 403);
  EXPECT_EQ(call("POST", "/api/v0/options/yaml/validate", "\"x\"").status, 403);
  EXPECT_EQ(call("DELETE", "/api/v0/files/downloads/files/" + to_base64(bytes_of("a"))).status, 403);
}

TEST_F(ApiTest, RemovesFilesOnlyWithinTheFolder) {
  settings.remote_file_management = true;
  const auto downloads = folder / "downloads";
  std::filesystem::create_directories(downloads / "A" / "B");
  ASSERT_TRUE(write_whole(downloads / "A" / "1", bytes_of("x"), 0644));
  ASSERT_TRUE(write_whole(folder / "outside", bytes_of("x"), 0644));
  std::filesystem::create_symlink(folder, downloads / "link");
  launch();
  const auto file = [&](const std::string& path) { return call("DELETE", "/api/v0/files/downloads/files/" + to_base64(bytes_of(path))).status; };
  const auto folder_call = [&](std::string_view method, const std::string& path) {
    return call(method, "/api/v0/files/downloads/directories/" + to_base64(bytes_of(path))).status;
  };
  EXPECT_EQ(file("../outside"), 403);
  EXPECT_EQ(file((folder / "outside").string()), 403);
  EXPECT_EQ(file("link/outside"), 403);
  EXPECT_EQ(folder_call("GET", "link"), 403);
  EXPECT_EQ(folder_call("GET", "A/.."), 403);
  EXPECT_EQ(folder_call("GET", "none"), 404);
  EXPECT_EQ(folder_call("DELETE", "."), 403);
  EXPECT_EQ(file("A"), 404) << "a folder is no file";
  EXPECT_EQ(file("A/1"), 204);
  EXPECT_EQ(folder_call("DELETE", "A"), 204);
  EXPECT_TRUE(std::filesystem::exists(folder / "outside"));
  EXPECT_FALSE(std::filesystem::exists(downloads / "A"));
}

TEST_F(ApiTest, GivesFinishedFilesSandboxedAndInParts) {
  const std::string flac = "fLaC" + std::string(100'000, 'a') + "end";
  ASSERT_TRUE(write_whole(folder / "downloads" / "a.flac", bytes_of(flac), 0644));
  ASSERT_TRUE(write_whole(folder / "downloads" / "a.html", bytes_of("<script>alert(1)</script>"), 0644));
  auto& good = add_transfer("bob", "x\\a.flac", TransferState::Completed | TransferState::Succeeded);
  good.local_path = (folder / "downloads" / "a.flac").string();
  const auto id = good.id;
  auto& page = add_transfer("bob", "x\\a.flac", TransferState::Completed | TransferState::Succeeded);
  page.local_path = (folder / "downloads" / "a.html").string();
  const auto page_id = page.id;
  launch();
  const auto whole = call("GET", "/api/v0/transfers/downloads/bob/" + id + "/content");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.header("content-type"), "audio/flac");
  EXPECT_EQ(whole.header("content-security-policy").substr(0, 8), "sandbox;");
  EXPECT_EQ(whole.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(whole.body, flac);
  const auto part = call("GET", "/api/v0/transfers/downloads/bob/" + id + "/content", {}, {"Range: bytes=-3"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "end");
  EXPECT_EQ(part.header("content-range"), "bytes 100004-100006/100007");
  EXPECT_EQ(call("GET", "/api/v0/transfers/downloads/bob/" + id + "/content", {}, {"Range: bytes=200000-"}).status, 416);
  const auto html = call("GET", "/api/v0/transfers/downloads/bob/" + page_id + "/content");
  EXPECT_EQ(html.header("content-type"), "application/octet-stream");
  EXPECT_EQ(html.header("content-disposition"), "attachment");
  EXPECT_EQ(html.header("content-security-policy").substr(0, 8), "sandbox;");
}

TEST_F(ApiTest, GivesMetricsWithoutNamesToThoseWhoMay) {
  add_transfer("secret-user", "secret\\path.mp3", TransferState::InProgress);
  launch();
  EXPECT_EQ(stranger("GET", "/metrics").status, 401);
  const auto reply = call("GET", "/metrics");
  EXPECT_EQ(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_TRUE(has_text(reply, "\nslskd_transfers_downloads_in_progress_files_current 1\n")) << reply.body;
  EXPECT_FALSE(has_text(reply, "secret"));
  const auto basic = [](std::string_view pair) { return "Authorization: Basic " + to_base64(bytes_of(pair)); };
  EXPECT_EQ(stranger("GET", "/metrics", {}, {basic("slskd:right-password")}).status, 401) << "the page's password is not tested here";
  EXPECT_EQ(stranger("GET", "/metrics", {}, {basic("slskd:")}).status, 401);
}

TEST_F(ApiTest, HasNoMetricsUntilTheyAreEnabled) {
  settings.metrics_enabled = false;
  settings.metrics_open = true;
  launch();
  EXPECT_EQ(stranger("GET", "/metrics").status, 404);
  EXPECT_EQ(call("GET", "/metrics").status, 404);
}

TEST_F(ApiTest, RationsGuessesAtThePasswordOfTheMetrics) {
  settings.metrics_password = "scrape-password";
  launch();
  const auto basic = [](std::string_view pair) { return "Authorization: Basic " + to_base64(bytes_of(pair)); };
  EXPECT_EQ(stranger("GET", "/metrics", {}, {basic("slskd:scrape-password")}).status, 200);
  int limited = 0;
  for (int i = 0; i < 30; ++i) limited += stranger("GET", "/metrics", {}, {basic("slskd:guess-" + std::to_string(i))}).status == 429 ? 1 : 0;
  EXPECT_EQ(limited, 20);
  EXPECT_EQ(stranger("GET", "/metrics", {}, {basic("slskd:scrape-password")}).status, 429) << "what is past the limit is not compared";
  EXPECT_EQ(call("GET", "/metrics").status, 200) << "a valid key is never locked out";
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"guess"})").status, 429) << "one ration for all guesses";
}

}  // namespace
}  // namespace soulfabric::gateway
