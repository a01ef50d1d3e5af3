// SPDX-License-Identifier: GPL-3.0-or-later
// From a stranger's words to an answer on the way.
#include "search_answerer.hpp"

#include <algorithm>

#include "convert.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {

SearchAnswerer::SearchAnswerer(IoContext& context, IoClock& clock, guard::Guard& guard, ServerPort& server, PeerPort& peers, SnapshotSource snapshot,
                               LoadSource load, AnswerOptions options)
    : clock_(clock),
      guard_(guard),
      server_(server),
      peers_(peers),
      snapshot_(std::move(snapshot)),
      load_(std::move(load)),
      scope_(context, "search answers") {
  configure(options);
}

void SearchAnswerer::configure(const AnswerOptions& options) {
  options_ = options;
  ignored_.clear();
  for (const auto& text : options.ignored) {
    auto pattern = TextPattern::compile(text);
    if (pattern) ignored_.push_back(std::move(*pattern));
    else log::warning("soulseek", "filters.search.request: '" + text + "' is left out, " + pattern.error().message);
  }
}

bool SearchAnswerer::is_ignored(const std::string& query) const {
  return std::any_of(ignored_.begin(), ignored_.end(), [&](const TextPattern& pattern) { return pattern.is_in(query); });
}

Task<void> SearchAnswerer::stop() { co_await scope_.close(); }

void SearchAnswerer::on_search(const std::string& user, std::uint32_t token, const std::string& query) {
  ++counts_.received;
  if (user == server_.username() || repeats_.is_repeat(user, token, query, clock_.now())) return;
  const auto subject = guard::Subject::user(user);
  if (guard_.is_banned(subject) || query.size() > library::kMaxQueryBytes || is_ignored(query)) return;
  const auto parsed = library::Query::parse(query);
  if (!parsed) return;
  const auto snapshot = snapshot_();
  library::SearchLimits limits;
  limits.max_files = options_.max_files;
  limits.excluded = &excluded_;
  const auto found = snapshot->search(*parsed, limits);
  if (found.empty()) return;
  if (scope_.size() >= options_.max_deliveries) {
    ++counts_.dropped;
    return;
  }
  guard::ActRequest act;
  act.origin = guard::Origin::LocalAutomation;
  auto permit = guard_.try_permit<guard::SoulseekAnswer>(act);
  if (!permit) return;
  const UploadLoad load = load_();
  wire::peer::FileSearchResponse answer;
  answer.user = server_.username();
  answer.token = token;
  answer.free_slot = load.used < load.slots;
  answer.avg_speed = own_speed_;
  answer.queue_length = load.queued;
  answer.files.reserve(found.size());
  for (const auto id : found) answer.files.push_back(to_wire(snapshot->file(id), snapshot->virtual_path(id)));
  scope_.spawn("deliver", deliver(user, wire::encode(answer), std::move(*permit)));
}

Task<void> SearchAnswerer::deliver(std::string user, Bytes frame, guard::Permit<guard::SoulseekAnswer> permit) {
  permit.spend();
  const auto sent = co_await peers_.send(std::move(user), std::move(frame), clock_.now() + options_.deliver_within);
  if (sent) {
    ++counts_.answered;
  } else {
    ++counts_.dropped;
  }
}

}  // namespace soulfabric::soulseek
