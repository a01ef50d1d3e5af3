// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a fuzz target over every file of its corpus and over every prefix of small ones, without libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "no corpus folder at %s\n", argv[i]);
      return 1;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::vector<char> raw{std::istreambuf_iterator<char>(in), {}};
      const std::vector<std::uint8_t> bytes(raw.begin(), raw.end());
      const std::size_t first = bytes.size() <= 512 ? 0 : bytes.size();
      for (std::size_t n = first; n <= bytes.size(); ++n) LLVMFuzzerTestOneInput(bytes.data(), n);
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs == 0 ? 1 : 0;
}
