// SPDX-License-Identifier: GPL-3.0-or-later
// The code of docs/mesh-services.md, word for word as it stands there, compiled and called.
#include <fstream>
#include <set>

#include "mesh_services_tutorial.hpp"
#include "world.hpp"

namespace soulfabric::fabric {
namespace {

using namespace testing;

class Tutorial : public FabricTest {
 public:
  Tutorial() {
    settings_.exposed = {"guestbook"};
    make();
    EXPECT_TRUE(there_->fabric->add(book_));
  }
  guestbook::Guestbook book_;
};

TEST_F(Tutorial, WritesAServiceThatIsCalled) {
  struct Test {
    static Task<void> run(Tutorial& t) {
      const auto page = co_await guestbook::sign(*t.here_->fabric, t.here_->permit(), "Good music here");
      EXPECT_TRUE(page && page->total == 1 && page->entries.size() == 1);
      EXPECT_EQ(page ? page->entries.front().text : "", "Good music here");
      const auto twice = co_await guestbook::sign(*t.here_->fabric, t.here_->permit(), "And again");
      EXPECT_EQ(twice.error().code, Errc::InvalidArgument);
      const auto long_words = co_await guestbook::sign(*t.here_->fabric, t.here_->permit(), std::string(201, 'x'));
      EXPECT_EQ(long_words.error().code, Errc::InvalidArgument);
      const auto read = co_await ask<guestbook::Page>(*t.here_->fabric, t.here_->permit(), "guestbook", "Read", Nothing{});
      EXPECT_TRUE(read && read->total == 1);
    }
  };
  run(Test::run(*this));
}

TEST(TutorialText, TakesFewerThanSixtyLines) {
  std::ifstream in(std::string(SF_BINARY_DIR) + "/generated/mesh_services_tutorial.hpp");
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  EXPECT_GT(lines, 20U);
  EXPECT_LT(lines, 60U);
}

}  // namespace
}  // namespace soulfabric::fabric
