// SPDX-License-Identifier: GPL-3.0-or-later
// What one node holds against others, carried to another node as a file.
#include "daemon/guard_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/settings.hpp"
#include "soulfabric/guard/store.hpp"

namespace soulfabric::daemon {
namespace {

class GuardFile : public testing::Test {
 protected:
  GuardFile() : folder_(std::filesystem::temp_directory_path() / ("sf_guard_file_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~GuardFile() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(GuardFile, ExportOfOneDatabaseIsTheImportOfAnother) {
  const SystemClock clock;
  {
    auto db = guard::open_guard_db(folder_ / "a.db");
    ASSERT_TRUE(db);
    guard::Guard guard(guard_options(Options{}), clock);
    ASSERT_TRUE(guard.ban(guard::Subject::user("MixedCase"), std::nullopt, "rude"));
    guard.lower_reputation(guard::Subject::user("clumsy"), 9);
    (void)guard.charge({guard::Violation::Protocol, guard::Subject::user("clumsy"), {}, guard::Channel::WeDialled});
    ASSERT_TRUE(guard::write_changes(*db, guard.take_changes()));
  }
  const auto text = export_guard_file(folder_ / "a.db", Options{});
  ASSERT_TRUE(text) << text.error().message;
  const auto taken = import_guard_file(folder_ / "b.db", Options{}, *text);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->bans, 1U);
  EXPECT_EQ(taken->violations, 1U);
  EXPECT_EQ(taken->reputations, 1U);
  auto db = guard::open_guard_db(folder_ / "b.db");
  ASSERT_TRUE(db);
  guard::Guard guard(guard_options(Options{}), clock);
  ASSERT_TRUE(guard::load_guard(*db, guard));
  EXPECT_TRUE(guard.is_banned(guard::Subject::user("MixedCase")));
  EXPECT_EQ(guard.reputation(guard::Subject::user("clumsy")), 41);
  EXPECT_EQ(guard.violations().size(), 1U);
}

TEST_F(GuardFile, ImportThatIsNoneChangesNothing) {
  EXPECT_EQ(import_guard_file(folder_ / "c.db", Options{}, "{}").error().code, Errc::InvalidArgument);
  EXPECT_EQ(import_guard_file(folder_ / "c.db", Options{}, std::string(gateway::kGuardTextCap + 1, ' ')).error().code, Errc::TooLarge);
  const auto text = export_guard_file(folder_ / "c.db", Options{});
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, R"({"version":1,"bans":[],"violations":[],"reputations":[]})");
}

}  // namespace
}  // namespace soulfabric::daemon
