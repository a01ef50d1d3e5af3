// SPDX-License-Identifier: GPL-3.0-or-later
// What the guard knows as JSON. Nothing of an import is taken before all of it was read.
#include "soulfabric/gateway/guard_export.hpp"

#include "core/json_input.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::uint64_t kLatest = 253'402'300'799'000'000;  // the end of the year 9999, in microseconds
constexpr std::size_t kReasonCap = 200;
constexpr std::size_t kNameCap = 255;
constexpr std::size_t kTimesCap = 1000;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Errc::InvalidArgument, "The import is not what an export gives: " + std::string(what) + ".");
}

void write_subject(JsonWriter& json, const guard::Subject& subject) {
  json.member("kind", name_of(subject.kind)).member("name", subject.name);
}

void write_times(JsonWriter& json, std::string_view name, const std::vector<WallTime>& times) {
  json.key(name).begin_array();
  for (const WallTime at : times) json.value(to_unix_micros(at));
  json.end_array();
}

Result<guard::Subject> subject_of(const Json& row) {
  SF_TRY_ASSIGN(const auto kind, row.text("kind"));
  SF_TRY_ASSIGN(const auto name, row.text("name"));
  if (!kind || !name) return wrong("a row lacks kind or name");
  return read_subject(*kind, *name);
}

Result<std::vector<WallTime>> times_of(const Json& row, std::string_view name) {
  std::vector<WallTime> out;
  const auto* member = row.find(name);
  if (member == nullptr) return out;
  const auto* list = member->array();
  if (list == nullptr || list->size() > kTimesCap) return wrong("a list of times");
  for (const auto& item : *list) {
    const auto* at = item.natural();
    if (at == nullptr || *at > kLatest) return wrong("a time");
    out.push_back(from_unix_micros(static_cast<std::int64_t>(*at)));
  }
  return out;
}

Result<std::optional<WallTime>> time_of(const Json& row, std::string_view name) {
  SF_TRY_ASSIGN(const auto at, row.number(name, 0, kLatest));
  if (!at) return std::optional<WallTime>{};
  return std::optional<WallTime>(from_unix_micros(static_cast<std::int64_t>(*at)));
}

Result<guard::BanRow> ban_of(const Json& row) {
  guard::BanRow out;
  SF_TRY_ASSIGN(out.subject, subject_of(row));
  SF_TRY_ASSIGN(const auto since, time_of(row, "since"));
  if (!since) return wrong("a ban lacks since");
  out.since = *since;
  SF_TRY_ASSIGN(out.until, time_of(row, "until"));
  SF_TRY_ASSIGN(const auto times, row.number("times", 1, 1000));
  out.times = static_cast<unsigned>(times.value_or(1));
  SF_TRY_ASSIGN(const auto reason, row.text("reason"));
  out.reason = reason.value_or("imported").substr(0, kReasonCap);
  SF_TRY_ASSIGN(const auto address, row.text("address"));
  if (address) {
    out.address = IpAddress::parse(*address);
    if (!out.address) return wrong("an address");
  }
  SF_TRY_ASSIGN(const auto by_operator, row.flag("byOperator"));
  out.by_operator = by_operator.value_or(false);
  return out;
}

Result<guard::ViolationRow> violation_of(const Json& row) {
  guard::ViolationRow out;
  SF_TRY_ASSIGN(out.subject, subject_of(row));
  SF_TRY_ASSIGN(out.times, times_of(row, "times"));
  return out;
}

Result<guard::ReputationRow> reputation_of(const Json& row) {
  guard::ReputationRow out;
  SF_TRY_ASSIGN(out.subject, subject_of(row));
  SF_TRY_ASSIGN(const auto score, row.number("score", 0, 100));
  if (!score) return wrong("a reputation lacks score");
  out.score = static_cast<int>(*score);
  SF_TRY_ASSIGN(out.gains, times_of(row, "gains"));
  return out;
}

template <class Row>
Result<std::vector<Row>> rows_of(const Json& json, std::string_view name, Result<Row> (*read)(const Json&)) {
  std::vector<Row> out;
  const auto* member = json.find(name);
  if (member == nullptr) return out;
  const auto* list = member->array();
  if (list == nullptr) return wrong(std::string(name) + " is no list");
  if (list->size() > kGuardRowsCap) return fail(Errc::TooLarge, "The import has too many rows: at most 100000 of each kind are taken.");
  for (const auto& item : *list) {
    SF_TRY_ASSIGN(Row row, read(item));
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Result<guard::Subject> read_subject(std::string_view kind, std::string_view name) {
  if (kind == "peer") {
    if (!PeerId::parse(name)) return fail(Errc::InvalidArgument, "A peer is named by the 32 characters of its id.");
    return guard::Subject::peer(name);
  }
  if (kind == "user") {
    if (name.empty() || name.size() > kNameCap) return fail(Errc::InvalidArgument, "A user's name has 1 to 255 bytes.");
    return guard::Subject::user(name);
  }
  if (kind != "address") return fail(Errc::InvalidArgument, "The kind must be peer, user or address.");
  const auto address = IpAddress::parse(name);
  if (!address) return fail(Errc::InvalidArgument, "The name must be an address such as 203.0.113.7.");
  return guard::Subject::address(*address);
}

std::string export_guard(const guard::Guard& guard) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("version", 1).key("bans").begin_array();
  for (const auto& ban : guard.bans()) {
    json.begin_object();
    write_subject(json, ban.subject);
    json.member("since", to_unix_micros(ban.since));
    if (ban.until) json.member("until", to_unix_micros(*ban.until));
    json.member("times", ban.times).member("reason", ban.reason);
    if (ban.address) json.member("address", ban.address->to_string());
    json.member("byOperator", ban.by_operator).end_object();
  }
  json.end_array().key("violations").begin_array();
  for (const auto& row : guard.violations()) {
    json.begin_object();
    write_subject(json, row.subject);
    write_times(json, "times", row.times);
    json.end_object();
  }
  json.end_array().key("reputations").begin_array();
  for (const auto& row : guard.reputations()) {
    json.begin_object();
    write_subject(json, row.subject);
    json.member("score", row.score);
    write_times(json, "gains", row.gains);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<GuardImport> import_guard(guard::Guard& guard, std::string_view text) {
  if (text.size() > kGuardTextCap) return fail(Errc::TooLarge, "The import is over 16 MiB: it is no export of this program.");
  SF_TRY_ASSIGN(const Json json, Json::parse(text));
  SF_TRY_ASSIGN(const auto version, json.number("version", 1, 1));
  if (!version) return wrong("it has no version");
  SF_TRY_ASSIGN(const auto bans, rows_of<guard::BanRow>(json, "bans", &ban_of));
  SF_TRY_ASSIGN(const auto violations, rows_of<guard::ViolationRow>(json, "violations", &violation_of));
  SF_TRY_ASSIGN(const auto reputations, rows_of<guard::ReputationRow>(json, "reputations", &reputation_of));
  GuardImport taken;
  taken.bans = guard.import_bans(bans);
  guard.import_violations(violations);
  guard.import_reputations(reputations);
  taken.violations = violations.size();
  taken.reputations = reputations.size();
  return taken;
}

}  // namespace soulfabric::gateway
