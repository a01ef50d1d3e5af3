// SPDX-License-Identifier: GPL-3.0-or-later
// The upload queue against a plain model: who is next, who stands where, and that equal users get equal shares.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/upload_core.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::soulseek::core {
namespace {

UploadOptions one_slot(UploadOrder order = UploadOrder::RoundRobin) {
  UploadOptions options;
  options.slots = 1;
  options.order = order;
  return options;
}

TEST(UploadQueue, ServesUsersInTurnAndTheirFilesInOrder) {
  UploadQueue q(one_slot());
  for (UploadId id = 1; id <= 3; ++id) q.add(id, "a", 1);
  q.add(10, "b", 1);
  q.add(11, "b", 1);
  q.add(20, "c", 1);
  std::vector<UploadId> order;
  while (const auto id = q.next()) {
    order.push_back(*id);
    q.finished(*id);
  }
  EXPECT_EQ(order, (std::vector<UploadId>{1, 10, 20, 2, 11, 3}));
}

TEST(UploadQueue, FirstInFirstOutGoesByArrival) {
  UploadQueue q(one_slot(UploadOrder::FirstInFirstOut));
  q.add(1, "a", 1);
  q.add(2, "a", 1);
  q.add(3, "b", 1);
  q.add(4, "a", 1);
  std::vector<UploadId> order;
  while (const auto id = q.next()) {
    order.push_back(*id);
    q.finished(*id);
  }
  EXPECT_EQ(order, (std::vector<UploadId>{1, 2, 3, 4}));
}

TEST(UploadQueue, PrivilegedUsersGoFirst) {
  UploadQueue q(one_slot());
  q.add(1, "a", 1);
  q.add(2, "rich", 1);
  q.add(3, "rich", 1);
  q.set_privileged("rich", true);
  EXPECT_EQ(q.place(1), 3U);
  EXPECT_EQ(q.next(), 2U);
  q.finished(2);
  EXPECT_EQ(q.next(), 3U);
}

TEST(UploadQueue, OneFileAtATimePerUserAndNoMoreThanTheSlots) {
  UploadOptions options;
  options.slots = 2;
  UploadQueue q(options);
  q.add(1, "a", 1);
  q.add(2, "a", 1);
  EXPECT_EQ(q.next(), 1U);
  EXPECT_EQ(q.next(), std::nullopt) << "the second file of the same user waits";
  q.add(3, "b", 1);
  q.add(4, "c", 1);
  EXPECT_EQ(q.next(), 3U);
  EXPECT_EQ(q.next(), std::nullopt) << "both slots are in use";
  q.finished(1);
  EXPECT_EQ(q.next(), 4U) << "c has waited longer than a";
}

TEST(UploadQueue, UsersWhoAreOfflineKeepTheirFilesButNotTheirTurn) {
  UploadQueue q(one_slot());
  q.add(1, "a", 1);
  q.add(2, "b", 1);
  q.set_online("a", false);
  EXPECT_EQ(q.place(2), 1U);
  EXPECT_EQ(q.next(), 2U);
  q.finished(2);
  EXPECT_EQ(q.next(), std::nullopt);
  q.set_online("a", true);
  EXPECT_EQ(q.next(), 1U);
}

TEST(UploadQueue, RefusesWithTheExactWordsAtTheLimits) {
  UploadOptions options;
  options.queued_files = 2;
  options.queued_megabytes = 10;
  options.most_in_all = 3;
  UploadQueue q(options);
  EXPECT_EQ(q.refuse("a", 50'000'000), std::nullopt) << "one file may always be queued, however large";
  q.add(1, "a", 9'000'000);
  EXPECT_EQ(q.refuse("a", 1'000'000), refusal::kTooManyMegabytes);
  EXPECT_EQ(q.refuse("a", 10), std::nullopt);
  q.add(2, "a", 10);
  EXPECT_EQ(q.refuse("a", 10), refusal::kTooManyFiles);
  EXPECT_TRUE(q.remove(2));
  EXPECT_EQ(q.refuse("a", 10), std::nullopt);
  q.add(3, "b", 1);
  q.add(4, "c", 1);
  EXPECT_EQ(q.refuse("d", 1), refusal::kTooManyFiles) << "the whole queue is full";
}

/// The same rules said as plainly as possible.
struct Model {
  struct File {
    UploadId id;
    std::string user;
    std::uint64_t number;
  };
  std::vector<File> files;
  std::map<std::string, std::uint64_t> turn;
  std::map<std::string, bool> privileged;
  std::map<std::string, bool> offline;
  std::map<std::string, UploadId> busy;
  std::uint64_t counter = 0;
  bool fifo = false;

  void add(UploadId id, const std::string& user) {
    ++counter;
    if (std::none_of(files.begin(), files.end(), [&](const File& f) { return f.user == user; })) turn[user] = (busy.contains(user) ? 1ULL << 62U : 0) + counter;
    files.push_back({id, user, counter});
  }
  std::optional<UploadId> pick(std::size_t slots) {
    if (busy.size() >= slots) return std::nullopt;
    const File* best = nullptr;
    const auto key = [&](const File& f) { return std::tuple(!privileged[f.user], fifo ? first(f.user) : turn[f.user], f.number); };
    for (const File& f : files) {
      if (busy.contains(f.user) || offline[f.user]) continue;
      if (best == nullptr || key(f) < key(*best)) best = &f;
    }
    if (best == nullptr) return std::nullopt;
    const File taken = *best;
    std::erase_if(files, [&](const File& f) { return f.id == taken.id; });
    turn[taken.user] = (1ULL << 62U) + ++counter;
    busy[taken.user] = taken.id;
    return taken.id;
  }
  void finish(const std::string& user) {
    turn[user] = ++counter;
    busy.erase(user);
  }
  std::uint64_t first(const std::string& user) const {
    for (const File& f : files) {
      if (f.user == user) return f.number;
    }
    return 0;
  }
  /// Serves everything, one file after the other, and counts.
  std::uint32_t place(UploadId id) const {
    Model copy = *this;
    std::vector<std::pair<std::uint64_t, std::string>> served;
    for (const auto& [user, file] : busy) served.emplace_back(turn.at(user), user);
    std::sort(served.begin(), served.end());
    for (const auto& [when, user] : served) copy.finish(user);
    const auto own = std::find_if(files.begin(), files.end(), [&](const File& f) { return f.id == id; });
    copy.offline[own->user] = false;
    for (std::uint32_t n = 1;; ++n) {
      const auto next = copy.pick(1);
      if (!copy.busy.empty()) copy.finish(std::string(copy.busy.begin()->first));
      if (next == id) return n;
      if (!next) return 0;
    }
  }
};

TEST(UploadQueue, AgreesWithThePlainModelInRandomHistories) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRandom random(seed);
    UploadOptions options;
    options.slots = 3;
    options.order = seed % 3 == 0 ? UploadOrder::FirstInFirstOut : UploadOrder::RoundRobin;
    UploadQueue q(options);
    Model m;
    m.fifo = options.order == UploadOrder::FirstInFirstOut;
    UploadId next_id = 1;
    for (int step = 0; step < 400; ++step) {
      const std::string user(1, static_cast<char>('a' + random.below(6)));
      switch (random.below(8)) {
        case 0:
        case 1:
        case 2:
          q.add(next_id, user, 1);
          m.add(next_id++, user);
          break;
        case 3: {
          const auto got = q.next();
          ASSERT_EQ(got, m.pick(options.slots)) << "seed " << seed << " step " << step;
          break;
        }
        case 4:
          if (m.busy.contains(user)) {
            q.finished(m.busy[user]);
            m.finish(user);
          }
          break;
        case 5: {
          const bool on = random.below(2) == 0;
          q.set_privileged(user, on);
          m.privileged[user] = on;
          break;
        }
        case 6:
          if (q.queued_of(user) > 0 || m.busy.contains(user)) {
            const bool off = random.below(2) == 0;
            q.set_online(user, !off);
            m.offline[user] = off;
          }
          break;
        default:
          if (!m.files.empty()) {
            const auto at = static_cast<std::size_t>(random.below(m.files.size()));
            const UploadId id = m.files[at].id;
            ASSERT_EQ(q.place(id), m.place(id)) << "seed " << seed << " step " << step;
            if (random.below(3) == 0) {
              EXPECT_TRUE(q.remove(id));
              m.files.erase(m.files.begin() + static_cast<std::ptrdiff_t>(at));
            }
          }
          break;
      }
      // A user of whom nothing is left is forgotten, online state included.
      for (char c = 'a'; c < 'g'; ++c) {
        const std::string name(1, c);
        if (q.queued_of(name) == 0 && !m.busy.contains(name)) m.offline[name] = false;
      }
      ASSERT_EQ(q.queued(), m.files.size());
    }
  }
}

/// Ten users who always have something queued, files of all sizes, a few of them greedy: with one file per turn each gets the
/// same number of files (Jain's index over files served).
TEST(UploadQueue, EqualUsersGetEqualShares) {
  SeededRandom random(5);
  UploadOptions options;
  options.slots = 4;
  UploadQueue q(options);
  std::map<std::string, double> served;
  std::vector<std::pair<UploadId, std::string>> running;
  UploadId next_id = 1;
  const auto name = [](std::uint64_t i) { return "user" + std::to_string(i); };
  std::map<UploadId, std::string> owner;
  const auto fill = [&] {
    for (std::uint64_t i = 0; i < 10; ++i) {
      const std::size_t wanted = i < 3 ? 1000 : 1 + static_cast<std::size_t>(random.below(3));
      while (q.queued_of(name(i)) < wanted) {
        owner[next_id] = name(i);
        q.add(next_id++, name(i), 1);
      }
    }
  };
  for (int round = 0; round < 5000; ++round) {
    fill();
    while (const auto id = q.next()) running.emplace_back(*id, owner[*id]);
    const auto at = static_cast<std::size_t>(random.below(running.size()));
    q.finished(running[at].first);
    served[running[at].second] += 1;
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
  }
  double sum = 0;
  double squares = 0;
  for (std::uint64_t i = 0; i < 10; ++i) {
    sum += served[name(i)];
    squares += served[name(i)] * served[name(i)];
  }
  EXPECT_GE(sum * sum / (10 * squares), 0.95);
}

TEST(DenialMemory, RemembersForAWhileAndBoundsItself) {
  UploadOptions options;
  options.denials_remembered = 10;
  DenialMemory memory(options);
  const MonoTime now{std::chrono::hours(1)};
  memory.remember("a", "x", refusal::kNotShared, now);
  EXPECT_EQ(memory.recall("a", "x", now + std::chrono::seconds(59)), refusal::kNotShared);
  EXPECT_EQ(memory.recall("a", "x", now + std::chrono::seconds(60)), std::nullopt);
  EXPECT_EQ(memory.recall("b", "x", now), std::nullopt);
  for (int i = 0; i < 10; ++i) memory.remember("a", std::to_string(i), refusal::kNotShared, now);
  EXPECT_EQ(memory.recall("a", "x", now), std::nullopt) << "the oldest went";
  memory.clear();
  EXPECT_EQ(memory.recall("a", "9", now), std::nullopt);
}

TEST(DenialMemory, AnswersABurstThenTheRate) {
  UploadOptions options;
  DenialMemory memory(options);
  MonoTime now{std::chrono::hours(1)};
  int answered = 0;
  for (int i = 0; i < 20'000; ++i) answered += memory.may_answer("a", now) ? 1 : 0;
  EXPECT_EQ(answered, 200);
  now += std::chrono::seconds(1);
  answered = 0;
  for (int i = 0; i < 20'000; ++i) answered += memory.may_answer("a", now) ? 1 : 0;
  EXPECT_EQ(answered, 10);
  EXPECT_TRUE(memory.may_answer("b", now));
}

}  // namespace
}  // namespace soulfabric::soulseek::core
