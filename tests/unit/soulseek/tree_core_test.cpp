// SPDX-License-Identifier: GPL-3.0-or-later
// How a node finds its parent, keeps children, and passes searches on unchanged.
#include "soulseek/core/tree_core.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/random.hpp"
#include "soulseek/wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

using std::chrono::minutes;

Bytes search_frame(const std::string& user, const std::string& query) {
  wire::distributed::Search search;
  search.user = user;
  search.token = 9;
  search.query = query;
  Bytes frame = wire::encode(search);
  frame.push_back(0x77);  // a field of tomorrow: forwarded as it came
  frame[0] = static_cast<std::uint8_t>(frame[0] + 1);
  return frame;
}

struct TreeTest : ::testing::Test {
  TreeCore core{{}};
  MonoTime now{};
  TreeActions out;

  void SetUp() override {
    core.on_logged_in("me", out);
    out.clear();
  }
  template <class T>
  [[nodiscard]] std::vector<T> taken() {
    std::vector<T> found;
    for (const auto& action : out) {
      if (const auto* match = std::get_if<T>(&action)) found.push_back(*match);
    }
    return found;
  }
  [[nodiscard]] bool to_server(const Bytes& frame) {
    for (const auto& action : taken<TreeToServer>()) {
      if (action.frame == frame) return true;
    }
    return false;
  }
  [[nodiscard]] bool closed(TreeConnection id) {
    for (const auto& action : taken<TreeClose>()) {
      if (action.connection == id) return true;
    }
    return false;
  }
  bool level(TreeConnection id, std::int32_t value) { return core.on_frame(id, wire::encode(wire::distributed::BranchLevel{value}), now, out); }
  bool root(TreeConnection id, const std::string& name) { return core.on_frame(id, wire::encode(wire::distributed::BranchRoot{name}), now, out); }
  void adopt(TreeConnection id, const std::string& user, std::int32_t at_level = 1) {
    core.on_candidate_connected(id, user, out);
    level(id, at_level);
    root(id, "root");
    EXPECT_TRUE(core.on_frame(id, search_frame("stranger", "song"), now, out));
    EXPECT_TRUE(core.has_parent());
  }
};

TEST(Tree, SaysThatItHasNoParentAtLogin) {
  TreeCore core{{}};
  TreeActions out;
  core.on_logged_in("me", out);
  ASSERT_EQ(out.size(), 4U);
  EXPECT_EQ(std::get<TreeToServer>(out[0]).frame, wire::encode(wire::request::HaveNoParent{true}));
  EXPECT_EQ(std::get<TreeToServer>(out[3]).frame, wire::encode(wire::request::AcceptChildren{false}));
}

TEST(Tree, SwitchedOffItAsksForNothing) {
  TreeCore core{{.enabled = false}};
  TreeActions out;
  core.on_logged_in("me", out);
  core.on_possible_parents({{"a", {}}}, MonoTime{}, out);
  EXPECT_TRUE(out.empty());
}

TEST_F(TreeTest, SwitchedOffItTakesPartUntilTheNextLogin) {
  core.configure({.enabled = false}, out);
  EXPECT_TRUE(core.is_outdated());
  core.on_possible_parents({{"ben", {}}}, now, out);
  EXPECT_EQ(taken<TreeDial>().size(), 1U);
  core.on_logged_out(out);
  EXPECT_FALSE(core.is_outdated());
  out.clear();
  core.on_logged_in("me", out);
  EXPECT_TRUE(out.empty());
  core.configure({.enabled = true}, out);
  EXPECT_TRUE(core.is_outdated());
}

TEST_F(TreeTest, TakesNoMoreChildrenOnceThatIsSwitchedOff) {
  adopt(1, "ben");
  EXPECT_TRUE(core.accepts_children());
  out.clear();
  core.configure({.accept_children = false}, out);
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{false})));
  EXPECT_FALSE(core.accepts_children());
  EXPECT_FALSE(core.is_outdated());
}

TEST_F(TreeTest, DialsEveryCandidateButItself) {
  core.on_possible_parents({{"a", {}}, {"me", {}}, {"b", {}}}, now, out);
  EXPECT_EQ(taken<TreeDial>().size(), 2U);
}

TEST_F(TreeTest, AdoptsTheFirstCandidateThatToldItsPlaceAndDeliversASearch) {
  core.on_candidate_connected(1, "a", out);
  core.on_candidate_connected(2, "b", out);
  EXPECT_TRUE(core.on_frame(1, search_frame("s", "q"), now, out));
  EXPECT_FALSE(core.has_parent()) << "a has not said where it stands";
  level(2, 3);
  EXPECT_TRUE(core.on_frame(2, search_frame("s", "q"), now, out));
  EXPECT_FALSE(core.has_parent()) << "b is not at level 0 and has not named its root";
  root(2, "top");
  out.clear();
  EXPECT_TRUE(core.on_frame(2, search_frame("s", "q"), now, out));
  EXPECT_EQ(core.parent_name(), "b");
  EXPECT_EQ(core.level(), 4);
  EXPECT_EQ(core.root(), "top");
  EXPECT_TRUE(closed(1)) << "the other candidates go";
  EXPECT_TRUE(to_server(wire::encode(wire::request::HaveNoParent{false})));
  EXPECT_TRUE(to_server(wire::encode(wire::request::BranchLevel{4})));
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{true})));
  ASSERT_EQ(taken<TreeAnswer>().size(), 1U);
  EXPECT_EQ(taken<TreeAnswer>()[0].query, "q");
}

TEST_F(TreeTest, ACandidateAtLevelZeroNeedsNoRoot) {
  core.on_candidate_connected(1, "old", out);
  level(1, 0);
  EXPECT_TRUE(core.on_frame(1, search_frame("s", "q"), now, out));
  EXPECT_EQ(core.root(), "old");
}

TEST_F(TreeTest, ClosesCandidatesWithImpossiblePlaces) {
  core.on_candidate_connected(1, "a", out);
  EXPECT_FALSE(level(1, -1));
  EXPECT_TRUE(closed(1));
  core.on_candidate_connected(2, "b", out);
  EXPECT_FALSE(root(2, ""));
  EXPECT_TRUE(closed(2));
}

TEST_F(TreeTest, ClosesCandidatesTooDeepToBeBelow) {
  core.on_candidate_connected(1, "anna", out);
  EXPECT_FALSE(level(1, INT32_MAX)) << "our own level would not be a number";
  EXPECT_TRUE(closed(1));
  core.on_candidate_connected(2, "ben", out);
  EXPECT_FALSE(root(2, std::string(257, 'x'))) << "the name would go on to the server and every child";
  EXPECT_TRUE(closed(2));
}

TEST_F(TreeTest, TakesNoParentFromItsOwnBranch) {
  core.on_candidate_connected(1, "grandchild", out);
  EXPECT_TRUE(level(1, 2));
  EXPECT_FALSE(root(1, "me"));
  EXPECT_TRUE(closed(1));
  adopt(2, "anna");
  EXPECT_FALSE(root(2, "me")) << "nor keeps one that has come to hang below us";
  EXPECT_FALSE(core.has_parent());
}

TEST_F(TreeTest, ForwardsSearchesByteForByteToEveryChild) {
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  core.on_incoming(3, "kid2", out);
  out.clear();
  const Bytes frame = search_frame("stranger", "another");
  EXPECT_TRUE(core.on_frame(1, frame, now, out));
  const auto sent = taken<TreeToPeer>();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(*sent[0].frame, frame);
  EXPECT_EQ(*sent[1].frame, frame);
}

TEST_F(TreeTest, DropsSearchesWithAnotherIdentifier) {
  adopt(1, "parent");
  out.clear();
  wire::distributed::Search odd;
  odd.identifier = 0x30;
  EXPECT_TRUE(core.on_frame(1, wire::encode(odd), now, out));
  EXPECT_TRUE(out.empty());
}

TEST_F(TreeTest, UnwrapsAnEmbeddedMessageOfAParent) {
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  out.clear();
  const Bytes inner = search_frame("stranger", "wrapped");
  wire::distributed::EmbeddedMessage wrapped{3, Bytes(inner.begin() + 5, inner.end())};
  EXPECT_TRUE(core.on_frame(1, wire::encode(wrapped), now, out));
  ASSERT_EQ(taken<TreeToPeer>().size(), 1U);
  EXPECT_EQ(*taken<TreeToPeer>()[0].frame, inner);
}

TEST_F(TreeTest, TakesNoChildWithoutAParentOrRootship) {
  core.on_incoming(1, "kid", out);
  EXPECT_TRUE(closed(1));
}

TEST_F(TreeTest, BecomesRootWithTheFirstEmbeddedSearchOfTheServer) {
  const Bytes frame = search_frame("stranger", "song");
  core.on_embedded(3, ByteView(frame).subspan(5), now, out);
  EXPECT_TRUE(core.is_root());
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{true})));
  EXPECT_EQ(taken<TreeAnswer>().size(), 1U);
  core.on_incoming(1, "kid", out);
  out.clear();
  core.on_embedded(3, ByteView(frame).subspan(5), now, out);
  ASSERT_EQ(taken<TreeToPeer>().size(), 1U);
  EXPECT_EQ(*taken<TreeToPeer>()[0].frame, frame) << "code 3, not 93";
}

TEST_F(TreeTest, TellsAChildItsPlaceAtOnceAndWhenItChanges) {
  adopt(1, "parent", 1);
  core.on_incoming(2, "kid", out);
  out.clear();
  level(1, 5);
  const auto told = taken<TreeToPeer>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(*told[0].frame, wire::encode(wire::distributed::BranchLevel{6}));
}

TEST_F(TreeTest, RefusesOneChildMoreThanTheLimitAndSaysSo) {
  TreeCore small{{.child_limit = 2}};
  small.on_logged_in("me", out);
  small.on_embedded(3, ByteView(search_frame("s", "q")).subspan(5), now, out);
  small.on_incoming(1, "a", out);
  out.clear();
  small.on_incoming(2, "b", out);
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{false})));
  small.on_incoming(3, "c", out);
  EXPECT_TRUE(closed(3));
  out.clear();
  small.on_disconnected(1, out);
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{true})));
}

TEST_F(TreeTest, SpeedDecidesTheLimitWhereTheServerAsksForSpeed) {
  core.on_parent_min_speed(1, out);
  core.on_parent_speed_ratio(50, out);
  EXPECT_EQ(core.limit(), 0U) << "a fresh account is a leaf";
  core.on_own_speed(15000, out);
  EXPECT_EQ(core.limit(), 3U);
  core.on_own_speed(10'000'000, out);
  EXPECT_EQ(core.limit(), 10U);
}

TEST_F(TreeTest, KeepsItsChildrenWhenTheParentIsLost) {
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  out.clear();
  core.on_disconnected(1, out);
  EXPECT_FALSE(core.has_parent());
  EXPECT_EQ(core.level(), 0);
  EXPECT_EQ(core.children().size(), 1U);
  EXPECT_TRUE(to_server(wire::encode(wire::request::HaveNoParent{true})));
  EXPECT_TRUE(to_server(wire::encode(wire::request::AcceptChildren{false})));
}

TEST_F(TreeTest, ClosesAChildThatSendsSearches) {
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  EXPECT_FALSE(core.on_frame(2, search_frame("s", "q"), now, out));
  EXPECT_TRUE(closed(2));
}

TEST_F(TreeTest, GivesUpASilentParent) {
  adopt(1, "parent");
  core.on_tick(now + minutes(14), out);
  EXPECT_TRUE(core.has_parent());
  core.on_tick(now + minutes(16), out);
  EXPECT_FALSE(core.has_parent());
  EXPECT_TRUE(closed(1));
}

TEST_F(TreeTest, StartsOverOnReset) {
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  out.clear();
  core.on_reset(out);
  EXPECT_TRUE(closed(1));
  EXPECT_TRUE(closed(2));
  EXPECT_FALSE(core.has_parent());
  EXPECT_TRUE(to_server(wire::encode(wire::request::HaveNoParent{true})));
}

TEST_F(TreeTest, SurvivesAnyFrameFromAnyone) {
  SeededRandom random(11);
  adopt(1, "parent");
  core.on_incoming(2, "kid", out);
  for (int i = 0; i < 3000; ++i) {
    Bytes frame(static_cast<std::size_t>(random.below(40)));
    random.fill(frame);
    if (frame.size() > 4) frame[4] = static_cast<std::uint8_t>(random.below(8));
    const auto id = random.below(4);
    const bool fine = core.on_frame(id, frame, now, out);
    if (!fine) core.on_disconnected(id, out);
    if (!core.has_parent()) core.on_candidate_connected(1, "parent", out);
    out.clear();
  }
}

}  // namespace
}  // namespace soulfabric::soulseek
