// SPDX-License-Identifier: GPL-3.0-or-later
// Each album is made once, by one thread, and written to every node that shares it.
#include "demo/music_folder.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include "demo/generic_files.hpp"
#include "demo/music_files.hpp"
#include "demo/songbook.hpp"
#include "demo/synth.hpp"

namespace soulfabric::daemon::demo {
namespace {

using Files = std::vector<std::pair<std::string, Bytes>>;

Result<Bytes> encode(const Audio& audio, Codec codec, const TrackTags& tags) {
  switch (codec) {
    case Codec::Flac16: return encode_flac(audio, 16, tags);
    case Codec::Flac24: return encode_flac(audio, 24, tags);
    case Codec::Mp3Constant: return encode_mp3(audio, false, tags);
    case Codec::Mp3Variable: return encode_mp3(audio, true, tags);
  }
  return fail(Errc::Internal, "no such codec");
}

/// What many libraries hold somewhere: a file whose copy was broken off.
Status write_broken_file(DemoFolder& folder, const std::filesystem::path& music, const Files& files) {
  for (const auto& [name, content] : files) {
    if (!name.ends_with(".flac")) continue;
    return folder.write(music / "Unsorted" / "copy broken off.flac", ByteView(content).first(content.size() / 3));
  }
  return folder.write(music / "Unsorted" / "copy broken off.flac", bytes_of("fLaC"));
}

/// What a node has of an album; the cover is the last of `files`.
std::vector<std::size_t> part_of(const NodePlan& node, std::size_t album, std::size_t files) {
  if (album == scattered_album()) return node.leaves;
  std::vector<std::size_t> all(files);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

bool shares(const NodePlan& node, std::size_t album) {
  if (album == scattered_album()) return !node.leaves.empty();
  return std::ranges::find(node.albums, album) != node.albums.end();
}

Status write_generic(DemoFolder& folder, const NetworkPlan& plan, MusicMade& made) {
  for (std::size_t number = 0; number < generic_files().size(); ++number) {
    const auto& file = generic_files()[number];
    const Bytes content = content_of(file);
    for (const auto& node : plan.nodes) {
      if (std::ranges::find(node.files, number) == node.files.end()) continue;
      SF_TRY(folder.write(std::filesystem::path(node.name) / "files" / file.name, content));
      ++made.files;
      made.bytes += content.size();
    }
  }
  return {};
}

/// Shares the albums out among threads and remembers the first failure.
class Workshop {
 public:
  Workshop(DemoFolder& folder, const NetworkPlan& plan) : folder_(folder), plan_(plan) {}

  Result<MusicMade> run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = std::clamp(std::thread::hardware_concurrency(), 1U, 4U); i > 0; --i) threads.emplace_back([this] { work(); });
    }
    if (failure_) return std::unexpected(*failure_);
    return made_;
  }

 private:
  void work() {
    for (std::size_t album = next_++; album < songbook().size(); album = next_++) {
      if (!is_wanted(album)) continue;
      const auto done = make(album);
      if (done) continue;
      const std::lock_guard hold(mutex_);
      if (!failure_) failure_ = done.error();
      return;
    }
  }

  bool is_wanted(std::size_t album) const {
    return std::ranges::any_of(plan_.nodes, [album](const NodePlan& node) { return shares(node, album); });
  }

  Status make(std::size_t number) {
    const auto& album = songbook()[number];
    SF_TRY_ASSIGN(const Files files, make_album(album));
    for (const auto& node : plan_.nodes) {
      if (!shares(node, number)) continue;
      const auto music = std::filesystem::path(node.name) / "music";
      for (const std::size_t index : part_of(node, number, files.size())) {
        const auto& [name, content] = files[index];
        SF_TRY(folder_.write(music / album.folder / name, content));
        count(content.size());
      }
      if (node.has_broken_file && node.albums.front() == number) {
        SF_TRY(write_broken_file(folder_, music, files));
        count(0);
      }
    }
    return {};
  }

  void count(std::size_t bytes) {
    const std::lock_guard hold(mutex_);
    ++made_.files;
    made_.bytes += bytes;
  }

  DemoFolder& folder_;
  const NetworkPlan& plan_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::optional<Error> failure_;
  MusicMade made_;
};

}  // namespace

Result<std::vector<std::pair<std::string, Bytes>>> make_album(const Album& album) {
  Files files;
  for (const auto& track : album.tracks) {
    const auto audio = render(album.mood, track.seed, track.seconds, sample_rate_of(album.codec));
    SF_TRY_ASSIGN(Bytes content, encode(audio, album.codec, track.tags));
    files.emplace_back(track.file_name, std::move(content));
  }
  files.emplace_back("cover.png", cover_png(album.tracks.front().seed, 200));
  return files;
}

Result<MusicMade> make_music(DemoFolder& folder, const NetworkPlan& plan) { 
  SF_TRY_ASSIGN(MusicMade made, Workshop(folder, plan).run());
  SF_TRY(write_generic(folder, plan, made));
  return made;
}

}  // namespace soulfabric::daemon::demo
