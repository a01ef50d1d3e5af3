// SPDX-License-Identifier: GPL-3.0-or-later
// The download core event by event: every refusal, every timer, cancel and failure in every phase, and random walks.
#include <gtest/gtest.h>

#include "core/denial.hpp"
#include "core/download_core.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::soulseek::core {
namespace {

using namespace std::chrono_literals;

/// A core with one download and the actions it gave.
struct Bench {
  explicit Bench(const DownloadOptions& options = {}) : core(options) {
    core.on_session(true, now, out);
    id = *core.add("bob", kPath, 100, 0);
    core.begin(id, now, out);
  }
  static constexpr auto kPath = "m\\\xC3\xA9t\xC3\xA9.mp3";
  template <class A>
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (const auto& action : out) n += std::holds_alternative<A>(action) ? 1 : 0;
    return n;
  }
  template <class A>
  [[nodiscard]] A last() const {
    for (auto at = out.rbegin(); at != out.rend(); ++at) {
      if (const auto* found = std::get_if<A>(&*at)) return *found;
    }
    ADD_FAILURE() << "no such action";
    return A{};
  }
  [[nodiscard]] const Download& d() const { return *core.find(id); }
  [[nodiscard]] std::string state() const { return to_string(d().state); }
  void sent(RequestResult result = RequestResult::Sent) { core.on_requested(id, last<SendQueueUpload>().epoch, result, "no way", now, out); }
  void ready(std::uint64_t size = 100) { core.on_ready("bob", kPath, ++token, size, out); }
  void slot(bool granted = true) { core.on_slot(id, d().epoch, granted, now, out); }
  void file() { EXPECT_TRUE(core.on_file("bob", token, out)); }
  void end(FileEnd how, std::uint64_t gained = 0) { core.on_file_end(id, d().epoch, how, gained, "broke", now, out); }
  void pass(Duration time) {
    now += time;
    core.on_tick(now, out);
  }
  /// Brings the download to a phase from the start.
  void bring_to(DownloadPhase phase) {
    if (phase >= DownloadPhase::Remote) sent();
    if (phase >= DownloadPhase::Accepting) ready();
    if (phase >= DownloadPhase::AwaitingFile) slot();
    if (phase >= DownloadPhase::Transferring) file();
    if (phase == DownloadPhase::Waiting) sent(RequestResult::Offline);
    EXPECT_EQ(d().phase, phase);
  }

  MonoTime now{1h};
  DownloadActions out;
  DownloadCore core;
  DownloadId id = 0;
  std::uint32_t token = 10;
};

constexpr DownloadPhase kPhases[] = {DownloadPhase::Waiting,      DownloadPhase::Requesting,   DownloadPhase::Remote,
                                     DownloadPhase::Accepting,    DownloadPhase::AwaitingFile, DownloadPhase::Transferring};

TEST(DownloadCore, WalksThroughTheStatesOfSlskd) {
  Bench b;
  EXPECT_EQ(b.state(), "Queued, Locally");
  b.sent();
  EXPECT_EQ(b.state(), "Queued, Remotely");
  b.ready();
  EXPECT_EQ(b.state(), "Initializing");
  EXPECT_EQ(b.count<SendTransferResponse>(), 0U) << "no answer before there is a slot";
  b.slot();
  EXPECT_TRUE(b.last<SendTransferResponse>().allowed);
  EXPECT_EQ(b.last<SendTransferResponse>().token, b.token);
  b.file();
  EXPECT_EQ(b.state(), "InProgress");
  b.end(FileEnd::Complete, 100);
  EXPECT_EQ(b.state(), "Completed, Succeeded");
  EXPECT_EQ(b.count<ReleaseFile>(), 1U);
  EXPECT_EQ(b.core.active(), 0U);
  EXPECT_EQ(b.core.next_deadline(), MonoTime::max());
}

TEST(DownloadCore, CancelInEveryPhaseEndsItAndTakesEverythingBack) {
  for (const DownloadPhase phase : kPhases) {
    Bench b;
    b.bring_to(phase);
    b.out.clear();
    b.core.cancel(b.id, b.now, b.out);
    EXPECT_EQ(b.state(), "Completed, Cancelled");
    const bool holds = phase == DownloadPhase::Accepting || phase == DownloadPhase::AwaitingFile || phase == DownloadPhase::Transferring;
    EXPECT_EQ(b.count<ReleaseFile>(), holds ? 1U : 0U);
    EXPECT_EQ(b.core.next_deadline(), MonoTime::max());
    // Late answers change nothing, and a late announcement is refused.
    b.core.on_denied("bob", Bench::kPath, "Banned", b.now, b.out);
    b.core.on_failed("bob", Bench::kPath, b.now, b.out);
    b.ready();
    EXPECT_FALSE(b.last<SendTransferResponse>().allowed);
    EXPECT_EQ(b.last<SendTransferResponse>().reason, "Cancelled");
    EXPECT_EQ(b.state(), "Completed, Cancelled");
  }
}

TEST(DownloadCore, LosingTheSessionInEveryPhaseQueuesItForTheNextLogin) {
  for (const DownloadPhase phase : kPhases) {
    Bench b;
    b.bring_to(phase);
    b.core.on_session(false, b.now, b.out);
    if (phase == DownloadPhase::Transferring) {
      EXPECT_EQ(b.state(), "InProgress") << "a running transfer needs no server";
      b.end(FileEnd::Closed, 1);
      b.pass(1min);
    }
    EXPECT_EQ(b.state(), "Queued, Locally");
    const auto before = b.count<SendQueueUpload>();
    b.core.on_session(true, b.now, b.out);
    EXPECT_EQ(b.count<SendQueueUpload>(), before + 1) << static_cast<int>(phase);
  }
}

TEST(DownloadCore, UserGoingOfflineInEveryPhaseQueuesItForTheReturn) {
  for (const DownloadPhase phase : kPhases) {
    Bench b;
    b.bring_to(phase);
    b.core.on_user("bob", false, b.now, b.out);
    if (phase == DownloadPhase::Transferring) {
      EXPECT_EQ(b.state(), "InProgress");
      continue;
    }
    EXPECT_EQ(b.d().hold, Hold::Offline);
    b.pass(24h);
    const auto before = b.count<SendQueueUpload>();
    b.core.on_user("bob", true, b.now, b.out);
    EXPECT_EQ(b.count<SendQueueUpload>(), before + 1);
    EXPECT_EQ(b.d().failures, 0U);
  }
}

struct Refusal {
  const char* words;
  const char* state;  // afterwards
  Duration again;     // until it is requested again; 0: at once, max: never
};
const Refusal kRefusals[] = {
    {"Queued", "Queued, Remotely", Duration::max()},
    {"queued.", "Queued, Remotely", Duration::max()},
    {"Cancelled", "Completed, Rejected", Duration::max()},
    {"File not shared.", "Queued, Locally", 0s},
    {"File not shared", "Queued, Locally", 0s},
    {"Remote file error", "Queued, Locally", 0s},
    {"File read error.", "Queued, Locally", 15min},
    {"Pending shutdown.", "Queued, Locally", 3min},
    {"Too many files", "Queued, Locally", 12min},
    {"Too many megabytes", "Queued, Locally", 12min},
    {"User limit of 50 files exceeded", "Queued, Locally", 12min},
    {"Overwhelmed with requests; try again later.", "Queued, Locally", 5min},
    {"Enqueue failed due to internal error", "Queued, Locally", 5s},
    {"Banned", "Completed, Rejected", Duration::max()},
    {"Banned (because)", "Completed, Rejected", Duration::max()},
    {"Disallowed extension", "Completed, Rejected", Duration::max()},
    {"Blocked country", "Completed, Rejected", Duration::max()},
    {"Too many files this week", "Completed, Rejected", Duration::max()},
    {"Too many failed transfers today", "Completed, Rejected", Duration::max()},
    {"", "Completed, Rejected", Duration::max()},
    {"Completed, Succeeded", "Completed, Rejected", Duration::max()},
};

TEST(DownloadCore, UnderstandsEveryRefusal) {
  for (const Refusal& r : kRefusals) {
    for (const DownloadPhase phase : {DownloadPhase::Requesting, DownloadPhase::Remote}) {
      Bench b;
      b.bring_to(phase);
      const auto before = b.count<SendQueueUpload>();
      b.core.on_denied("bob", Bench::kPath, r.words, b.now, b.out);
      if (std::string_view(r.state) == "Queued, Remotely" && phase == DownloadPhase::Requesting) continue;
      EXPECT_EQ(b.state(), r.state) << r.words;
      if (r.again == Duration::max()) continue;
      if (r.again > 0s) {
        EXPECT_EQ(b.count<SendQueueUpload>(), before) << r.words;
        b.pass(r.again - 1ms);
        EXPECT_EQ(b.count<SendQueueUpload>(), before) << r.words;
        b.pass(1ms);
      }
      EXPECT_EQ(b.count<SendQueueUpload>(), before + 1) << r.words;
    }
  }
}

TEST(DownloadCore, AsksOnceMoreInLatin1ThenBelievesIt) {
  Bench b;
  b.sent();
  b.core.on_denied("bob", Bench::kPath, "File not shared.", b.now, b.out);
  EXPECT_EQ(b.d().wire_path, "m\\\xE9t\xE9.mp3");
  b.sent();
  b.core.on_denied("bob", "m\\\xE9t\xE9.mp3", "File not shared.", b.now, b.out);
  EXPECT_EQ(b.state(), "Completed, Rejected");
  EXPECT_EQ(b.d().problem, "Transfer rejected: File not shared.");
  EXPECT_FALSE(b.core.is_active("bob", "m\\\xE9t\xE9.mp3"));
}

TEST(DownloadCore, FailsAfterThreeAttemptsWithGrowingPauses) {
  Bench b;
  for (const auto pause : {5s, 10s}) {
    b.sent(RequestResult::Failed);
    EXPECT_EQ(b.state(), "Queued, Locally");
    EXPECT_EQ(*b.d().retry_at - b.now, Duration(pause));
    b.pass(pause);
  }
  b.sent(RequestResult::Failed);
  EXPECT_EQ(b.state(), "Completed, TimedOut");
  EXPECT_EQ(b.d().attempts, 3U);
  EXPECT_EQ(b.d().problem, "no way");
}

TEST(DownloadCore, NeverGivesUpWhileBytesCome) {
  Bench b;
  for (int i = 0; i < 100; ++i) {
    b.bring_to(DownloadPhase::Transferring);
    b.end(FileEnd::Closed, 1);
    EXPECT_EQ(*b.d().retry_at - b.now, Duration(5s));
    b.pass(5s);
  }
  EXPECT_EQ(b.d().attempts, 100U);
  for (int i = 0; i < 3; ++i) {
    b.bring_to(DownloadPhase::Transferring);
    b.end(FileEnd::TimedOut, 0);
    b.pass(1min);
  }
  EXPECT_EQ(b.state(), "Completed, TimedOut");
}

TEST(DownloadCore, WaitsFortyFiveSecondsForTheFile) {
  Bench b;
  b.bring_to(DownloadPhase::AwaitingFile);
  b.pass(44s);
  EXPECT_EQ(b.state(), "Initializing");
  b.pass(1s);
  EXPECT_EQ(b.state(), "Queued, Locally");
  EXPECT_FALSE(b.core.on_file("bob", b.token, b.out)) << "its token is void";
}

TEST(DownloadCore, AsksForThePlaceAndThenForTheFileAgain) {
  Bench b;
  b.sent();
  for (int i = 0; i < 3; ++i) b.pass(5min);
  EXPECT_EQ(b.count<SendPlaceRequest>(), 3U);
  b.core.on_place("bob", Bench::kPath, 17, b.out);
  EXPECT_EQ(b.d().place, 17U);
  for (int i = 0; i < 3; ++i) b.pass(5min);
  EXPECT_EQ(b.count<SendQueueUpload>(), 1U);
  b.pass(5min);
  EXPECT_EQ(b.count<SendQueueUpload>(), 2U) << "three questions without an answer: the peer forgot us";
}

TEST(DownloadCore, SizeRules) {
  Bench b;
  b.sent();
  b.ready(0);
  EXPECT_EQ(b.d().size, 100U) << "0 is what old Qt says of large files";
  EXPECT_FALSE(b.d().discard_partial);
  b.ready(200);
  EXPECT_EQ(b.d().size, 200U);
  EXPECT_TRUE(b.d().discard_partial);
}

TEST(DownloadCore, NewAnnouncementReplacesTheOldOne) {
  Bench b;
  b.bring_to(DownloadPhase::AwaitingFile);
  const auto old = b.token;
  b.ready();
  EXPECT_EQ(b.last<SendTransferResponse>().token, b.token);
  EXPECT_FALSE(b.core.on_file("bob", old, b.out));
  b.file();
  const auto epoch = b.d().epoch;
  b.out.clear();
  b.ready();
  EXPECT_EQ(b.count<ReleaseFile>(), 1U);
  EXPECT_EQ(b.count<AcquireSlot>(), 1U);
  b.core.on_file_end(b.id, epoch, FileEnd::Dropped, 5, "", b.now, b.out);
  EXPECT_EQ(b.state(), "Initializing") << "the end of the old connection is not the end of the new";
}

TEST(DownloadCore, WithoutASlotDeclinesAndComesBackWhenOneIsFree) {
  Bench b;
  const DownloadId other = *b.core.add("carol", "x", 1, 0);
  b.core.begin(other, b.now, b.out);
  b.core.on_requested(other, b.last<SendQueueUpload>().epoch, RequestResult::Sent, "", b.now, b.out);
  b.core.on_requested(b.id, b.d().epoch, RequestResult::Sent, "", b.now, b.out);
  b.ready();
  b.slot(false);
  EXPECT_FALSE(b.last<SendTransferResponse>().allowed);
  EXPECT_EQ(b.state(), "Queued, Locally");
  const auto before = b.count<SendQueueUpload>();
  b.core.cancel(other, b.now, b.out);
  EXPECT_EQ(b.count<SendQueueUpload>(), before + 1);
}

TEST(DownloadCore, LimitedFilesFollowFiveAtATimeWhenOneEnds) {
  Bench b;
  b.sent();
  std::vector<DownloadId> more;
  for (int i = 0; i < 8; ++i) {
    const std::string path = "f" + std::to_string(i);
    more.push_back(*b.core.add("bob", path, 1, 0));
    b.core.begin(more.back(), b.now, b.out);
    b.core.on_requested(more.back(), b.last<SendQueueUpload>().epoch, RequestResult::Sent, "", b.now, b.out);
    b.core.on_denied("bob", path, "Too many files", b.now, b.out);
  }
  b.ready();
  b.slot();
  b.file();
  const auto before = b.count<SendQueueUpload>();
  b.end(FileEnd::Complete, 100);
  EXPECT_EQ(b.count<SendQueueUpload>(), before + 5);
}

TEST(DownloadCore, LateUploadFailedOfTheAttemptBeforeIsIgnored) {
  Bench b;
  b.bring_to(DownloadPhase::Transferring);
  b.end(FileEnd::Closed, 1);
  b.pass(5s);
  b.sent();
  b.core.on_failed("bob", Bench::kPath, b.now + 1s, b.out);
  EXPECT_EQ(b.state(), "Queued, Remotely");
  b.core.on_failed("bob", Bench::kPath, b.now + 11s, b.out);
  EXPECT_EQ(b.state(), "Queued, Locally");
}

TEST(DownloadCore, KeepsRequestsInFlightBounded) {
  DownloadOptions options;
  options.requests_at_once = 4;
  Bench b(options);
  for (int i = 0; i < 20; ++i) b.core.begin(*b.core.add("u", std::to_string(i), 1, 0), b.now, b.out);
  EXPECT_EQ(b.count<SendQueueUpload>(), 4U);
  const auto first = std::get<SendQueueUpload>(*std::find_if(b.out.begin(), b.out.end(), [](const auto& a) { return std::holds_alternative<SendQueueUpload>(a); }));
  b.core.on_requested(first.id, first.epoch, RequestResult::Sent, "", b.now, b.out);
  EXPECT_EQ(b.count<SendQueueUpload>(), 5U);
}

bool is_legal(TransferState state) {
  const std::string text = to_string(state);
  for (const auto* legal : {"Requested", "Queued, Locally", "Queued, Remotely", "Initializing", "InProgress", "Completed, Succeeded", "Completed, Cancelled",
                            "Completed, TimedOut", "Completed, Errored", "Completed, Rejected", "Completed, Aborted"}) {
    if (text == legal) return true;
  }
  return false;
}

/// Whatever happens in whatever order, states stay legal; and when peers fall silent and time passes, nothing waits for ever
/// but for a login or a user's return.
TEST(DownloadCore, RandomWalksNeverStickNorLeaveTheStates) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    Bench b;
    std::vector<DownloadId> ids{b.id};
    for (int i = 0; i < 5; ++i) {
      ids.push_back(*b.core.add(i % 2 == 0 ? "bob" : "carol", "p" + std::to_string(i), 10, 0));
      b.core.begin(ids.back(), b.now, b.out);
    }
    std::vector<SendQueueUpload> asked;
    std::vector<AcquireSlot> slots;
    const auto collect = [&] {
      for (const auto& action : b.out) {
        if (const auto* a = std::get_if<SendQueueUpload>(&action)) asked.push_back(*a);
        if (const auto* a = std::get_if<AcquireSlot>(&action)) slots.push_back(*a);
      }
      b.out.clear();
    };
    const auto answer = [&](bool kindly) {
      collect();
      while (!asked.empty() || !slots.empty()) {
        if (!asked.empty()) {
          const auto a = asked.back();
          asked.pop_back();
          b.core.on_requested(a.id, a.epoch, kindly ? RequestResult::Sent : static_cast<RequestResult>(random.below(4)), "x", b.now, b.out);
        } else {
          const auto a = slots.back();
          slots.pop_back();
          b.core.on_slot(a.id, a.epoch, kindly || random.below(3) > 0, b.now, b.out);
        }
        collect();
      }
    };
    for (int step = 0; step < 300; ++step) {
      const DownloadId id = ids[static_cast<std::size_t>(random.below(ids.size()))];
      const Download d = *b.core.find(id);
      switch (random.below(11)) {
        case 0: b.core.on_ready(d.user, d.path, static_cast<std::uint32_t>(random.below(5)), random.below(3) * 50, b.out); break;
        case 1: b.core.on_denied(d.user, d.path, kRefusals[random.below(std::size(kRefusals))].words, b.now, b.out); break;
        case 2: b.core.on_failed(d.user, d.path, b.now, b.out); break;
        case 3: b.core.on_place(d.user, d.path, 3, b.out); break;
        case 4: static_cast<void>(b.core.on_file(d.user, d.token.value_or(1), b.out)); break;
        case 5: b.core.on_file_end(id, d.epoch, static_cast<FileEnd>(random.below(5)), random.below(2), "y", b.now, b.out); break;
        case 6: b.core.on_user(d.user, random.below(2) == 0, b.now, b.out); break;
        case 7: b.core.on_session(random.below(3) > 0, b.now, b.out); break;
        case 8: b.pass(std::chrono::seconds(random.below(400))); break;
        case 9: if (random.below(20) == 0) b.core.cancel(id, b.now, b.out); break;
        default: answer(false); break;
      }
      for (const DownloadId each : ids) ASSERT_TRUE(is_legal(b.core.find(each)->state)) << to_string(b.core.find(each)->state);
    }
    b.core.on_session(true, b.now, b.out);
    b.core.on_user("bob", true, b.now, b.out);
    b.core.on_user("carol", true, b.now, b.out);
    for (int hour = 0; hour < 40; ++hour) {
      for (int i = 0; i < 60; ++i) {
        answer(true);
        b.pass(1min);
      }
      answer(true);
      for (const DownloadId id : ids) {
        const Download d = *b.core.find(id);
        if (d.phase == DownloadPhase::Transferring) b.core.on_file_end(id, d.epoch, FileEnd::TimedOut, 0, "silent", b.now, b.out);
        if (d.phase == DownloadPhase::Remote) b.core.on_ready(d.user, d.path, static_cast<std::uint32_t>(random.below(1000)), 10, b.out);
      }
    }
    for (const DownloadId id : ids) EXPECT_EQ(b.core.find(id)->phase, DownloadPhase::Done) << "seed " << seed << ": " << to_string(b.core.find(id)->state);
    EXPECT_EQ(b.core.active(), 0U);
  }
}

}  // namespace
}  // namespace soulfabric::soulseek::core
