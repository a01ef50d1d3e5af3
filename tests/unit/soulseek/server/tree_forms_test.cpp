// SPDX-License-Identifier: GPL-3.0-or-later
// Server and clients together, without sockets: a tree grows, every search reaches everybody else once, and it heals.
#include <algorithm>
#include <deque>

#include "harness.hpp"
#include "soulseek/core/tree_core.hpp"

namespace soulfabric::soulseek {
namespace {

using namespace wire;

/// Some clients' tree cores, joined by links that deliver at once.
class Forest {
 public:
  explicit Forest(const std::vector<std::string>& names)
      : server({.possible_parents_interval = std::chrono::seconds(1), .initial_speed = 100'000}) {
    for (const auto& name : names) {
      nodes_.emplace_back(std::make_unique<Node>());
      Node& node = *nodes_.back();
      node.name = name;
      node.connection = server.user(name);
    }
    for (auto& node : nodes_) {
      TreeActions out;
      node->tree.on_parent_min_speed(1, out);
      node->tree.on_parent_speed_ratio(50, out);
      node->tree.on_logged_in(node->name, out);
      node->tree.on_own_speed(100'000, out);
      perform(*node, out);
    }
    settle();
  }
  void search(const std::string& from, std::uint32_t token) {
    for (auto& node : nodes_) node->heard.clear();
    server.ask(node_of(from).connection, request::FileSearch{token, "tune"});
    settle();
  }
  /// Parents are offered, and searched for, until the picture no longer changes.
  void grow() {
    for (std::uint32_t round = 0; round < 6; ++round) {
      server.tick(std::chrono::seconds(2));
      settle();
      for (auto& node : nodes_) search(node->name, 1000 + round);
    }
  }
  /// The names of those who heard the last search, sorted; a name stands as often as it heard it.
  std::vector<std::string> heard() {
    std::vector<std::string> out;
    for (auto& node : nodes_) {
      for (std::size_t i = 0; i < node->heard.size(); ++i) out.push_back(node->name);
    }
    std::ranges::sort(out);
    return out;
  }
  void leave(const std::string& name) {
    const auto found = std::ranges::find_if(nodes_, [&](const auto& node) { return node->name == name; });
    const auto gone = std::move(*found);
    nodes_.erase(found);
    server.disconnect(gone->connection);
    for (const auto& [mine, far] : gone->links) {
      if (Node* other = find(far.user)) lose(*other, far.link);
    }
    settle();
  }
  std::size_t roots() {
    return static_cast<std::size_t>(std::ranges::count_if(nodes_, [](const auto& node) { return !node->tree.has_parent(); }));
  }
  TreeCore& tree(const std::string& name) { return node_of(name).tree; }
  ServerHarness server;

 private:
  struct Far {
    std::string user;
    TreeConnection link = 0;
  };
  struct Node {
    std::string name;
    ServerConnection connection = 0;
    TreeCore tree{TreeOptions{}};
    std::map<TreeConnection, Far> links;
    std::vector<TreeAnswer> heard;
  };
  Node* find(const std::string& name) {
    const auto found = std::ranges::find_if(nodes_, [&](const auto& node) { return node->name == name; });
    return found == nodes_.end() ? nullptr : found->get();
  }
  Node& node_of(const std::string& name) { return *find(name); }
  void lose(Node& node, TreeConnection link) {
    if (node.links.erase(link) == 0) return;
    TreeActions out;
    node.tree.on_disconnected(link, out);
    perform(node, out);
  }
  void dial(Node& from, const std::string& user) {
    Node* to = find(user);
    if (to == nullptr) return;
    const TreeConnection mine = ++last_link_;
    const TreeConnection theirs = ++last_link_;
    from.links[mine] = {user, theirs};
    to->links[theirs] = {from.name, mine};
    TreeActions out;
    from.tree.on_candidate_connected(mine, user, out);
    perform(from, out);
    TreeActions incoming;
    to->tree.on_incoming(theirs, from.name, incoming);
    perform(*to, incoming);
  }
  void perform(Node& node, TreeActions& actions) {
    for (const TreeAction& action : actions) {
      if (const auto* up = std::get_if<TreeToServer>(&action)) {
        const auto code = static_cast<std::uint32_t>(up->frame[4] | up->frame[5] << 8);
        server.ask(node.connection, *decode_server_request(code, ByteView(up->frame).subspan(8)));
      } else if (const auto* over = std::get_if<TreeToPeer>(&action)) {
        if (const auto far = node.links.find(over->to); far != node.links.end()) in_flight_.push_back({far->second, over->frame});
      } else if (const auto* to = std::get_if<TreeDial>(&action)) {
        dial(node, to->user);
      } else if (const auto* end = std::get_if<TreeClose>(&action)) {
        const auto far = node.links.find(end->connection);
        if (far == node.links.end()) continue;
        const Far other = far->second;
        node.links.erase(far);
        in_flight_.push_back({other, nullptr});
      } else if (const auto* answer = std::get_if<TreeAnswer>(&action)) {
        if (answer->user != node.name) node.heard.push_back(*answer);
      }
    }
  }
  bool take_replies() {
    bool any = false;
    for (auto& node : nodes_) {
      const auto replies = std::exchange(server.replies[node->connection], {});
      for (const auto& reply : replies) {
        any = true;
        TreeActions out;
        if (const auto* m = std::get_if<reply::PossibleParents>(&reply)) {
          std::vector<TreeDial> parents;
          for (const auto& parent : m->parents) parents.push_back({parent.user, {parent.ip, 2234}});
          node->tree.on_possible_parents(parents, server.moment.now, out);
        } else if (const auto* e = std::get_if<reply::EmbeddedMessage>(&reply)) {
          node->tree.on_embedded(e->distrib_code, e->body, server.moment.now, out);
        } else if (std::holds_alternative<reply::ResetDistributed>(reply)) {
          node->tree.on_reset(out);
        } else if (const auto* f = std::get_if<reply::FileSearch>(&reply)) {
          node->heard.push_back({f->user, f->token, f->query});
        }
        perform(*node, out);
      }
    }
    return any;
  }
  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      const bool any = take_replies();
      if (in_flight_.empty()) {
        if (!any) return;
        continue;
      }
      const auto [to, frame] = in_flight_.front();
      in_flight_.pop_front();
      Node* node = find(to.user);
      if (node == nullptr) continue;
      if (!frame) {
        lose(*node, to.link);
        continue;
      }
      TreeActions out;
      static_cast<void>(node->tree.on_frame(to.link, *frame, server.moment.now, out));
      perform(*node, out);
    }
    ADD_FAILURE() << "the tree never comes to rest";
  }

  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<std::pair<Far, std::shared_ptr<const Bytes>>> in_flight_;
  TreeConnection last_link_ = 0;
};

std::vector<std::string> all_but(const std::vector<std::string>& names, const std::string& one) {
  std::vector<std::string> out;
  std::ranges::copy_if(names, std::back_inserter(out), [&](const std::string& name) { return name != one; });
  std::ranges::sort(out);
  return out;
}

TEST(ServerAndTree, EveryoneHearsASearchOnceBeforeAnyTreeStands) {
  const std::vector<std::string> names{"anna", "bert", "carl"};
  Forest forest(names);
  for (const auto& name : names) {
    forest.search(name, 7);
    EXPECT_EQ(forest.heard(), all_but(names, name)) << name << " searched";
  }
}

TEST(ServerAndTree, ThreeFormATreeAndHearEachOtherThroughIt) {
  const std::vector<std::string> names{"anna", "bert", "carl"};
  Forest forest(names);
  forest.grow();
  EXPECT_EQ(forest.roots(), 1U);
  EXPECT_TRUE(forest.tree("bert").has_parent());
  EXPECT_TRUE(forest.tree("carl").has_parent());
  EXPECT_EQ(forest.tree("carl").root(), "anna");
  for (const auto& name : names) {
    forest.search(name, 8);
    EXPECT_EQ(forest.heard(), all_but(names, name)) << name << " searched";
  }
}

TEST(ServerAndTree, HealsWhenTheRootLeaves) {
  const std::vector<std::string> names{"anna", "bert", "carl", "dora"};
  Forest forest(names);
  forest.grow();
  EXPECT_EQ(forest.roots(), 1U);
  forest.leave("anna");
  const std::vector<std::string> left{"bert", "carl", "dora"};
  for (const auto& name : left) {
    forest.search(name, 9);
    EXPECT_EQ(forest.heard(), all_but(left, name)) << name << " searched just after";
  }
  forest.grow();
  EXPECT_EQ(forest.roots(), 1U);
  for (const auto& name : left) {
    forest.search(name, 10);
    EXPECT_EQ(forest.heard(), all_but(left, name)) << name << " searched once healed";
  }
}

TEST(ServerAndTree, FortyFormATreeOfSeveralLevels) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("user" + std::to_string(i));
  Forest forest(names);
  forest.grow();
  EXPECT_EQ(forest.roots(), 1U);
  const auto deep = std::ranges::count_if(names, [&](const std::string& name) { return forest.tree(name).level() >= 2; });
  EXPECT_GT(deep, 0);
  for (const std::string name : {"user0", "user20", "user39"}) {
    forest.search(name, 11);
    EXPECT_EQ(forest.heard(), all_but(names, name)) << name << " searched";
  }
}

}  // namespace
}  // namespace soulfabric::soulseek
