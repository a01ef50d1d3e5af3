// SPDX-License-Identifier: GPL-3.0-or-later
// Who says that it has a content: over links, in the table, and who is not believed.
#include "content_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

class ContentProviders : public ContentWorld {
 public:
  Task<std::vector<PeerId>> providers(ContentNode& here, library::ContentId id, guard::Origin origin = guard::Origin::UserLocal) {
    const auto found = co_await here.relay->providers(id, origin, in(10s));
    std::vector<PeerId> out;
    EXPECT_TRUE(found) << found.error().message;
    if (found) {
      for (const auto& one : *found) out.push_back(one.peer);
    }
    std::ranges::sort(out);
    co_return out;
  }
  Task<void> announced(ContentNode& node, std::size_t count) {
    const bool done = co_await until([&] { return node.relay->metrics().records == count; });
    EXPECT_TRUE(done);
  }
  /// A statement of somebody who is not here.
  mesh::SignedRecord statement(std::uint32_t number, library::ContentId id, bool withdrawn = false) {
    mesh::SignedRecord record;
    record.kind = mesh::RecordKind::Provider;
    record.key = provider_key(id);
    record.created = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
    record.expires = record.created + 3600;
    record.sequence = static_cast<std::uint64_t>(record.created) * 1000;
    record.withdrawn = withdrawn;
    if (!withdrawn) record.body = {1};
    return *mesh::sign_record(soulfabric::testing::numbered_key(number), record);
  }
};

TEST_F(ContentProviders, AreFoundOverLinksAndNowhereElse) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& there, ContentNode& also, ContentNode& here) {
      const Bytes data = some_bytes(1000);
      const auto id = there.copies.add(data, "Music/a");
      also.copies.add(data, "Other/a");
      here.copies.add(data, "Mine/a");
      const auto hidden = there.copies.add(some_bytes(1000, 2), "Music/b", library::CopyState::Private);
      co_await t.announced(there, 1);
      co_await t.announced(also, 1);
      auto found = co_await t.providers(here, id);
      std::vector<PeerId> expected{there.id(), also.id()};
      std::ranges::sort(expected);
      EXPECT_EQ(found, expected) << "once each, and never ourselves";
      EXPECT_TRUE(t.table_.records[provider_key(id)].empty()) << "only over links";
      found = co_await t.providers(here, hidden);
      EXPECT_TRUE(found.empty());
      found = co_await t.providers(here, id, guard::Origin::LocalAutomation);
      EXPECT_EQ(found, expected);
      there.copies.set_state(id, library::CopyState::Private);
      found = co_await t.providers(here, id);
      EXPECT_EQ(found, std::vector{also.id()}) << "at once, before the records were chosen anew";
      const auto stranger = co_await here.relay->providers(id, guard::Origin::RemoteMesh, t.in(1s));
      EXPECT_TRUE(!stranger && stranger.error().code == Errc::Forbidden);
    }
  };
  auto& there = add();
  auto& also = add();
  auto& here = add();
  run(Test::run(*this, there, also, here));
}

TEST_F(ContentProviders, AreToldOnlyOfTheThousandThatAreAnnounced) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& there, ContentNode& here) {
      std::vector<library::ContentId> ids;
      for (std::uint64_t i = 0; i < 8; ++i) ids.push_back(there.copies.add(some_bytes(100, i), "Music/" + std::to_string(i)));
      co_await t.announced(there, 3);
      std::vector<library::ContentId> told;
      for (const auto& id : ids) {
        const auto found = co_await t.providers(here, id);
        if (!found.empty()) told.push_back(id);
      }
      EXPECT_EQ(told.size(), 3U);
      for (std::uint64_t i = 8; i < 12; ++i) there.copies.add(some_bytes(100, i), "Music/" + std::to_string(i));
      co_await t.clock_.sleep_for(2s);
      EXPECT_EQ(there.relay->metrics().records, 3U);
    }
  };
  ContentSettings few;
  few.records = 3;
  auto& there = add(few);
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentProviders, AreSilentWherePublishIsNone) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      co_await t.clock_.sleep_for(5s);
      const auto found = co_await t.providers(here, id);
      EXPECT_TRUE(found.empty());
      EXPECT_EQ(there.relay->metrics().records, 0U);
    }
  };
  ContentSettings none;
  none.publish = mesh::Publish::None;
  auto& there = add(none);
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentProviders, StandInTheTableWhereTheNodeIsPublic) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      const auto key = provider_key(id);
      const bool put = co_await t.until([&] { return !t.table_.records[key].empty(); });
      EXPECT_TRUE(put);
      auto found = co_await t.providers(here, id);
      EXPECT_EQ(found, std::vector{there.id()}) << "not linked";
      found = co_await t.providers(here, id, guard::Origin::LocalAutomation);
      EXPECT_TRUE(found.empty()) << "our own interest is not shown to strangers by ourselves";
      const auto first = t.table_.records[key].front().sequence;
      co_await t.clock_.sleep_for(31min);
      EXPECT_GT(t.table_.records[key].front().sequence, first) << "at half of its life";
      there.copies.remove(id);
      const bool withdrawn = co_await t.until([&] { return t.table_.records[key].front().withdrawn; });
      EXPECT_TRUE(withdrawn);
      EXPECT_TRUE(t.table_.records[key].front().body.empty());
      found = co_await t.providers(here, id);
      EXPECT_TRUE(found.empty());
    }
  };
  linked_ = false;
  ContentSettings open;
  open.publish = mesh::Publish::Public;
  auto& there = add(open);
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentProviders, LeaveTheTableWhenTheNodeIsPublicNoMore) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& there) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      const auto key = provider_key(id);
      const bool put = co_await t.until([&] { return !t.table_.records[key].empty(); });
      EXPECT_TRUE(put);
      co_await t.clock_.sleep_for(1s);
      there.relay->configure({});
      const bool withdrawn = co_await t.until([&] { return t.table_.records[key].front().withdrawn; });
      EXPECT_TRUE(withdrawn);
      EXPECT_EQ(there.relay->metrics().records, 1U) << "over links it is still told";
    }
  };
  ContentSettings open;
  open.publish = mesh::Publish::Public;
  auto& there = add(open);
  run(Test::run(*this, there));
}

TEST_F(ContentProviders, AreNotBelievedWithoutProof) {
  struct Test {
    static Task<void> run(ContentProviders& t, ContentNode& here) {
      const auto id = library::ContentId{crypto::sha256(bytes_of("wanted"))};
      auto& slot = t.table_.records[provider_key(id)];
      slot.push_back(t.statement(100, id));
      slot.push_back(t.statement(101, id, true));  // withdrawn
      auto other = t.statement(102, id);
      other.body = {2};  // signed for another body
      slot.push_back(other);
      auto late = t.statement(103, id);
      late.expires += 7200;
      slot.push_back(late);
      slot.push_back(t.statement(104, library::ContentId{}));
      auto ours = t.statement(0, id);  // our own key is number 0
      slot.push_back(ours);
      slot.push_back(t.statement(105, id));
      EXPECT_TRUE(here.node.guard.ban(guard::Subject::peer(PeerId::of(soulfabric::testing::numbered_key(105).public_key()).text()), std::nullopt, "test"));
      const auto found = co_await t.providers(here, id);
      EXPECT_EQ(found, std::vector{PeerId::of(soulfabric::testing::numbered_key(100).public_key())});
    }
  };
  auto& here = add();
  run(Test::run(*this, here));
}

}  // namespace
}  // namespace soulfabric::relay
