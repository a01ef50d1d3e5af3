// SPDX-License-Identifier: GPL-3.0-or-later
// The systemd unit as systemd itself judges it: no warning, and an exposure no higher than stated here.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace soulfabric::daemon {
namespace {

namespace fs = std::filesystem;

constexpr int kHighestExposure = 14;  // tenths; systemd calls anything below 20 OK

/// Exit status and everything it printed.
std::pair<int, std::string> run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
  if (pipe == nullptr) return {-1, "popen failed"};
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), size);
  const int state = ::pclose(pipe);
  return {WIFEXITED(state) ? WEXITSTATUS(state) : -1, text};
}

fs::path unit_file() { return fs::path(SF_SOURCE_DIR) / "config/soulfabric.service"; }

TEST(ServiceUnit, IsAcceptedBySystemdWithoutAWarning) {
  std::ifstream in(unit_file());
  std::stringstream text;
  text << in.rdbuf();
  std::string unit = text.str();
  // The program is installed by a package, which the test machine has not; everything else is judged as it stands.
  const std::string start = "ExecStart=/usr/bin/soulfabric ";
  const std::size_t at = unit.find(start);
  ASSERT_NE(at, std::string::npos);
  unit.replace(at, start.size(), "ExecStart=/bin/true ");
  const fs::path folder = fs::path(SF_BINARY_DIR) / "service_unit_test";
  fs::create_directories(folder);
  std::ofstream(folder / "soulfabric.service") << unit;
  const auto [status, output] = run("systemd-analyze verify --man=no " + (folder / "soulfabric.service").string());
  EXPECT_EQ(status, 0) << output;
  EXPECT_EQ(output, "");
}

TEST(ServiceUnit, IsSandboxedAtLeastAsStrictlyAsStated) {
  const auto [status, output] = run("systemd-analyze security --offline=true --no-pager --threshold=" + std::to_string(kHighestExposure) +
                                    " " + unit_file().string());
  EXPECT_EQ(status, 0) << output;
  const auto [loose, ignored] = run("systemd-analyze security --offline=true --no-pager --threshold=1 " + unit_file().string());
  EXPECT_NE(loose, 0) << "the threshold is looked at";
}

TEST(ServiceUnit, SaysWhatTheDaemonReliesOn) {
  std::ifstream in(unit_file());
  std::stringstream text;
  text << in.rdbuf();
  for (const char* line : {"Type=notify\n", "WatchdogSec=30\n", "User=soulfabric\n", "StateDirectory=soulfabric\n", "NoNewPrivileges=yes\n",
                           "ProtectSystem=strict\n"})
    EXPECT_NE(text.str().find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace soulfabric::daemon
