// SPDX-License-Identifier: GPL-3.0-or-later
// A node that is killed again and again while it fetches: it goes on by itself, and in the end the file is there once and whole.
#include <fstream>

#include "content_world.hpp"
#include "stored_fetch.hpp"
#include "support/killed_child.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;
using State = swarm::DownloadReport::State;

class KilledFetch : public ContentWorld {};

/// One life of the node, in the child.
Task<void> live(KilledFetch& t, ContentNode& there, ContentNode& here, Bytes data, bool is_first) {
  const auto id = there.copies.add(std::move(data), "Music/a.flac");
  co_await t.clock_.sleep_for(1s);
  if (is_first) {
    const auto begun = co_await here.relay->fetch({id, std::nullopt, "a.flac", {there.id()}}, guard::Origin::UserLocal);
    EXPECT_TRUE(begun);
  }
  soulfabric::testing::say("begun");
  for (;;) {
    const auto all = here.relay->fetches();
    if (all.empty() || all.front().report.state == State::Done) break;
    co_await t.clock_.sleep_for(5ms);
  }
  soulfabric::testing::say("done");
}

TEST_F(KilledFetch, GoesOnUntilTheFileIsThereOnceAndWhole) {
  const Bytes data = some_bytes(9'000'000);
  const auto child = soulfabric::testing::child_folder();
  const auto folder = child ? std::filesystem::path(*child) : std::filesystem::path(::testing::TempDir()) / ("killed_fetch_" + std::to_string(::getpid()));
  if (child) {
    ContentSettings settings;
    settings.incomplete = folder / "incomplete";
    settings.downloads = folder / "downloads";
    const bool is_first = read_fetches(settings.incomplete / "mesh").empty() && std::filesystem::is_empty(settings.downloads);
    auto& there = add();
    auto& here = add(settings);
    run(live(*this, there, here, data, is_first));
    return;
  }
  std::filesystem::create_directories(folder / "downloads");
  bool was_done = false;
  int kills = 0;
  for (int life = 0; life < 40 && !was_done; ++life) {
    const auto patience = life < 12 ? std::optional(std::chrono::microseconds(std::chrono::milliseconds(150 + 60 * life))) : std::nullopt;
    const auto run = soulfabric::testing::run_child("KilledFetch.GoesOnUntilTheFileIsThereOnceAndWhole", folder.string(), patience);
    kills += run.was_killed ? 1 : 0;
    was_done = std::ranges::find(run.lines, "done") != run.lines.end();
  }
  EXPECT_TRUE(was_done);
  EXPECT_GE(kills, 1);
  std::ifstream in(folder / "downloads" / "a.flac", std::ios::binary);
  EXPECT_TRUE(Bytes(std::istreambuf_iterator<char>(in), {}) == data);
  std::size_t downloads = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "downloads")) downloads += entry.is_regular_file() ? 1U : 0U;
  EXPECT_EQ(downloads, 1U);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace soulfabric::relay
