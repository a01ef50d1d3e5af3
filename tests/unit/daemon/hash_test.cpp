// SPDX-License-Identifier: GPL-3.0-or-later
// What `soulfabric hash` prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "run_hash.hpp"

namespace soulfabric::daemon {
namespace {

struct Printed {
  int code = 0;
  std::string out;
  std::string problems;
};

Printed hash(const Arguments& arguments) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Printed printed;
  printed.code = run_hash(arguments);
  std::fflush(stdout);
  printed.out = ::testing::internal::GetCapturedStdout();
  printed.problems = ::testing::internal::GetCapturedStderr();
  return printed;
}

struct HashCommand : ::testing::Test {
  HashCommand() {
    std::string name = (std::filesystem::temp_directory_path() / "sf_hash_XXXXXX").string();
    folder = ::mkdtemp(name.data());
    std::ofstream(folder / "abc") << "abc";
  }
  ~HashCommand() override {
    std::error_code code;
    std::filesystem::remove_all(folder, code);
  }
  std::filesystem::path folder;
};

// Of three bytes, the root is their SHA-256 itself: one block, one leaf.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_F(HashCommand, PrintsSumSizeRootAndPieceLength) {
  const Printed printed = hash({folder / "abc"});
  EXPECT_EQ(printed.code, 0);
  EXPECT_EQ(printed.out, (folder / "abc").string() + "\n  sha256        " + kAbc + "\n  size          3\n  pieces root   " + kAbc +
                             "\n  piece length  262144\n");
  EXPECT_TRUE(printed.problems.empty());
}

TEST_F(HashCommand, GoesOnPastAFileThatIsNotThere) {
  const Printed printed = hash({folder / "none", folder / "abc", folder});
  EXPECT_EQ(printed.code, 1);
  EXPECT_NE(printed.out.find(kAbc), std::string::npos);
  EXPECT_NE(printed.problems.find("There is no file " + (folder / "none").string()), std::string::npos);
  EXPECT_NE(printed.problems.find("is not a regular file"), std::string::npos);
  EXPECT_EQ(std::count(printed.problems.begin(), printed.problems.end(), '\n'), 2);
}

TEST_F(HashCommand, ExplainsItself) {
  EXPECT_EQ(hash({}).code, 2);
  EXPECT_EQ(hash({"--wrong"}).code, 2);
  EXPECT_EQ(hash({"--"}).code, 2);
  const Printed help = hash({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(help.out.starts_with("usage: soulfabric hash FILE"));
}

}  // namespace
}  // namespace soulfabric::daemon
