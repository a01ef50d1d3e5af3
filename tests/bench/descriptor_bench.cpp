// SPDX-License-Identifier: GPL-3.0-or-later
// Checking descriptors on one core: bytes in, believed or refused, beside nothing but libsodium's verify over the same messages.
#include <sodium.h>

#include "bench/figures.hpp"
#include "soulfabric/fabric/descriptor.hpp"

namespace soulfabric::bench {
namespace {

constexpr std::uint32_t kSigners = 500;
constexpr int kRounds = 11;
constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

struct Sample {
  Bytes encoded;
  mesh::DhtKey under{};
};

std::vector<Sample> make_samples() {
  std::vector<Sample> samples;
  for (std::uint32_t i = 0; i < kSigners; ++i) {
    SigningKey::Seed seed{};
    for (unsigned b = 0; b < 4; ++b) seed[b] = static_cast<std::uint8_t>(i >> (8 * b));
    fabric::ServiceDescriptor descriptor;
    descriptor.name = "pods";
    descriptor.version = "1.0.0";
    descriptor.sequence = 1'800'000'000'000;
    descriptor.created = kNow;
    descriptor.expires = kNow + std::chrono::hours(1);
    Sample sample;
    sample.under = fabric::shard_key("pods", i % fabric::kShards, 20'833);
    const auto record = fabric::sign_descriptor(SigningKey(seed), descriptor, sample.under);
    if (!record) std::abort();
    sample.encoded = mesh::encode_record(*record);
    samples.push_back(std::move(sample));
  }
  return samples;
}

double checks_per_second(const std::vector<Sample>& samples) {
  const double begin = cpu_seconds();
  std::size_t believed = 0;
  for (const auto& sample : samples) {
    const auto record = mesh::decode_record(sample.encoded);
    if (record && fabric::read_descriptor(*record, "pods", sample.under, kNow)) ++believed;
  }
  if (believed != samples.size()) std::abort();
  return static_cast<double>(samples.size()) / (cpu_seconds() - begin);
}

/// Messages of the same size, each under a key of its own.
double bare_per_second(std::size_t size) {
  struct Signed {
    Bytes message;
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
    std::array<unsigned char, crypto_sign_BYTES> signature{};
  };
  static std::vector<Signed> all;
  if (all.empty()) {
    for (std::uint32_t i = 0; i < kSigners; ++i) {
      Signed one;
      one.message.assign(size, static_cast<std::uint8_t>(i));
      std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
      crypto_sign_keypair(one.key.data(), secret.data());
      crypto_sign_detached(one.signature.data(), nullptr, one.message.data(), one.message.size(), secret.data());
      all.push_back(std::move(one));
    }
  }
  const double begin = cpu_seconds();
  std::size_t good = 0;
  for (const auto& one : all)
    if (crypto_sign_verify_detached(one.signature.data(), one.message.data(), one.message.size(), one.key.data()) == 0) ++good;
  if (good != all.size()) std::abort();
  return static_cast<double>(all.size()) / (cpu_seconds() - begin);
}

/// Those that are refused before their signature is worked on.
double refusals_per_second(const std::vector<Sample>& samples) {
  const double begin = cpu_seconds();
  std::size_t refused = 0;
  for (int again = 0; again < 20; ++again) {
    for (const auto& sample : samples) {
      const auto record = mesh::decode_record(sample.encoded);
      if (record && !fabric::read_descriptor(*record, "shadow-index", sample.under, kNow)) ++refused;
    }
  }
  if (refused != 20 * samples.size()) std::abort();
  return static_cast<double>(refused) / (cpu_seconds() - begin);
}

int run() {
  if (!crypto::initialise()) return 1;
  const auto samples = make_samples();
  Rounds checks, bare, refusals;
  for (int round = 0; round < kRounds; ++round) {
    checks.add(checks_per_second(samples));
    bare.add(bare_per_second(samples.front().encoded.size()));
    refusals.add(refusals_per_second(samples));
  }
  print_rounds("descriptor_checks_per_core", checks, "1/s", ">=10000", bare.median());
  print_rounds("descriptor_refusals_per_core", refusals, "1/s", "-");
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main() { return soulfabric::bench::run(); }
