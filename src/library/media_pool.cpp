// SPDX-License-Identifier: GPL-3.0-or-later
// Keeping children busy, and finding the one file that ends them.
#include "media_pool.hpp"

#include <poll.h>

#include <algorithm>

namespace soulfabric::library {

struct MediaPool::Slot {
  struct Batch {
    std::uint32_t number = 0;
    std::vector<MediaJob> jobs;
    MonoTime deadline;
  };
  std::optional<MediaChild> child;
  std::deque<Batch> under_way;
  std::uint64_t files = 0;  // given to the present child
  /// A file is alone in the child and nothing may follow it.
  [[nodiscard]] bool is_proving() const { return under_way.size() == 1 && under_way.front().jobs.size() == 1; }
  bool is_readable = false;
};

MediaPool::MediaPool(MediaPoolOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
  options_.batch = std::clamp<std::size_t>(options_.batch, 1, kMaxMediaBatch);
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.children, 1); ++i) slots_.push_back(std::make_unique<Slot>());
}

MediaPool::~MediaPool() = default;

Status MediaPool::run(MediaSource& source, const std::atomic<bool>& stop) {
  source_ended_ = false;
  Status result;
  while (!stop) {
    bool is_busy = false;
    for (const auto& slot : slots_) {
      result = refill(*slot, source);
      if (!result) break;
      is_busy = is_busy || !slot->under_way.empty();
    }
    if (!result || !is_busy) break;
    wait_for_answers();
    for (const auto& slot : slots_) {
      if (slot->is_readable) {
        take_answer(*slot, source);
      } else if (!slot->under_way.empty() && clock_.now() >= slot->under_way.front().deadline) {
        lose_child(*slot, source);
      }
    }
  }
  if (stop && result) result = fail(Errc::Cancelled, "The reading of tags was ended.");
  suspects_.clear();
  for (const auto& slot : slots_) *slot = Slot();
  return result;
}

Status MediaPool::refill(Slot& slot, MediaSource& source) {
  while (slot.under_way.size() < 2) {
    if (slot.files >= options_.files_per_child) {
      if (!slot.under_way.empty()) return {};
      slot.child.reset();
      slot.files = 0;
    }
    std::vector<MediaJob> jobs;
    jobs.reserve(options_.batch);
    if (!suspects_.empty()) {
      // Alone in its child, so that there is no doubt whose fault it is.
      if (!slot.under_way.empty()) return {};
      jobs.push_back(std::move(suspects_.front()));
      suspects_.pop_front();
      return send_batch(slot, std::move(jobs));
    }
    if (slot.is_proving()) return {};
    while (jobs.size() < options_.batch && slot.files + jobs.size() < options_.files_per_child && !source_ended_) {
      auto job = source.next();
      if (!job) {
        source_ended_ = true;
        break;
      }
      jobs.push_back(std::move(*job));
    }
    if (jobs.empty()) return {};
    SF_TRY(send_batch(slot, std::move(jobs)));
  }
  return {};
}

Status MediaPool::send_batch(Slot& slot, std::vector<MediaJob> jobs) {
  if (!slot.child) {
    SF_TRY_ASSIGN(slot.child, MediaChild::spawn(options_.program));
    slot.files = 0;
  }
  MediaRequest request;
  request.batch = ++last_batch_;
  std::vector<int> descriptors;
  request.items.reserve(jobs.size());
  descriptors.reserve(jobs.size());
  for (const MediaJob& job : jobs) {
    request.items.push_back({job.size, job.extension});
    descriptors.push_back(job.file.get());
  }
  const Duration wait = jobs.size() == 1 ? options_.single_wait : options_.batch_wait;
  files_sent_ += jobs.size();
  slot.files += jobs.size();
  slot.under_way.push_back({request.batch, std::move(jobs), clock_.now() + wait});
  // Where the child is gone the socket reads as ended, and the batch is dealt with there.
  (void)slot.child->send(request, descriptors);
  return {};
}

void MediaPool::wait_for_answers() {
  std::vector<pollfd> waits;
  MonoTime first = MonoTime::max();
  for (const auto& slot : slots_) {
    const bool is_busy = !slot->under_way.empty();
    waits.push_back({is_busy ? slot->child->socket() : -1, POLLIN, 0});
    if (is_busy) first = std::min(first, slot->under_way.front().deadline);
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(first - clock_.now()).count();
  // A cancelled scan is noticed within a quarter of a second.
  const int milliseconds = static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 250));
  const int ready = ::poll(waits.data(), waits.size(), milliseconds);
  for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i]->is_readable = ready > 0 && waits[i].revents != 0;
}

void MediaPool::take_answer(Slot& slot, MediaSource& source) {
  const auto answer = slot.child->receive();
  if (!answer || answer->batch != slot.under_way.front().number || answer->items.size() != slot.under_way.front().jobs.size()) {
    lose_child(slot, source);
    return;
  }
  const Slot::Batch batch = std::move(slot.under_way.front());
  slot.under_way.pop_front();
  // The next one was waiting for its turn until now.
  if (!slot.under_way.empty()) slot.under_way.front().deadline = clock_.now() + options_.batch_wait;
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) source.done(batch.jobs[i].key, answer->items[i].packed);
}

void MediaPool::lose_child(Slot& slot, MediaSource& source) {
  ++children_lost_;
  slot.child.reset();
  std::deque<Slot::Batch> batches = std::exchange(slot.under_way, {});
  if (batches.size() == 1 && batches.front().jobs.size() == 1) {
    source.done(batches.front().jobs.front().key, {});
    return;
  }
  for (auto& batch : batches) {
    for (auto& job : batch.jobs) suspects_.push_back(std::move(job));
  }
}

}  // namespace soulfabric::library
