// SPDX-License-Identifier: GPL-3.0-or-later
// Made-up shares of music like real ones (word frequencies by Zipf's law, albums in folders) and searches for them; the same every time.
#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "soulfabric/library/snapshot_builder.hpp"

namespace soulfabric::bench {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  double unit() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }

 private:
  std::uint64_t state_;
};

/// Pronounceable words, the n-th drawn with a chance of about 1/n.
class Vocabulary {
 public:
  explicit Vocabulary(std::uint32_t count) {
    Rng rng(4711);
    static constexpr const char* kOnset[] = {"b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "ch", "sh", "br"};
    static constexpr const char* kVowel[] = {"a", "e", "i", "o", "u", "ea", "ou", "ie"};
    static constexpr const char* kCoda[] = {"", "", "n", "s", "r", "ng", "t", "l", "ck", "es"};
    words.reserve(count);
    std::unordered_set<std::string> known;
    while (words.size() < count) {
      std::string word;
      const std::uint32_t syllables = words.size() < 400 ? 1 : 2 + rng.below(8) / 7;
      for (std::uint32_t s = 0; s < syllables; ++s) word.append(kOnset[rng.below(20)]).append(kVowel[rng.below(8)]);
      word += kCoda[rng.below(10)];
      if (known.insert(word).second) words.push_back(std::move(word));
    }
  }
  [[nodiscard]] const std::string& draw(Rng& rng) const {
    const auto rank = static_cast<std::size_t>(std::exp(rng.unit() * std::log(static_cast<double>(words.size()))));
    return words[std::min(rank, words.size()) - 1];
  }
  [[nodiscard]] std::string title(Rng& rng, std::uint32_t least, std::uint32_t most) const {
    std::string out;
    for (std::uint32_t n = least + rng.below(most - least + 1); n > 0; --n) {
      std::string word = draw(rng);
      word[0] = static_cast<char>(word[0] - 32);
      out.append(out.empty() ? "" : " ").append(word);
    }
    return out;
  }
  std::vector<std::string> words;
};

/// Calls add(const library::SharedFile&) `count` times; folder by folder, as a scan would.
template <class Add>
void make_files(const Vocabulary& words, std::uint32_t count, Add&& add) {
  Rng rng(42);
  std::uint32_t made = 0;
  while (made < count) {
    const std::string artist = words.title(rng, 1, 3);
    for (std::uint32_t albums = 1 + rng.below(5); albums > 0 && made < count; --albums) {
      const bool flac = rng.below(10) < 4;
      const std::string year = std::to_string(1960 + rng.below(65));
      const std::string folder = artist + "/" + year + " - " + words.title(rng, 1, 3) + (flac ? " [FLAC]" : rng.below(2) != 0 ? " [320]" : " (V0)");
      const bool names_artist = rng.below(4) == 0;
      const std::uint32_t bitrate = rng.below(2) != 0 ? 320 : 190 + rng.below(90);
      for (std::uint32_t track = 1, tracks = 7 + rng.below(11); track <= tracks && made < count; ++track, ++made) {
        const std::string number = (track < 10 ? "0" : "") + std::to_string(track);
        const std::string leaf =
            number + " - " + (names_artist ? artist + " - " : std::string()) + words.title(rng, 1, 5) + (flac ? ".flac" : ".mp3");
        library::SharedFile file;
        file.folder = folder;
        file.leaf = leaf;
        const std::uint32_t seconds = 120 + rng.below(300);
        file.attributes.duration_s = seconds;
        if (flac) {
          file.attributes.sample_rate_hz = 44'100;
          file.attributes.bit_depth = 16;
          file.size = std::uint64_t{seconds} * 110'000 + rng.below(50'000);
        } else {
          file.attributes.bitrate_kbps = bitrate;
          file.attributes.is_vbr = bitrate != 320;
          file.size = std::uint64_t{seconds} * bitrate * 125 + rng.below(50'000);
        }
        add(file);
      }
    }
  }
}

/// The mix: half are words of a real path, 35 % popular words, 15 % cannot be met; 10 % exclude a word, 5 % have an ending.
/// `path_of(n)` gives the virtual path of file n of `files`.
template <class PathOf>
std::vector<std::string> make_queries(const Vocabulary& words, std::uint32_t count, std::uint32_t files, PathOf&& path_of) {
  Rng rng(7);
  static constexpr const char* kFormats[] = {"mp3", "flac", "01", "02", "320", "v0"};
  std::vector<std::string> queries;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<std::string> in_path;
    std::string word;
    for (const char c : path_of(rng.below(files)) + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word += c;
      } else if (!word.empty()) {
        in_path.push_back(std::exchange(word, {}));
      }
    }
    const std::uint32_t kind = rng.below(100);
    std::string query;
    const auto popular = [&] { return rng.below(4) == 0 ? std::string(kFormats[rng.below(6)]) : words.words[rng.below(200)]; };
    if (kind < 50) {
      for (std::uint32_t n = 2 + rng.below(3); n > 0; --n) query += in_path[rng.below(static_cast<std::uint32_t>(in_path.size()))] + " ";
    } else if (kind < 85) {
      for (std::uint32_t n = 1 + rng.below(3); n > 0; --n) query += popular() + " ";
    } else {
      query = words.draw(rng) + " " + words.draw(rng) + " ";
      query += rng.below(2) != 0 ? "zq" + words.draw(rng) : words.words[30'000 + rng.below(40'000)] + " " + words.words[30'000 + rng.below(40'000)];
    }
    if (rng.below(10) == 0) query += " -" + popular();
    if (rng.below(20) == 0) {
      const std::string& source = in_path[rng.below(static_cast<std::uint32_t>(in_path.size()))];
      query += " *" + source.substr(source.size() - std::min<std::size_t>(source.size(), 1 + rng.below(4)));
    }
    queries.push_back(std::move(query));
  }
  return queries;
}

}  // namespace soulfabric::bench
