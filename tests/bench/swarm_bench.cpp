// SPDX-License-Identifier: GPL-3.0-or-later
// One content from eight capped sources in memory, all honest and with one that dies and one that lies, beside the sum of their caps; and
// from one uncapped source, beside a bare loop that copies, hashes twice, writes and syncs the same bytes. Real disk, real clock.
// First argument: MiB of the content (of the capped runs), second: rounds, third: a folder on the disk to be measured.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "bench/figures.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/swarm/download.hpp"
#include "support/memory_source.hpp"

namespace soulfabric::bench {
namespace {

namespace fs = std::filesystem;
using testing::Content;
using testing::MemoryPlan;
using testing::MemoryRecord;
using testing::Misdeed;

constexpr double kCap = 20e6;  // bytes per second of each source
constexpr std::uint64_t kUncapped = 1024ULL * 1024 * 1024;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// The sources' own bytes repeat themselves every 64 MiB: they are not what is measured.
std::shared_ptr<const Content> make_large(std::uint64_t size) {
  Bytes bytes(size);
  const std::uint64_t first = std::min<std::uint64_t>(size, 64 * 1024 * 1024 + 7);
  SystemRandom random;
  random.fill(MutableByteView(bytes).first(first));
  for (std::uint64_t at = first; at < size; at += first) std::memcpy(bytes.data() + at, bytes.data(), std::min(first, size - at));
  return testing::make_content(std::move(bytes));
}

struct Sample {
  MonoTime when{};
  std::uint64_t bytes = 0;
};

struct World {
  explicit World(const fs::path& folder_in) : folder(folder_in) {}
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  WorkerPool workers{2};
  SystemFiles files;
  fs::path folder;
  std::unique_ptr<swarm::Download> download;
  std::vector<std::shared_ptr<MemoryRecord>> records;
  std::vector<Sample> samples;
  std::optional<Result<fs::path>> outcome;

  void add(const std::shared_ptr<const Content>& content, MemoryPlan plan) {
    auto record = std::make_shared<MemoryRecord>();
    records.push_back(record);
    plan.name = "source " + std::to_string(records.size());
    plan.prefix = plan.name;
    download->add(std::make_unique<testing::MemorySource>(clock, content, std::move(plan), std::move(record)));
  }
  /// Seconds until the file lies in its place.
  double run() {
    download->no_more_sources();
    const MonoTime began = clock.now();
    boost::asio::co_spawn(context, go(), [](const std::exception_ptr& failure) {
      if (failure) die("run");
    });
    boost::asio::co_spawn(context, sample(), [](const std::exception_ptr&) {});
    while (!outcome) context.run_one();
    const MonoTime ended = clock.now();
    context.run();
    if (!*outcome) {
      std::fprintf(stderr, "%s\n", outcome->error().message.c_str());
      std::exit(1);
    }
    samples.push_back({ended, download->report().bytes});
    return std::chrono::duration<double>(ended - began).count();
  }
  Task<void> go() { outcome = co_await download->run(); }
  Task<void> sample() {
    while (!outcome) {
      samples.push_back({clock.now(), download->report().bytes});
      co_await clock.sleep_for(std::chrono::milliseconds(5));
    }
  }
  /// From the moment on until the file lies in its place.
  [[nodiscard]] double rate_since(MonoTime moment) const {
    const auto from = std::ranges::find_if(samples, [moment](const Sample& sample) { return sample.when >= moment; });
    if (from == samples.end()) return 0;
    return static_cast<double>(samples.back().bytes - from->bytes) / std::chrono::duration<double>(samples.back().when - from->when).count();
  }
};

void begin(World& world, const Content& content) {
  swarm::DownloadRequest request{content.manifest.id, content.bytes.size(), world.folder / "part", world.folder / "whole"};
  world.download = swarm::make_download({world.context, world.clock, world.random, world.workers, world.files}, std::move(request), {});
}

void clear(const fs::path& folder) {
  fs::remove(folder / "whole");
  ::sync();
}

void run_capped(const std::shared_ptr<const Content>& content, const fs::path& folder, int rounds) {
  Rounds rates;
  for (int round = 0; round < rounds; ++round) {
    World world(folder);
    begin(world, *content);
    MemoryPlan plan;
    plan.bytes_per_second = kCap;
    plan.depth = 4;  // as sources of the mesh have it
    for (int i = 0; i < 8; ++i) world.add(content, plan);
    rates.add(static_cast<double>(content->bytes.size()) / world.run());
    clear(folder);
  }
  print_rounds("swarm_eight_capped_bytes_per_s", rates, "B/s", ">=0.95x", 8 * kCap);
}

void run_with_bad_ones(const std::shared_ptr<const Content>& content, const fs::path& folder, int rounds) {
  Rounds rates;
  Rounds dead_seconds;
  Rounds liar_seconds;
  for (int round = 0; round < rounds; ++round) {
    World world(folder);
    begin(world, *content);
    MemoryPlan plan;
    plan.bytes_per_second = kCap;
    plan.depth = 4;  // as sources of the mesh have it
    for (int i = 0; i < 6; ++i) world.add(content, plan);
    plan.from_piece = 80;  // after about a second
    plan.misdeed = Misdeed::HangsHalfway;
    world.add(content, plan);
    plan.misdeed = Misdeed::Lies;
    world.add(content, plan);
    (void)world.run();
    const auto& dead = *world.records[6];
    const auto& liar = *world.records[7];
    if (!dead.found_out || !liar.found_out || world.download->report().sources[6].state != "dead") die("found out");
    rates.add(world.rate_since(std::max(*dead.found_out, *liar.found_out)));
    dead_seconds.add(std::chrono::duration<double>(*dead.found_out - *dead.misbehaved).count());
    liar_seconds.add(std::chrono::duration<double>(*liar.found_out - *liar.misbehaved).count());
    clear(folder);
  }
  print_rounds("swarm_bad_ones_bytes_per_s_after_both_found_out", rates, "B/s", ">=0.95x", 6 * kCap);
  print_rounds("swarm_dead_found_out", dead_seconds, "s", "<=2");
  print_rounds("swarm_liar_found_out", liar_seconds, "s", "<=2");
}

/// Copies as the source does, proves each piece, hashes the whole, writes, syncs: on one thread, without anything else.
double run_bare(const Content& content, const fs::path& folder) {
  SystemFiles files;
  const double began = wall_seconds();
  auto file = files.open(folder / "part", OpenMode::Create);
  if (!file) die("open");
  Bytes buffer(content.manifest.piece_length());
  library::ContentHasher whole(content.bytes.size(), false);
  for (std::uint64_t piece = 0; piece < content.manifest.pieces(); ++piece) {
    const std::uint64_t at = piece * content.manifest.piece_length();
    const auto part = MutableByteView(buffer).first(content.manifest.piece_size(piece));
    std::memcpy(part.data(), content.bytes.data() + at, part.size());
    if (!library::is_piece(content.manifest, piece, part)) die("piece");
    whole.update(part);
    if (!(*file)->write_at(at, part)) die("write");
  }
  if (whole.finish()->id != content.manifest.id || !(*file)->sync()) die("sync");
  file->reset();
  if (!move_durably(files, folder / "part", folder / "whole", false)) die("move");
  return wall_seconds() - began;
}

void run_uncapped(const std::shared_ptr<const Content>& content, const fs::path& folder, int rounds) {
  Rounds ours;
  Rounds bare;
  for (int round = 0; round < rounds; ++round) {
    bare.add(static_cast<double>(content->bytes.size()) / run_bare(*content, folder));
    clear(folder);
    World world(folder);
    begin(world, *content);
    world.add(content, {});
    ours.add(static_cast<double>(content->bytes.size()) / world.run());
    clear(folder);
  }
  std::printf("  bare loop: median %.6g, %.6g to %.6g\n", bare.median(), bare.low(), bare.high());
  print_rounds("swarm_one_uncapped_bytes_per_s", ours, "B/s", ">=0.8x", bare.median());
}

int run(int argc, char** argv) {
  const std::uint64_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'200;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  std::string name = (fs::path(argc > 3 ? argv[3] : fs::temp_directory_path().c_str()) / "sf-swarm-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) die("mkdtemp");
  const fs::path folder = name;
  {
    const auto content = make_large(mib * 1024 * 1024);
    run_capped(content, folder, rounds);
    run_with_bad_ones(content, folder, rounds);
  }
  run_uncapped(make_large(std::min<std::uint64_t>(kUncapped, mib * 1024 * 1024)), folder, rounds);
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) { return soulfabric::bench::run(argc, argv); }
