// SPDX-License-Identifier: GPL-3.0-or-later
// The yardstick of a scan: TagLib in a bare loop over a list of paths on standard input, on so many threads, reading what the scan reads.
#include <fileref.h>
#include <tpropertymap.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

std::size_t read_one(const std::string& path) {
  const TagLib::FileRef file(path.c_str(), true, TagLib::AudioProperties::Average);
  if (file.isNull() || file.audioProperties() == nullptr) return 0;
  const auto& audio = *file.audioProperties();
  std::size_t sum = static_cast<std::size_t>(audio.bitrate() + audio.lengthInSeconds() + audio.sampleRate());
  const TagLib::PropertyMap map = file.file()->properties();
  for (const char* key : {"TITLE", "ARTIST", "ALBUM", "MUSICBRAINZ_TRACKID", "MUSICBRAINZ_ALBUMID", "MUSICBRAINZ_ARTISTID",
                          "MUSICBRAINZ_RELEASEGROUPID", "MUSICBRAINZ_RELEASETRACKID"}) {
    const auto found = map.find(key);
    if (found != map.end() && !found->second.isEmpty()) sum += found->second.front().to8Bit(true).size();
  }
  return sum;
}

}  // namespace

int main(int count, char** words) {
  const unsigned threads = count > 1 ? static_cast<unsigned>(std::strtoul(words[1], nullptr, 10)) : 2;
  std::vector<std::string> paths;
  for (std::string line; std::getline(std::cin, line);) paths.push_back(line);
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> sum = 0;
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      for (std::size_t at = next++; at < paths.size(); at = next++) sum += read_one(paths[at]);
    });
  }
  for (auto& thread : pool) thread.join();
  std::printf("%zu files, checksum %zu\n", paths.size(), sum.load());
  return 0;
}
