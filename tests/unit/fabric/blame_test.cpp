// SPDX-License-Identifier: GPL-3.0-or-later
// Blame over links that we dialled: the key answers for it, its address never does (security rule S1).
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;

const Endpoint kThere{IpAddress::v4(0x08080808), 4000};

class CallBlame : public FabricTest {
 public:
  [[nodiscard]] static guard::Subject name_of(const Node& node) { return guard::Subject::peer(node.id.text()); }
  /// Why the address of `other` would pay for it.
  [[nodiscard]] static std::optional<IpAddress> blamed_at(const Node& node, const Node& other) {
    const auto bans = node.guard.bans();
    const auto found = std::ranges::find(bans, name_of(other), &guard::BanRow::subject);
    EXPECT_NE(found, bans.end()) << "the key is banned, whoever dialled";
    return found == bans.end() ? std::nullopt : found->address;
  }
  Task<void> five_heads_without_form() {
    for (int i = 0; i < 5; ++i) {
      const auto stream = co_await raw();
      const Bytes wrong{0xff, 0xff, 0x00};
      const auto sent = co_await (*stream)->write(wrong, clock_.now() + 1s);
      EXPECT_TRUE(sent);
      std::array<std::uint8_t, 16> answer;
      const auto end = co_await (*stream)->read_some(answer, clock_.now() + 1s);
      EXPECT_FALSE(end);
    }
  }
  Task<void> five_answers_without_form() {
    there_->links.on_stream(mesh::Protocol::Call, [this](mesh::StreamPtr stream) { talk_.spawn("nonsense", nonsense(std::move(stream))); });
    for (int i = 0; i < 5; ++i) {
      const auto outcome = co_await call("Echo", Text{"x"});
      EXPECT_FALSE(outcome);
    }
    co_await talk_.join();
  }
  Task<void> nonsense(mesh::StreamPtr stream) {
    const Bytes wrong{0xff, 0xff, 0x00};
    const auto sent = co_await stream->write(wrong, clock_.now() + 1s);
    EXPECT_TRUE(sent);
    std::array<std::uint8_t, 512> rest;
    for (;;) {
      const auto got = co_await stream->read_some(rest, clock_.now() + 1s);
      if (!got) break;
    }
  }
  TaskScope talk_{context_, "talk"};
};

TEST_F(CallBlame, ForACallFallsOnTheAddressOnlyWhereItDialledUs) {
  for (const bool ours : {true, false}) {
    make();
    here_->links.at = kThere;
    if (ours) there_->links.dialled.insert(here_->id);
    run(five_heads_without_form());
    EXPECT_EQ(blamed_at(*there_, *here_), ours ? std::nullopt : std::optional(kThere.address));
  }
}

TEST_F(CallBlame, ForAnAnswerFallsOnTheAddressOnlyWhereItDialledUs) {
  for (const bool ours : {true, false}) {
    make();
    there_->links.at = kThere;
    if (!ours) there_->links.dialled.insert(here_->id);
    run(five_answers_without_form());
    EXPECT_EQ(blamed_at(*here_, *there_), ours ? std::nullopt : std::optional(kThere.address));
  }
}

}  // namespace
}  // namespace soulfabric::fabric
