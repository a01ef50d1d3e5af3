// SPDX-License-Identifier: GPL-3.0-or-later
// Answering searches over 1,000,000 paths (or as many as the first argument says), beside plain sorted lists of file numbers.
#include <malloc.h>

#include <set>
#include <unordered_map>

#include "bench/figures.hpp"
#include "bench/share_corpus.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::bench {
namespace {

using library::FileEntry;
using library::FileId;
using library::Query;
using library::Snapshot;

constexpr std::size_t kLimit = 300;

/// The yardstick: one sorted vector of file numbers per word, intersected by galloping from the shortest.
class PlainIndex {
 public:
  explicit PlainIndex(const Snapshot& snapshot) {
    for (std::uint32_t i = 0; i < snapshot.file_count(); ++i) {
      const std::string path = to_lower(snapshot.virtual_path(FileId{i})) + " ";
      for (std::size_t start = 0, at = 0; at < path.size(); ++at) {
        if (std::isalnum(static_cast<unsigned char>(path[at])) != 0) continue;
        if (at > start) {
          auto& list = lists_[path.substr(start, at - start)];
          if (list.empty() || list.back() != i) list.push_back(i);
        }
        start = at + 1;
      }
    }
  }
  [[nodiscard]] std::vector<std::uint32_t> search(const Query& query) const {
    std::vector<const std::vector<std::uint32_t>*> lists, excluded;
    std::vector<std::uint32_t> found;
    for (const auto& word : query.words) {
      const auto it = lists_.find(word);
      if (it == lists_.end()) return found;
      lists.push_back(&it->second);
    }
    for (const auto& exclusion : query.excluded) {
      for (const auto& word : exclusion.words) {
        if (const auto it = lists_.find(word); it != lists_.end()) excluded.push_back(&it->second);
      }
    }
    std::sort(lists.begin(), lists.end(), [](auto* a, auto* b) { return a->size() < b->size(); });
    std::vector<std::size_t> at(lists.size(), 0);
    for (const std::uint32_t id : *lists[0]) {
      bool all = true;
      for (std::size_t l = 1; l < lists.size() && all; ++l) {
        at[l] = gallop(*lists[l], at[l], id);
        if (at[l] == lists[l]->size()) return found;
        all = (*lists[l])[at[l]] == id;
      }
      for (const auto* list : excluded) all = all && !std::binary_search(list->begin(), list->end(), id);
      if (all) found.push_back(id);
      if (found.size() == kLimit) break;
    }
    return found;
  }
  [[nodiscard]] std::size_t postings() const {
    std::size_t total = 0;
    for (const auto& [word, list] : lists_) total += list.size();
    return total;
  }

 private:
  static std::size_t gallop(const std::vector<std::uint32_t>& list, std::size_t from, std::uint32_t id) {
    std::size_t step = 1;
    while (from + step < list.size() && list[from + step] < id) step *= 2;
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(from + step / 2);
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(from + step + 1, list.size()));
    return static_cast<std::size_t>(std::lower_bound(begin, end, id) - list.begin());
  }
  std::unordered_map<std::string, std::vector<std::uint32_t>> lists_;
};

/// What a peer is sent, before deflating: path, size and attributes of each file.
std::size_t write_answer(const Snapshot& snapshot, const std::vector<FileId>& files, std::string& out) {
  out.clear();
  snapshot.for_each_of(files, [&](const library::FolderEntry& folder, const FileEntry& entry) {
    out.append(folder.path).append(1, '\\').append(entry.leaf);
    out.append(reinterpret_cast<const char*>(&entry.size), sizeof entry.size);
    const std::uint32_t values[] = {entry.attributes.bitrate_kbps.value_or(0), entry.attributes.duration_s.value_or(0)};
    out.append(reinterpret_cast<const char*>(values), sizeof values);
  });
  return out.size();
}

struct Measured {
  Rounds per_second, p50, p95, p99, worst;
};

/// Runs every query once; `answer(text)` returns something whose value is used.
template <class Answer>
void run_round(const std::vector<std::string>& queries, Measured& into, Answer&& answer) {
  Rounds micros;
  micros.values.reserve(queries.size());
  std::size_t used = 0;
  const double cpu = cpu_seconds();
  for (const std::string& query : queries) {
    const double start = cpu_seconds();
    used += answer(query);
    micros.add((cpu_seconds() - start) * 1e6);
  }
  const double spent = cpu_seconds() - cpu;
  if (used == 0) std::printf("nothing was found\n");
  std::sort(micros.values.begin(), micros.values.end());
  const auto at = [&](double q) { return micros.values[static_cast<std::size_t>(q * static_cast<double>(micros.values.size() - 1))]; };
  into.per_second.add(static_cast<double>(queries.size()) / spent);
  into.p50.add(at(0.5));
  into.p95.add(at(0.95));
  into.p99.add(at(0.99));
  into.worst.add(at(1));
}

int run(std::uint32_t files, std::uint32_t query_count, int rounds) {
  const Vocabulary words(75'000);
  malloc_trim(0);
  reset_peak();
  const double before = status_bytes("VmRSS:");
  const double start = cpu_seconds();
  std::shared_ptr<const Snapshot> snapshot;
  double paths = 0;
  {
    library::SnapshotBuilder builder(1);
    builder.add_share("Music", "/srv/music");
    make_files(words, files, [&](const library::SharedFile& file) {
      builder.add(file);
      paths += static_cast<double>(7 + file.folder.size() + file.leaf.size());
    });
    auto built = builder.finish();
    if (!built) return 1;
    snapshot = *built;
  }
  const double build_seconds = cpu_seconds() - start;
  const double peak = status_bytes("VmHWM:") - before;
  const double blob = static_cast<double>(snapshot->blob().size());
  std::printf("%u files in %u folders, %.1f bytes a path, %u words, built in %.2f s\n", snapshot->file_count(), snapshot->folder_count(),
              paths / files, snapshot->term_count(), build_seconds);
  print_figure("search_bytes_per_file", blob / files, "bytes", "<=105", paths / files);
  print_figure("search_build_peak", peak / 1e6, "MB", ("<=" + std::to_string(static_cast<int>((2 * blob + 40e6) / 1e6))).c_str(), blob / 1e6);
  const double open_start = cpu_seconds();
  const bool opens = Snapshot::open(snapshot->blob(), snapshot, 1).has_value();
  print_figure("search_open_verified", (cpu_seconds() - open_start) * 1e3, "ms", "<=1000");
  if (!opens) return 1;

  const auto queries = make_queries(words, query_count, files, [&](std::uint32_t n) { return snapshot->virtual_path(FileId{n}); });
  const PlainIndex plain(*snapshot);
  std::printf("%.1f million postings in the plain index\n", static_cast<double>(plain.postings()) / 1e6);
  Measured ours, answers, theirs;
  std::string buffer;
  double hits = 0;
  for (int round = 0; round < rounds; ++round) {
    run_round(queries, ours, [&](const std::string& text) {
      const auto query = Query::parse(text);
      return query ? snapshot->search(*query).size() : 0;
    });
    run_round(queries, theirs, [&](const std::string& text) {
      const auto query = Query::parse(text);
      return query ? plain.search(*query).size() : 0;
    });
    run_round(queries, answers, [&](const std::string& text) {
      const auto query = Query::parse(text);
      if (!query) return std::size_t{0};
      const auto found = snapshot->search(*query);
      hits += static_cast<double>(found.size());
      return write_answer(*snapshot, found, buffer);
    });
  }
  std::printf("%.1f files an answer on average; the yardstick has no endings (*x)\n", hits / rounds / query_count);
  print_rounds("search_per_second", ours.per_second, "queries/s/core", ">=50000", theirs.per_second.median());
  print_rounds("search_p50", ours.p50, "us", "-", theirs.p50.median());
  print_rounds("search_p95", ours.p95, "us", "-", theirs.p95.median());
  print_rounds("search_p99", ours.p99, "us", "<=400", theirs.p99.median());
  print_rounds("search_worst", ours.worst, "us", "-", theirs.worst.median());
  print_rounds("search_answer_per_second", answers.per_second, "answers/s/core", "-", theirs.per_second.median());
  print_rounds("search_answer_p99", answers.p99, "us", "-", theirs.p99.median());
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 512 * 1024);  // as the daemon does: what is freed goes back to the system
  const auto number = [&](int i, unsigned fallback) { return argc > i ? static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10)) : fallback; };
  return soulfabric::bench::run(number(1, 1'000'000), number(2, 20'000), static_cast<int>(number(3, 5)));
}
