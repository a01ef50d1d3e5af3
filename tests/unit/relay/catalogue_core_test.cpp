// SPDX-License-Identifier: GPL-3.0-or-later
// The decisions of catalogue fetch: URLs and hosts, what is an answer, what is kept, whose turn it is, what a difference means.
#include <gmock/gmock.h>

#include "core/catalogue_compare.hpp"
#include "core/catalogue_memory.hpp"
#include "core/catalogue_origin.hpp"
#include "core/catalogue_shelf.hpp"
#include "core/json_tree.hpp"
#include "core/origin_queue.hpp"
#include "soulfabric/base/random.hpp"
#include "support/fake_http.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;
using testing::musicbrainz_answer;

constexpr const char* kId = "b84ee12a-09ef-421b-82de-0441a926375b";
const CatalogueHosts kHosts{"https://musicbrainz.org", "https://coverartarchive.org", {"mirror.example"}};

CatalogueKey key(CatalogueKind kind, std::string_view id = kId) { return *CatalogueKey::make(kind, id); }

TEST(CatalogueKeys, HaveOneSpelling) {
  EXPECT_EQ(key(CatalogueKind::Release, "B84EE12A-09EF-421B-82DE-0441A926375B").text(), std::string("release/") + kId);
  for (const auto kind : {CatalogueKind::Release, CatalogueKind::Recording, CatalogueKind::Artist, CatalogueKind::ReleaseGroup,
                          CatalogueKind::CoverFront250, CatalogueKind::CoverFront500})
    EXPECT_EQ(catalogue_kind(name_of(kind)), kind);
  EXPECT_FALSE(catalogue_kind("label"));
  EXPECT_FALSE(CatalogueKey::make(CatalogueKind::Release, "b84ee12a-09ef-421b-82de-0441a926375"));
  EXPECT_FALSE(CatalogueKey::make(CatalogueKind::Release, "../../../../../../../../../../../../etc"));
  EXPECT_FALSE(CatalogueKey::make(static_cast<CatalogueKind>(77), kId));
}

TEST(CatalogueUrls, AreThoseOfTheTwoArchives) {
  const std::string id(kId);
  EXPECT_EQ(url_of(key(CatalogueKind::Release), kHosts),
            "https://musicbrainz.org/ws/2/release/" + id + "?inc=artist-credits+labels+media+recordings+release-groups&fmt=json");
  EXPECT_EQ(url_of(key(CatalogueKind::Recording), kHosts), "https://musicbrainz.org/ws/2/recording/" + id + "?inc=artist-credits+isrcs+releases&fmt=json");
  EXPECT_EQ(url_of(key(CatalogueKind::Artist), kHosts), "https://musicbrainz.org/ws/2/artist/" + id + "?inc=aliases+release-groups&fmt=json");
  EXPECT_EQ(url_of(key(CatalogueKind::ReleaseGroup), kHosts), "https://musicbrainz.org/ws/2/release-group/" + id + "?inc=artist-credits+releases&fmt=json");
  EXPECT_EQ(url_of(key(CatalogueKind::CoverFront250), kHosts), "https://coverartarchive.org/release/" + id + "/front-250");
  EXPECT_EQ(url_of(key(CatalogueKind::CoverFront500), {"", "http://127.0.0.1:8080/", {}}), "http://127.0.0.1:8080/release/" + id + "/front-500");
}

TEST(CatalogueUrls, HostsStandBetweenUserAndPort) {
  EXPECT_EQ(host_of("https://MusicBrainz.org/ws"), "musicbrainz.org");
  EXPECT_EQ(host_of("http://127.0.0.1:5000"), "127.0.0.1");
  EXPECT_EQ(host_of("http://[::1]:5000/x"), "[::1]");
  EXPECT_EQ(host_of("http://a@b:1/c"), "b");
  EXPECT_EQ(host_of("musicbrainz.org"), "");
}

TEST(CatalogueHostRules, CoversMayBeSentOnToTheInternetArchiveAndNothingElse) {
  const auto cover = [](std::string_view host) { return is_allowed_host(CatalogueKind::CoverFront250, host, kHosts); };
  const auto release = [](std::string_view host) { return is_allowed_host(CatalogueKind::Release, host, kHosts); };
  EXPECT_TRUE(cover("coverartarchive.org") && cover("archive.org") && cover("ia800.us.archive.org") && cover("mirror.example"));
  EXPECT_TRUE(release("musicbrainz.org") && release("MUSICBRAINZ.ORG") && release("mirror.example"));
  for (const char* host : {"us.archive.org", ".us.archive.org", "evil-archive.org", "archive.org.evil.example", "x.archive.org", "musicbrainz.org", ""})
    EXPECT_FALSE(cover(host)) << host;
  for (const char* host : {"archive.org", "coverartarchive.org", "beta.musicbrainz.org", "127.0.0.1", "musicbrainz.org.evil.example"})
    EXPECT_FALSE(release(host)) << host;
  EXPECT_TRUE(is_allowed_host(CatalogueKind::Release, "::1", {"http://[::1]:80", "", {}}));
}

TEST(CatalogueBodies, RealAnswersAreOfTheirKindAndOfNoOther) {
  struct Case {
    const char* file;
    CatalogueKind kind;
  };
  const std::vector<Case> cases{{"release", CatalogueKind::Release},     {"release_5medias", CatalogueKind::Release},
                                {"recording", CatalogueKind::Recording}, {"recording_video", CatalogueKind::Recording},
                                {"artist", CatalogueKind::Artist},       {"release_group", CatalogueKind::ReleaseGroup}};
  for (const Case& one : cases) {
    const std::string body = musicbrainz_answer(one.file);
    ASSERT_FALSE(body.empty());
    for (const auto kind : {CatalogueKind::Release, CatalogueKind::Recording, CatalogueKind::Artist, CatalogueKind::ReleaseGroup})
      EXPECT_EQ(check_body(key(kind), "application/json; charset=utf-8", bytes_of(body)).has_value(), kind == one.kind) << one.file << name_of(kind);
  }
}

TEST(CatalogueBodies, WhatHasNoIdIsNoAnswer) {
  for (const char* file : {"release_null", "artist_null", "release_group_null"}) {
    const std::string body = musicbrainz_answer(file);
    ASSERT_FALSE(body.empty());
    for (const auto kind : {CatalogueKind::Release, CatalogueKind::Artist, CatalogueKind::ReleaseGroup})
      EXPECT_EQ(check_body(key(kind), "application/json", bytes_of(body)).error().code, Errc::Malformed) << file;
  }
}

TEST(CatalogueBodies, AMergedEntityAnswersWithTheIdItHasNow) {
  EXPECT_TRUE(check_body(key(CatalogueKind::Release, "00000000-0000-4000-8000-000000000000"), "application/json", bytes_of(musicbrainz_answer("release"))));
}

TEST(CatalogueBodies, PicturesAreWhatTheirBytesAre) {
  EXPECT_EQ(sniff_image(bytes_of("\xFF\xD8\xFF\xE0....")), "image/jpeg");
  EXPECT_EQ(sniff_image(bytes_of("\x89PNG\r\n\x1A\n....")), "image/png");
  EXPECT_EQ(sniff_image(bytes_of("RIFF1234WEBPVP8 ")), "image/webp");
  for (const char* other : {"GIF89a..........", "<svg xmlns=\"\">...", "RIFF1234WAVEfmt ", "RIFF", "", "<html><body>...."}) EXPECT_EQ(sniff_image(bytes_of(other)), "");
  EXPECT_EQ(*check_body(key(CatalogueKind::CoverFront500), "text/html", bytes_of("\xFF\xD8\xFF\xE0")), "image/jpeg");
}

TEST(CatalogueBodies, SizeAndFormHaveTheirBounds) {
  std::string padded = musicbrainz_answer("release");
  padded.resize(256 * 1024, ' ');
  EXPECT_TRUE(check_body(key(CatalogueKind::Release), "application/json", bytes_of(padded)));
  padded += ' ';
  EXPECT_EQ(check_body(key(CatalogueKind::Release), "application/json", bytes_of(padded)).error().code, Errc::TooLarge);
  EXPECT_FALSE(check_body(key(CatalogueKind::Release), "application/jsonp", bytes_of(musicbrainz_answer("release"))));
  EXPECT_FALSE(check_body(key(CatalogueKind::Release), "", bytes_of(musicbrainz_answer("release"))));
}

TEST(JsonText, IsReadAsTheGrammarSays) {
  for (const char* good : {"{}", "[]", " [1, -0.5e+3 ,true,false,null,\"\\u00e9\\n\"] ", "\"x\"", "0", "{\"a\":{\"b\":[]}}"}) EXPECT_TRUE(JsonTree::parse(good)) << good;
  for (const char* bad : {"", "{", "[1,]", "{\"a\":}", "{a:1}", "01", "1.", "-", "nul", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[1] 2", "\"\xff\"", "{\"a\":1,}", "\"\\"})
    EXPECT_FALSE(JsonTree::parse(bad)) << bad;
  EXPECT_TRUE(JsonTree::parse(std::string(32, '[') + std::string(32, ']')));
  EXPECT_FALSE(JsonTree::parse(std::string(33, '[') + std::string(33, ']')));
  std::string many = "[0";
  for (std::size_t i = 2; i < kJsonValues; ++i) many += ",0";
  EXPECT_TRUE(JsonTree::parse(many + "]"));
  EXPECT_FALSE(JsonTree::parse(many + ",0]"));
  EXPECT_EQ(json_plain("a\\u00e9\\ud83c\\udfb5\\\"\\n\\ud800"), "a\u00e9\U0001F3B5\"\n\uFFFD");
}

CatalogueEntry entry_of(std::size_t bytes, WallTime expires = from_unix_micros(1'000'000'000)) {
  CatalogueEntry entry;
  entry.answer.status = 200;
  entry.answer.body = std::make_shared<const Bytes>(bytes);
  entry.answer.expires = expires;
  return entry;
}
CatalogueKey numbered(int n) { return key(CatalogueKind::Release, "00000000-0000-4000-8000-0000000000" + std::to_string(10 + n)); }

TEST(CatalogueMemory, KeepsToItsBytesAndDropsTheLeastUsed) {
  CatalogueMemory memory(10'000);
  for (int n = 0; n < 4; ++n) memory.put(numbered(n), entry_of(1900));
  EXPECT_EQ(memory.entries(), 4U);
  EXPECT_LE(memory.bytes(), 10'000U);
  EXPECT_NE(memory.find(numbered(0)), nullptr);
  memory.put(numbered(9), entry_of(1900));
  EXPECT_NE(memory.find(numbered(0)), nullptr);
  EXPECT_EQ(memory.find(numbered(1)), nullptr);
  memory.put(numbered(8), entry_of(20'000));
  EXPECT_EQ(memory.find(numbered(8)), nullptr);
  memory.resize(3'000);
  EXPECT_EQ(memory.entries(), 1U);
  memory.clear();
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST(CatalogueMemory, WhatIsPastItsTimeIsNotFresh) {
  CatalogueMemory memory(10'000);
  CatalogueEntry entry = entry_of(10, from_unix_micros(600'000'000));
  entry.answer.fetched = from_unix_micros(0);
  memory.put(numbered(0), entry);
  EXPECT_NE(memory.fresh(numbered(0), from_unix_micros(599'999'999)), nullptr);
  EXPECT_EQ(memory.fresh(numbered(0), from_unix_micros(600'000'000)), nullptr);
  EXPECT_EQ(memory.fresh(numbered(0), from_unix_micros(-400'000'000)), nullptr) << "the clock was set back";
}

TEST(OriginQueue, TheUserGoesBeforeAutomationBeforeOthers) {
  OriginQueue queue({.at_once = 1, .remote_per_minute = 12, .waiting = 5});
  const MonoTime now{};
  const auto first = *queue.enter(guard::Origin::LocalAutomation, now);
  EXPECT_TRUE(queue.may_start(first));
  const auto remote = *queue.enter(guard::Origin::RemoteMesh, now);
  const auto automation = *queue.enter(guard::Origin::LocalAutomation, now);
  const auto user = *queue.enter(guard::Origin::UserLocal, now);
  EXPECT_FALSE(queue.may_start(user)) << "one at a time";
  queue.leave(first);
  EXPECT_FALSE(queue.may_start(remote) || queue.may_start(automation));
  EXPECT_TRUE(queue.may_start(user));
  queue.leave(user);
  queue.raise(remote, guard::Origin::UserLocal);
  EXPECT_FALSE(queue.may_start(automation));
  EXPECT_TRUE(queue.may_start(remote));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.enter(guard::Origin::UserLocal, now));
  EXPECT_EQ(queue.enter(guard::Origin::UserLocal, now).error().code, Errc::Busy);
}

TEST(OriginQueue, OthersHaveTheirShareOfAMinute) {
  OriginQueue queue({.at_once = 100, .remote_per_minute = 12, .waiting = 100});
  MonoTime now{};
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(queue.enter(guard::Origin::RemoteMesh, now + i * 1s));
  EXPECT_EQ(queue.enter(guard::Origin::RemoteMesh, now + 59s).error().code, Errc::RateLimited);
  EXPECT_TRUE(queue.enter(guard::Origin::UserLocal, now + 59s));
  EXPECT_TRUE(queue.enter(guard::Origin::RemoteMesh, now + 60s));
  EXPECT_FALSE(queue.enter(guard::Origin::RemoteMesh, now + 60s));
}

TEST(CatalogueShelf, FilesAreReadBackOrNotAtAll) {
  CatalogueEntry entry = entry_of(1000);
  entry.answer.content_type = "application/json";
  entry.answer.fetched = from_unix_micros(-5);
  entry.answer.fetcher = PeerId();
  entry.etag = "W/\"x\"";
  entry.ours = false;
  const Bytes file = encode_shelved(numbered(1), entry);
  const auto read = decode_shelved(numbered(1), file);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read->answer.body, *entry.answer.body);
  EXPECT_EQ(read->answer.fetched, entry.answer.fetched);
  EXPECT_EQ(read->answer.expires, entry.answer.expires);
  EXPECT_EQ(read->answer.fetcher, entry.answer.fetcher);
  EXPECT_EQ(read->etag, entry.etag);
  EXPECT_FALSE(read->ours);
  EXPECT_EQ(decode_shelved(numbered(2), file).error().code, Errc::Corrupt) << "another key's file";
  for (std::size_t i = 0; i < file.size(); i += 7) {
    EXPECT_FALSE(decode_shelved(numbered(1), ByteView(file).first(i)));
  }
  Bytes torn = file;
  torn.back() ^= 1;
  EXPECT_EQ(decode_shelved(numbered(1), torn).error().code, Errc::Corrupt);
  EXPECT_TRUE(is_shelf_name(shelf_name(numbered(1))));
  EXPECT_FALSE(is_shelf_name("../" + shelf_name(numbered(1))));
}

TEST(CatalogueShelf, TheOldestFilesLeaveFirst) {
  CatalogueShelf shelf(100);
  shelf.found("b", 40, 2);
  shelf.found("a", 40, 1);
  EXPECT_TRUE(shelf.surplus().empty());
  shelf.written("c", 40);
  EXPECT_EQ(shelf.surplus(), std::vector<std::string>{"a"});
  shelf.written("b", 50);
  shelf.written("d", 30);
  EXPECT_EQ(shelf.surplus(), std::vector<std::string>{"c"});
  EXPECT_EQ(shelf.bytes(), 80U);
}

/// `from` once, replaced.
std::string edited(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(CatalogueComparison, ARealAnswerIsTheSameAsItselfHoweverItIsSpelt) {
  for (const char* name : {"release", "release_5medias", "recording", "artist", "release_group"}) {
    const std::string answer = musicbrainz_answer(name);
    EXPECT_TRUE(compare_answers(answer, answer).same) << name;
    EXPECT_FALSE(compare_answers(answer, musicbrainz_answer("artist_null")).same) << name;
  }
  EXPECT_TRUE(compare_answers("{\"a\":\"\\u00e9\",\"b\":null}", "{ \"a\" : \"\u00e9\" }").same);
  EXPECT_TRUE(compare_answers(R"({"x":[{"id":"1"},{"id":"2"}]})", R"({"x":[{"id":"2"},{"id":"1"}]})").same) << "entities have no order";
  EXPECT_FALSE(compare_answers(R"({"x":["1","2"]})", R"({"x":["2","1"]})").same);
}

TEST(CatalogueComparison, VotesAndTagsMoveWithoutAnEdit) {
  const std::string answer = musicbrainz_answer("release");
  EXPECT_TRUE(compare_answers(answer, edited(answer, "\"name\": \"genre1\"", "\"name\": \"genre9\"")).same);
  EXPECT_TRUE(compare_answers(answer, edited(answer, "\"name\": \"tag1\"", "\"name\": \"tag9\"")).same);
}

TEST(CatalogueComparison, ATitleMayHaveBeenEdited) {
  const std::string answer = musicbrainz_answer("release");
  const auto title = compare_answers(edited(answer, "The Dark Side of the Moon", "The Dark Side of the Sun"), answer);
  EXPECT_FALSE(title.same);
  EXPECT_TRUE(title.explicable);
  const auto date = compare_answers(edited(answer, "1973-03-24", "1974-03-24"), answer);
  EXPECT_FALSE(date.same);
  EXPECT_TRUE(date.explicable);
}

TEST(CatalogueComparison, NoEditGivesAWordOfTheVocabularyAnotherName) {
  const std::string answer = musicbrainz_answer("release");
  const auto status = compare_answers(edited(answer, "\"status\": \"Official\"", "\"status\": \"Bootleg\""), answer);
  EXPECT_FALSE(status.same);
  EXPECT_FALSE(status.explicable);
}

TEST(CatalogueComparison, NoEditMakesAnotherReleaseOfIt) {
  const auto other = compare_answers(musicbrainz_answer("release_5medias"), musicbrainz_answer("release"));
  EXPECT_FALSE(other.same);
  EXPECT_FALSE(other.explicable);
  EXPECT_FALSE(compare_answers("no json", musicbrainz_answer("release")).explicable);
}

TEST(MismatchLedger, TheThirdKeyWithinADayIsOneTooMany) {
  MismatchLedger ledger;
  const PeerId peer;
  MonoTime now{};
  EXPECT_FALSE(ledger.note(peer, "a", now));
  EXPECT_FALSE(ledger.note(peer, "a", now));
  EXPECT_FALSE(ledger.note(peer, "b", now + 1h));
  EXPECT_FALSE(ledger.note(*PeerId::parse(std::string(32, 'b')), "c", now + 1h));
  EXPECT_FALSE(ledger.note(peer, "c", now + 25h)) << "a and b are of the day before";
  EXPECT_FALSE(ledger.note(peer, "d", now + 26h));
  EXPECT_TRUE(ledger.note(peer, "e", now + 27h));
  EXPECT_FALSE(ledger.note(peer, "f", now + 28h)) << "counted anew";
}

}  // namespace
}  // namespace soulfabric::relay
