// SPDX-License-Identifier: GPL-3.0-or-later
// Shares offered to the mesh with verified copies over them, and waiting for what becomes of a file.
#pragma once
#include <string>

#include "share_fixture.hpp"
#include "soulfabric/library/verified.hpp"

namespace soulfabric::library {

class VerifiedTest : public ShareTest {
 public:
  VerifiedTest() { settings_.options.directories[0].mesh = true; }

  using CopyBody = Task<void> (*)(VerifiedTest&, Shares&, VerifiedCopies&);
  /// Shares are scanned before `body` runs.
  void with_copies(CopyBody body) {
    IoContext context;
    SystemIoClock clock;
    clock_ = &clock;
    auto shares = make_shares(context, clock, settings_);
    ASSERT_TRUE(shares) << shares.error().message;
    (*shares)->add_observer(*this);
    verified_.data = settings_.data;
    auto copies = make_verified_copies(context, clock, **shares, verified_);
    copies->on_change([this] { changed_.notify_all(); });
    ::soulfabric::testing::run_task(context, run_copies(**shares, *copies, body));
  }
  [[nodiscard]] Task<void> run_copies(Shares& shares, VerifiedCopies& copies, CopyBody body) {
    const Status started = co_await shares.start();
    EXPECT_TRUE(started) << started.error().message;
    co_await scan_ended(shares);
    const Status reading = co_await copies.start();
    EXPECT_TRUE(reading) << reading.error().message;
    if (started && reading) co_await body(*this, shares, copies);
    co_await copies.stop();
    co_await shares.stop();
  }

  /// Until the file is in none of the passing states.
  [[nodiscard]] Task<CopyStatus> settled(VerifiedCopies& copies, std::string path) {
    const MonoTime deadline = clock_->now() + std::chrono::seconds(30);
    for (;;) {
      const auto status = co_await copies.status_of(path);
      EXPECT_TRUE(status);
      const CopyState state = status ? status->state : CopyState::Unreadable;
      if (state != CopyState::Waiting && state != CopyState::Working) co_return *status;
      const bool is_late = clock_->now() >= deadline;
      EXPECT_FALSE(is_late) << path << " is still " << name_of(state);
      if (is_late) co_return *status;
      // The end of a reading that verified nothing is told to nobody: looked for a few times a second.
      const bool was_told = co_await changed_.wait(*clock_, clock_->now() + std::chrono::milliseconds(20));
      (void)was_told;
    }
  }
  /// Until `find` gives it.
  [[nodiscard]] Task<void> served(VerifiedCopies& copies, ContentId id) {
    const MonoTime deadline = clock_->now() + std::chrono::seconds(30);
    while (!copies.find(id)) {
      const bool in_time = co_await changed_.wait(*clock_, deadline);
      EXPECT_TRUE(in_time) << "the copy is not served";
      if (!in_time) co_return;
    }
  }
  /// Until `find` gives nothing for it any more.
  [[nodiscard]] Task<void> withdrawn(VerifiedCopies& copies, ContentId id) {
    const MonoTime deadline = clock_->now() + std::chrono::seconds(30);
    while (copies.find(id)) {
      const bool in_time = co_await changed_.wait(*clock_, deadline);
      EXPECT_TRUE(in_time) << "the copy is still served";
      if (!in_time) co_return;
    }
  }
  [[nodiscard]] std::filesystem::path music_folder() const { return music(); }
  [[nodiscard]] static ContentId id_of(ByteView content) { return ContentId{crypto::sha256(content)}; }

  VerifiedSettings verified_;
};

}  // namespace soulfabric::library
