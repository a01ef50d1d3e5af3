// SPDX-License-Identifier: GPL-3.0-or-later
// Sources of the swarm in memory: honest, slow, dying, lying, each at a moment that the test chooses, on whatever clock it has.
#pragma once
#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/swarm/source.hpp"

namespace soulfabric::testing {

/// A file and what an honest source states of it.
struct Content {
  Bytes bytes;
  library::Manifest manifest;
};

inline std::shared_ptr<const Content> make_content(Bytes bytes) {
  library::ContentHasher hasher(bytes.size());
  hasher.update(bytes);
  auto manifest = hasher.finish();
  return std::make_shared<const Content>(Content{std::move(bytes), std::move(*manifest)});
}

inline std::shared_ptr<const Content> make_content(std::uint64_t size, std::uint64_t seed) {
  Bytes bytes(size);
  SeededRandom(seed).fill(bytes);
  return make_content(std::move(bytes));
}

/// What a source does from its n-th piece on (counted from 0).
enum class Misdeed { None, FallsSilent, Closes, Lies, SendsShort, HangsHalfway };

struct MemoryPlan {
  std::string name = "source";
  std::string prefix = "net";
  bool reputable = false;
  double bytes_per_second = 0;  // 0: as fast as it is asked
  std::size_t depth = 2;
  Misdeed misdeed = Misdeed::None;
  std::uint64_t from_piece = 0;
  Duration opens_after{0};
  Duration late{0};              // before the first byte of each piece
  bool refuses = false;
  std::optional<library::ContentId> pretends;  // states its file to be this
};

/// What the swarm made of it; outlives the source.
struct MemoryRecord {
  std::vector<swarm::Fault> blamed;
  std::uint64_t praised = 0;
  std::uint64_t asked = 0;      // pieces
  std::uint64_t delivered = 0;  // pieces, whole ones
  std::vector<std::uint64_t> pieces;
  std::optional<MonoTime> misbehaved;
  std::optional<MonoTime> found_out;  // closed, or blamed for a violation
  bool closed = false;
  [[nodiscard]] std::size_t count(swarm::Fault fault) const { return static_cast<std::size_t>(std::ranges::count(blamed, fault)); }
};

class MemorySource final : public swarm::PieceSource {
 public:
  MemorySource(IoClock& clock, std::shared_ptr<const Content> content, MemoryPlan plan, std::shared_ptr<MemoryRecord> record)
      : clock_(clock), content_(std::move(content)), plan_(std::move(plan)), record_(std::move(record)) {}

  [[nodiscard]] const std::string& name() const override { return plan_.name; }
  [[nodiscard]] std::string prefix() const override { return plan_.prefix; }
  [[nodiscard]] bool is_reputable() const override { return plan_.reputable; }
  [[nodiscard]] std::size_t depth() const override { return plan_.depth; }

  [[nodiscard]] Task<Result<library::Manifest>> open(library::ContentId want, MonoTime) override {
    if (plan_.opens_after > Duration::zero()) co_await clock_.sleep_for(plan_.opens_after);
    if (plan_.refuses || plan_.pretends.value_or(content_->manifest.id) != want) co_return fail(Errc::NotFound, "It does not serve this content.");
    library::Manifest stated = content_->manifest;
    stated.id = want;
    co_return stated;
  }

  [[nodiscard]] Task<Status> fetch(std::uint64_t piece, MutableByteView into, std::function<void(std::size_t)> arrived, MonoTime) override {
    const std::uint64_t number = record_->asked++;
    record_->pieces.push_back(piece);
    const Misdeed now = number >= plan_.from_piece ? plan_.misdeed : Misdeed::None;
    // In the order asked for: each begins where the one before it ends on the line.
    const MonoTime begin = std::max(free_at_, clock_.now()) + plan_.late;
    const double seconds = plan_.bytes_per_second > 0 ? static_cast<double>(into.size()) / plan_.bytes_per_second : 0;
    free_at_ = begin + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    if (now != Misdeed::None && !record_->misbehaved) record_->misbehaved = begin;
    struct Line {  // free again when the swarm does not want the piece any more
      MemorySource& self;
      bool whole = false;
      ~Line() {
        if (!whole) self.free_at_ = self.clock_.now();
      }
    };
    Line line{*this};
    // After the piece before it has been taken in.
    if (now != Misdeed::None && begin > clock_.now()) co_await clock_.sleep_until(begin + std::chrono::milliseconds(1));
    if (now == Misdeed::FallsSilent) co_await clock_.sleep_until(kNever);
    if (now == Misdeed::Closes) co_return fail(Errc::Closed, "It closed the connection.");
    if (now == Misdeed::SendsShort) co_return fail(Errc::Malformed, "It sent a piece of another length.");
    const std::size_t parts = std::clamp<std::size_t>(into.size() / kPart, 1, 64);
    for (std::size_t part = 0; part < parts; ++part) {
      if (now == Misdeed::HangsHalfway && part * 2 >= parts) co_await clock_.sleep_until(kNever);
      const double share = static_cast<double>(part + 1) / static_cast<double>(parts);
      if (seconds > 0 || plan_.late > Duration::zero()) {
        co_await clock_.sleep_until(begin + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds * share)));
      }
      const std::size_t from = into.size() * part / parts;
      const std::size_t to = into.size() * (part + 1) / parts;
      std::memcpy(into.data() + from, content_->bytes.data() + piece * content_->manifest.piece_length() + from, to - from);
      arrived(to - from);
    }
    if (now == Misdeed::Lies) into[into.size() / 2] ^= 1;
    line.whole = true;
    ++record_->delivered;
    co_return Status{};
  }

  void blame(swarm::Fault fault) override {
    record_->blamed.push_back(fault);
    if (fault != swarm::Fault::Slow && fault != swarm::Fault::Silent && !record_->found_out) record_->found_out = clock_.now();
  }
  void praise() override { ++record_->praised; }
  void close() override {
    if (!record_->closed && !record_->found_out) record_->found_out = clock_.now();
    record_->closed = true;
  }

 private:
  static constexpr std::size_t kPart = 16 * 1024;
  IoClock& clock_;
  std::shared_ptr<const Content> content_;
  MemoryPlan plan_;
  std::shared_ptr<MemoryRecord> record_;
  MonoTime free_at_{};
};

}  // namespace soulfabric::testing
