// SPDX-License-Identifier: GPL-3.0-or-later
// Writing postings and walking their containers.
#include "core/postings.hpp"

#include <algorithm>

namespace soulfabric::library {
namespace {

constexpr unsigned kContainersFlag = 0x8000;
constexpr std::size_t kHeadBytes = 6;
constexpr std::size_t kBitmapBytes = kChunkFiles / 8;

/// Runs of one chunk, relative to it; `last` is included.
struct ChunkRun {
  std::uint16_t first;
  std::uint16_t last;
};

struct Plan {
  std::uint16_t chunk;
  ContainerKind kind;
  std::uint16_t count;
  std::uint32_t cardinality;
  std::vector<ChunkRun> runs;
  [[nodiscard]] std::size_t bytes() const { return kind == ContainerKind::Bitmap ? kBitmapBytes : count * (kind == ContainerKind::Array ? 2U : 4U); }
};

void decide(Plan& plan) {
  plan.cardinality = 0;
  for (const ChunkRun run : plan.runs) plan.cardinality += run.last - run.first + 1U;
  const std::size_t as_array = plan.cardinality <= kMaxArray ? std::size_t{plan.cardinality} * 2 : kBitmapBytes + 1;
  const std::size_t as_runs = plan.runs.size() <= kMaxRuns ? plan.runs.size() * 4 : kBitmapBytes + 1;
  if (std::min(as_array, as_runs) > kBitmapBytes) {
    plan.kind = ContainerKind::Bitmap;
    plan.count = 0;
  } else {
    plan.kind = as_array <= as_runs ? ContainerKind::Array : ContainerKind::Runs;
    plan.count = static_cast<std::uint16_t>(plan.kind == ContainerKind::Array ? plan.cardinality : plan.runs.size());
  }
}

std::vector<Plan> plan_containers(const std::vector<FileRun>& runs) {
  std::vector<Plan> plans;
  for (const FileRun run : runs) {
    for (std::uint32_t at = run.first; at < run.end;) {
      const std::uint32_t chunk = at / kChunkFiles;
      const std::uint32_t last = std::min<std::uint32_t>(run.end - 1, chunk * kChunkFiles + (kChunkFiles - 1));
      if (plans.empty() || plans.back().chunk != chunk) plans.push_back({.chunk = static_cast<std::uint16_t>(chunk), .kind = {}, .count = 0, .cardinality = 0, .runs = {}});
      plans.back().runs.push_back({static_cast<std::uint16_t>(at % kChunkFiles), static_cast<std::uint16_t>(last % kChunkFiles)});
      if (last == 0xFFFFFFFFU) break;
      at = last + 1;
    }
  }
  for (Plan& plan : plans) decide(plan);
  return plans;
}

void write_data(const Plan& plan, PagedBytes& out) {
  if (plan.kind == ContainerKind::Bitmap) {
    std::array<std::uint64_t, kChunkWords> bits{};
    for (const ChunkRun run : plan.runs) {
      for (std::uint32_t i = run.first; i <= run.last; ++i) bits[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    out.put(bits);
    return;
  }
  for (const ChunkRun run : plan.runs) {
    if (plan.kind == ContainerKind::Runs) {
      out.put(run.first);
      out.put(static_cast<std::uint16_t>(run.last - run.first));
    } else {
      for (std::uint32_t i = run.first; i <= run.last; ++i) out.put(static_cast<std::uint16_t>(i));
    }
  }
}

}  // namespace

bool write_posting(const std::vector<FileRun>& runs, PagedBytes& out) {
  const std::vector<Plan> plans = plan_containers(runs);
  std::size_t files = 0;
  std::size_t bytes = 0;
  for (const Plan& plan : plans) {
    files += plan.cardinality;
    bytes += kHeadBytes + plan.bytes();
  }
  if (files <= kMaxListed && files * 4 <= bytes) {
    out.put(static_cast<std::uint16_t>(files));
    for (const FileRun run : runs) {
      for (std::uint32_t i = run.first; i < run.end; ++i) out.put(i);
    }
    return true;
  }
  if (plans.size() >= kContainersFlag) return false;
  out.put(static_cast<std::uint16_t>(plans.size() | kContainersFlag));
  for (const Plan& plan : plans) {
    out.put(plan.chunk);
    out.put(static_cast<std::uint16_t>((static_cast<unsigned>(plan.kind) << 14U) | plan.count));
    out.put(static_cast<std::uint16_t>(plan.cardinality - 1));
  }
  for (const Plan& plan : plans) write_data(plan, out);
  return true;
}

PostingCursor::PostingCursor(ByteView posting) noexcept {
  if (posting.size() < 2) return;
  const unsigned head = load<std::uint16_t>(posting.data());
  posting = posting.subspan(2);
  is_listed_ = (head & kContainersFlag) == 0;
  const std::size_t wanted = head & (kContainersFlag - 1);
  const std::size_t unit = is_listed_ ? 4 : kHeadBytes;
  left_ = static_cast<std::uint32_t>(std::min(wanted, posting.size() / unit));
  heads_ = posting.first(left_ * unit);
  data_ = posting.subspan(left_ * unit);
  advance();
}

void PostingCursor::advance() noexcept {
  has_current_ = left_ > 0;
  if (!has_current_) return;
  if (is_listed_) {
    current_.chunk = load<std::uint32_t>(heads_.data()) / kChunkFiles;
    std::uint32_t n = 0;
    for (; left_ > 0 && n < kMaxListed; --left_, heads_ = heads_.subspan(4)) {
      const auto id = load<std::uint32_t>(heads_.data());
      if (id / kChunkFiles != current_.chunk) break;
      listed_[n++] = static_cast<std::uint16_t>(id % kChunkFiles);
    }
    current_.kind = ContainerKind::Array;
    current_.count = current_.cardinality = n;
    return;
  }
  current_.chunk = load<std::uint16_t>(heads_.data());
  const unsigned form = load<std::uint16_t>(heads_.data() + 2);
  current_.cardinality = load<std::uint16_t>(heads_.data() + 4) + 1U;
  heads_ = heads_.subspan(kHeadBytes);
  --left_;
  current_.kind = static_cast<ContainerKind>(std::min(form >> 14U, 2U));
  current_.count = form & 0x3FFFU;
  const std::size_t limit = current_.kind == ContainerKind::Array ? kMaxArray : kMaxRuns;
  const std::size_t bytes = current_.kind == ContainerKind::Bitmap  ? kBitmapBytes
                            : current_.kind == ContainerKind::Array ? std::size_t{current_.count} * 2
                                                                    : std::size_t{current_.count} * 4;
  if (bytes > data_.size() || current_.count > limit) {  // not written by us
    has_current_ = false;
    left_ = 0;
    return;
  }
  current_.data = data_.data();
  data_ = data_.subspan(bytes);
}

std::uint32_t PostingCursor::next_chunk(std::uint32_t chunk) noexcept {
  while (has_current_ && current_.chunk < chunk) advance();
  return has_current_ ? current_.chunk : kNoChunk;
}

const Container* PostingCursor::seek(std::uint32_t chunk) noexcept {
  if (next_chunk(chunk) != chunk) return nullptr;
  if (is_listed_) current_.data = reinterpret_cast<const std::uint8_t*>(listed_.data());
  return &current_;
}

void add_to_bitmap(ByteView posting, std::vector<std::uint64_t>& bitmap) noexcept {
  const std::uint64_t files = bitmap.size() * 64;
  const auto add = [&](std::uint64_t id) {
    if (id < files) bitmap[id / 64] |= std::uint64_t{1} << (id % 64);
  };
  if (posting.size() >= 2 && (load<std::uint16_t>(posting.data()) & kContainersFlag) == 0) {
    for (std::size_t at = 2; at + 4 <= posting.size(); at += 4) add(load<std::uint32_t>(posting.data() + at));
    return;
  }
  PostingCursor cursor(posting);
  for (std::uint32_t chunk = 0; (chunk = cursor.next_chunk(chunk)) != PostingCursor::kNoChunk; ++chunk) {
    const Container& container = *cursor.seek(chunk);
    const std::uint64_t base = std::uint64_t{chunk} * kChunkFiles;
    const auto at = [&](std::size_t i) { return load<std::uint16_t>(container.data + 2 * i); };
    if (container.kind == ContainerKind::Bitmap) {
      for (std::size_t w = 0; w < kChunkWords && base / 64 + w < bitmap.size(); ++w)
        bitmap[base / 64 + w] |= load<std::uint64_t>(container.data + 8 * w);
    } else if (container.kind == ContainerKind::Array) {
      for (std::size_t i = 0; i < container.count; ++i) add(base + at(i));
    } else {
      for (std::size_t i = 0; i < container.count; ++i) {
        for (std::uint64_t id = base + at(2 * i), end = id + at(2 * i + 1); id <= end; ++id) add(id);
      }
    }
  }
}

}  // namespace soulfabric::library
