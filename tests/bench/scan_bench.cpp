// SPDX-License-Identifier: GPL-3.0-or-later
// Scans of many small audio files: cold beside a bare TagLib loop, unchanged beside find -printf, in the same rounds.
// bench_scan [files] [rounds] [folder]
#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/figures.hpp"
#include "media/audio_files.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::bench {
namespace {

constexpr unsigned kFilesPerFolder = 11;

double used_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cost {
  double cpu = 0;
  double wall = 0;
};

template <class F>
Cost measure(F&& run) {
  const double cpu = used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN);
  const double wall = wall_seconds();
  run();
  return {used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN) - cpu, wall_seconds() - wall};
}

/// Sixteen different files, linked again and again under names of their own: 70 % MP3, 25 % FLAC, 5 % WAV.
void make_tree(const std::filesystem::path& root, unsigned files) {
  const library::MediaTags tags{"A title of some length", "An artist", "The album",
                                "11111111-2222-4333-8444-555555555555", "21111111-2222-4333-8444-555555555555",
                                "31111111-2222-4333-8444-555555555555", "41111111-2222-4333-8444-555555555555",
                                "51111111-2222-4333-8444-555555555555"};
  std::vector<std::filesystem::path> originals;
  for (unsigned i = 0; i < 20; ++i) {
    const char* extension = i < 14 ? "mp3" : i < 19 ? "flac" : "wav";
    const testing::Tone tone{44'100, 2, 16, 0.3 + 0.05 * i};
    const Bytes bytes = i < 14 ? testing::make_mp3(tone, i % 2 == 0 ? 128 : 0, tags) : i < 19 ? testing::make_flac(tone, tags) : testing::make_wav(tone);
    originals.push_back(root.parent_path() / ("original" + std::to_string(i) + "." + extension));
    std::ofstream out(originals.back(), std::ios::binary);
    out.write(text_of(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::ofstream list(root.parent_path() / "list");
  for (unsigned i = 0; i < files; ++i) {
    const unsigned album = i / kFilesPerFolder;
    const auto folder = root / ("Artist " + std::to_string(album / 5)) / ("Album number " + std::to_string(album));
    if (i % kFilesPerFolder == 0) std::filesystem::create_directories(folder);
    const auto& original = originals[i % originals.size()];
    const auto name = folder / (std::to_string(i % kFilesPerFolder + 1) + " - Song called " + std::to_string(i) + original.extension().string());
    std::filesystem::create_hard_link(original, name);
    list << name.string() << '\n';
  }
}

class Waiter : public library::Shares::Observer {
 public:
  void on_scan_progress(const library::ScanProgress& progress) override {
    state = progress.state;
    changed.notify_all();
  }
  library::ScanState state = library::ScanState::Pending;
  Notifier changed;
};

Task<void> until_ready(Waiter& waiter, IoClock& clock) {
  while (waiter.state == library::ScanState::Scanning) {
    const bool woken = co_await waiter.changed.wait(clock, kNever);
    (void)woken;
  }
}

struct ScanCosts {
  Cost cold;
  Cost rescan;
  double rss = 0;
  double peak = 0;
};

Task<void> scan_twice(library::Shares& shares, Waiter& waiter, IoClock& clock, unsigned files, ScanCosts& costs) {
  reset_peak();
  double cpu = used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN);
  double wall = wall_seconds();
  const Status started = co_await shares.start();
  if (!started) std::printf("  %s\n", started.error().message.c_str());
  co_await until_ready(waiter, clock);
  costs.cold = {used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN) - cpu, wall_seconds() - wall};
  if (shares.snapshot()->file_count() != files || shares.progress().tags_read != files || shares.progress().unreadable != 0) {
    std::printf("  the scan saw %u files and read %lu\n", shares.snapshot()->file_count(), shares.progress().tags_read);
  }
  costs.peak = status_bytes("VmHWM:");
  cpu = used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN);
  wall = wall_seconds();
  const Status again = shares.start_scan(false);
  if (!again) std::printf("  %s\n", again.error().message.c_str());
  co_await until_ready(waiter, clock);
  costs.rescan = {used_seconds(RUSAGE_SELF) + used_seconds(RUSAGE_CHILDREN) - cpu, wall_seconds() - wall};
  if (shares.progress().tags_read != 0) std::printf("  the rescan read files\n");
  costs.rss = status_bytes("VmRSS:");
  co_await shares.stop();
}

ScanCosts scan_round(const std::filesystem::path& root, const std::filesystem::path& data, unsigned files) {
  std::filesystem::remove_all(data);
  std::filesystem::create_directories(data);
  ScanCosts costs;
  IoContext context;
  SystemIoClock clock;
  Waiter waiter;
  library::SharesSettings settings;
  settings.data = data;
  settings.media_program = SF_MEDIA_PROGRAM;
  ShareDirectory line;
  line.path = root.string();
  settings.options.directories.push_back(line);
  auto shares = library::make_shares(context, clock, settings);
  if (!shares) return costs;
  (*shares)->add_observer(waiter);
  TaskScope scope(context, "bench");
  scope.spawn("scan", scan_twice(**shares, waiter, clock, files, costs));
  context.run();
  return costs;
}

int run(unsigned files, unsigned rounds, const std::filesystem::path& folder) {
  const auto root = folder / "music";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(root);
  make_tree(root, files);
  const std::string loop = std::string(SF_TAGLIB_LOOP) + " 2 < " + (folder / "list").string() + " > /dev/null";
  const std::string find = "find " + root.string() + " -printf '%s %T@ %i %p\\n' > /dev/null";
  Rounds cold, cold_wall, bare, bare_wall, rescan, rescan_wall, found, found_wall, rss, peak;
  const auto rate = [&](double seconds) { return files / seconds; };
  bool ok = std::system(loop.c_str()) == 0 && std::system(find.c_str()) == 0;  // warm
  for (unsigned round = 0; ok && round < rounds; ++round) {
    const Cost yard = measure([&] { ok = ok && std::system(loop.c_str()) == 0; });
    const ScanCosts costs = scan_round(root, folder / "data", files);
    const Cost yard_find = measure([&] { ok = ok && std::system(find.c_str()) == 0; });
    bare.add(rate(yard.cpu));
    bare_wall.add(rate(yard.wall));
    cold.add(rate(costs.cold.cpu));
    cold_wall.add(rate(costs.cold.wall));
    found.add(rate(yard_find.cpu));
    found_wall.add(rate(yard_find.wall));
    rescan.add(rate(costs.rescan.cpu));
    rescan_wall.add(rate(costs.rescan.wall));
    rss.add(costs.rss / 1048576);
    peak.add(costs.peak / 1048576);
  }
  std::filesystem::remove_all(folder);
  if (!ok) return 1;
  print_rounds("taglib_loop_files_per_cpu_second", bare, "files/s", "none");
  print_rounds("scan_cold_files_per_cpu_second", cold, "files/s", ">=0.8x", bare.median());
  print_rounds("scan_cold_files_per_second", cold_wall, "files/s", ">=0.8x", bare_wall.median());
  print_rounds("find_files_per_cpu_second", found, "files/s", "none");
  print_rounds("scan_unchanged_files_per_cpu_second", rescan, "files/s", ">=0.6x", found.median());
  print_rounds("scan_unchanged_files_per_second", rescan_wall, "files/s", ">=0.6x", found_wall.median());
  print_rounds("scan_rss_after", rss, "MiB", "<=64");
  print_rounds("scan_rss_peak", peak, "MiB", "none");
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 512 * 1024);  // as the daemon does: what is freed goes back to the system
  const auto number = [&](int i, unsigned fallback) { return argc > i ? static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10)) : fallback; };
  const std::filesystem::path folder = argc > 3 ? std::filesystem::path(argv[3]) : std::filesystem::temp_directory_path() / "sf_bench_scan";
  return soulfabric::bench::run(number(1, 100'000), number(2, 5), folder);
}
