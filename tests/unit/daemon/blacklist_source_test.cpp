// SPDX-License-Identifier: GPL-3.0-or-later
// The blacklist as configured: names, networks and the file, and a file that is not there.
#include "daemon/blacklist_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace soulfabric::daemon {
namespace {

TEST(LoadBlacklist, JoinsGroupAndFileAndNamesWhatIsWrong) {
  const auto file = std::filesystem::path(SF_BINARY_DIR) / "blacklist_source_test.txt";
  std::ofstream(file) << "9.9.9.0/24\nwhat\n";
  Options options;
  options.transfers.groups.blacklisted = {{"eve"}, {"^spam"}, {"8.8.8.8/32"}};
  options.blacklist = {false, file.string()};
  auto loaded = load_blacklist(options);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->list.has_user("eve"));
  EXPECT_TRUE(loaded->list.has_user("Spammer"));
  EXPECT_TRUE(loaded->list.has_address(*IpAddress::parse("8.8.8.8")));
  EXPECT_FALSE(loaded->list.has_address(*IpAddress::parse("9.9.9.9"))) << "the file is off";
  options.blacklist.enabled = true;
  loaded = load_blacklist(options);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->list.has_address(*IpAddress::parse("9.9.9.9")));
  EXPECT_NE(loaded->warning.find("1 lines that are no range"), std::string::npos);
  std::filesystem::remove(file);
  const auto missing = load_blacklist(options);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("blacklist.file"), std::string::npos);
  EXPECT_TRUE(concerns_blacklist("transfers.groups.blacklisted.cidrs"));
  EXPECT_FALSE(concerns_blacklist("web.port"));
}

}  // namespace
}  // namespace soulfabric::daemon
