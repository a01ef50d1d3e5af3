// SPDX-License-Identifier: GPL-3.0-or-later
// One question at a time to one child.
#include "media_judge.hpp"

#include <poll.h>

#include "copy_reader.hpp"

namespace soulfabric::library {
namespace {

constexpr int kLookEvery = 100;  // milliseconds: how soon a stop is noticed

}  // namespace

Status MediaJudge::prepare(const std::filesystem::path& program) {
  if (child_ && (program != program_ || files_ >= limits_.files_per_child)) child_.reset();
  if (child_) return {};
  if (program.empty()) return fail(Errc::Unavailable, "Audio cannot be verified because soulfabric-media is missing: install it beside soulfabric.");
  SF_TRY_ASSIGN(child_, MediaChild::spawn(program, kMediaCheckWord));
  program_ = program;
  files_ = 0;
  return {};
}

Result<std::optional<MediaCheckAnswer>> MediaJudge::judge(int descriptor, std::uint64_t size, const std::string& extension, const ReadPace& pace) {
  if (!child_) return fail(Errc::Unavailable, "Audio cannot be verified: soulfabric-media is not running.");
  ++files_;
  const MediaCheckRequest request{++last_number_, size, extension};
  const MonoTime deadline = clock_.now() + limits_.least_wait + std::chrono::seconds(size / limits_.slowest_bytes_per_second);
  bool is_there = child_->send(encode(request), std::span(&descriptor, 1));
  while (is_there && clock_.now() < deadline) {
    if (pace.is_stopped()) {
      child_.reset();
      return fail(Errc::Cancelled, "the reading was given up");
    }
    pollfd wait{child_->socket(), POLLIN, 0};
    if (::poll(&wait, 1, kLookEvery) <= 0) continue;
    const auto answer = child_->receive_check();
    if (answer && answer->number == request.number) return answer;
    is_there = false;
  }
  child_.reset();
  return std::optional<MediaCheckAnswer>();
}

}  // namespace soulfabric::library
