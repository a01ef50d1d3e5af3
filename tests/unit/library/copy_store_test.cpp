// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept of verified copies, over a power cut.
#include "copy_store.hpp"

#include <gtest/gtest.h>

#include "support/volatile_disk.hpp"

namespace soulfabric::library {
namespace {

using testing::Unsynced;
using testing::VolatileDisk;
using testing::VolatileVfs;

/// How many private marks are there after a cut right behind the second one.
std::size_t marks_after_cut(bool synced) {
  VolatileDisk disk(1);
  disk.add_folder("/d");
  const VolatileVfs vfs(disk);
  {
    auto db = open_copy_store("/d/verified.db", vfs.name());
    EXPECT_TRUE(db);
    if (!db) return 0;
    for (const char* path : {"/srv/a", "/srv/b"}) {
      EXPECT_TRUE(store_private(*db, path, path));
      if (synced) EXPECT_TRUE(sync_copy_store(*db));
    }
    disk.cut_now();
  }
  disk.restore(Unsynced::Lost);
  auto again = open_copy_store("/d/verified.db", vfs.name());
  EXPECT_TRUE(again);
  if (!again) return 0;
  const auto marks = stored_private(*again);
  EXPECT_TRUE(marks);
  return marks ? marks->size() : 0;
}

TEST(CopyStore, KeepsEveryPrivateMarkOverAPowerCut) {
  EXPECT_EQ(marks_after_cut(true), 2U);
  EXPECT_LT(marks_after_cut(false), 2U) << "else this test could not fail";
}

}  // namespace
}  // namespace soulfabric::library
