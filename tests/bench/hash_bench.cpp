// SPDX-License-Identifier: GPL-3.0-or-later
// A file read once for its SHA-256 and its tree, beside OpenSSL's SHA-256 over bytes in memory on the same core in the same rounds: half
// of that is what two passes allow. Processor time, so that others on the machine do not count.
// bench_hash [MiB] [rounds] [folder]
#include <openssl/evp.h>
#include <sched.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/figures.hpp"
#include "soulfabric/library/verified.hpp"

namespace soulfabric::bench {
namespace {

constexpr std::size_t kOpensslBlock = 16 * 1024;  // the largest of `openssl speed`
constexpr double kMegabyte = 1e6;

/// Bytes per second of processor time.
double openssl_rate(std::size_t bytes) {
  const Bytes block(kOpensslBlock, 7);
  crypto::Sha256 out{};
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_MD* type = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const double before = cpu_seconds();
  for (std::size_t at = 0; at < bytes; at += kOpensslBlock) {
    EVP_DigestInit_ex2(context, type, nullptr);
    EVP_DigestUpdate(context, block.data(), block.size());
    EVP_DigestFinal_ex(context, out.data(), nullptr);
  }
  const double used = cpu_seconds() - before;
  EVP_MD_free(type);
  EVP_MD_CTX_free(context);
  return static_cast<double>(bytes) / used;
}

double file_rate(const std::filesystem::path& file, std::size_t bytes) {
  const double before = cpu_seconds();
  const auto manifest = library::hash_file(file);
  const double used = cpu_seconds() - before;
  if (!manifest || manifest->size != bytes || !manifest->check()) std::exit(1);
  return static_cast<double>(bytes) / used;
}

void stay_on_one_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(std::max(0, sched_getcpu())), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) std::puts("  not held on one core");
}

int run(std::size_t mebibytes, int rounds, const std::filesystem::path& folder) {
  const std::size_t bytes = mebibytes << 20U;
  const auto file = folder / "sf_hash_bench.bin";
  {
    std::ofstream out(file, std::ios::binary);
    std::string block(1U << 20U, '\0');
    for (std::size_t i = 0; i < mebibytes; ++i) {
      for (std::size_t k = 0; k < block.size(); k += 64) block[k] = static_cast<char>(i * 31 + k / 64);
      out << block;
    }
  }
  stay_on_one_core();
  Rounds ours;
  Rounds theirs;
  Rounds shares;
  file_rate(file, bytes);  // into the page cache
  for (int i = 0; i < rounds; ++i) {
    const double allowed = openssl_rate(bytes) / 2;
    const double reached = file_rate(file, bytes);
    ours.add(reached / kMegabyte);
    theirs.add(allowed / kMegabyte);
    shares.add(100 * reached / allowed);
  }
  std::filesystem::remove(file);
  print_rounds("hash_openssl_two_passes", theirs, "MB/s", "none");
  print_rounds("hash_and_tree_one_read", ours, "MB/s", ">=85%-of-two-passes", theirs.median());
  print_rounds("hash_share_of_two_passes", shares, "%", ">=85");
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int count, char** words) {
  const std::size_t mebibytes = count > 1 ? std::strtoul(words[1], nullptr, 10) : 256;
  const int rounds = count > 2 ? std::atoi(words[2]) : 7;
  return soulfabric::bench::run(mebibytes, rounds, count > 3 ? words[3] : std::filesystem::temp_directory_path());
}
