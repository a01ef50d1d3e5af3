// SPDX-License-Identifier: GPL-3.0-or-later
// Rows in memory and their statements.
#include "transfers/transfer_book.hpp"

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kRemovedInMemory = 5000;  // hidden rows that lists may still show; older ones stay in the database only

constexpr std::string_view kUpsert = R"sql(
INSERT INTO transfers(seq,id,batch_id,direction,username,filename,size,start_offset,state,requested_at,enqueued_at,started_at,ended_at,
bytes_transferred,average_speed,exception,attempts,next_attempt_at,local_path,removed,synced,target)
VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)
ON CONFLICT(seq) DO UPDATE SET size=?7,start_offset=?8,state=?9,enqueued_at=?11,started_at=?12,ended_at=?13,bytes_transferred=?14,
average_speed=?15,exception=?16,attempts=?17,next_attempt_at=?18,local_path=?19,removed=?20,synced=?21,target=?22)sql";

constexpr std::string_view kColumns =
    "seq,id,batch_id,direction,username,filename,size,start_offset,state,requested_at,enqueued_at,started_at,ended_at,"
    "bytes_transferred,average_speed,exception,attempts,next_attempt_at,local_path,removed,synced,target";

void bind_text(SqlStatement& s, int index, const std::optional<std::string>& value) {
  value ? s.bind(index, *value) : s.bind_null(index);
}
void bind_time(SqlStatement& s, int index, const std::optional<WallTime>& value) {
  value ? s.bind(index, to_unix_micros(*value)) : s.bind_null(index);
}
std::optional<WallTime> time_at(const SqlStatement& s, int column) {
  return s.is_null(column) ? std::nullopt : std::optional(from_unix_micros(s.integer(column)));
}
std::optional<std::string> text_at(const SqlStatement& s, int column) {
  return s.is_null(column) ? std::nullopt : std::optional(s.text(column));
}
std::uint64_t count_at(const SqlStatement& s, int column) { return static_cast<std::uint64_t>(s.integer(column)); }

Status write_row(Database& database, const TransferRow& row) {
  SF_TRY_ASSIGN(SqlStatement s, database.prepare(kUpsert));
  const Transfer& t = row.shown;
  s.bind(1, row.seq).bind(2, t.id);
  bind_text(s, 3, t.batch_id);
  s.bind(4, std::int64_t{t.direction == Direction::Upload}).bind(5, bytes_of(t.username)).bind(6, bytes_of(t.filename));
  s.bind(7, static_cast<std::int64_t>(t.size)).bind(8, static_cast<std::int64_t>(t.start_offset)).bind(9, static_cast<std::int64_t>(t.state));
  s.bind(10, to_unix_micros(t.requested_at));
  bind_time(s, 11, t.enqueued_at);
  bind_time(s, 12, t.started_at);
  bind_time(s, 13, t.ended_at);
  s.bind(14, static_cast<std::int64_t>(t.bytes_transferred)).bind(15, t.average_speed);
  bind_text(s, 16, t.exception);
  s.bind(17, std::int64_t{t.attempts});
  bind_time(s, 18, t.next_attempt_at);
  s.bind(19, bytes_of(row.moving_to)).bind(20, std::int64_t{t.removed}).bind(21, static_cast<std::int64_t>(row.synced));
  s.bind(22, bytes_of(row.target));
  return s.run();
}

std::unique_ptr<TransferRow> read_row(const SqlStatement& s) {
  auto row = std::make_unique<TransferRow>();
  Transfer& t = row->shown;
  row->seq = s.integer(0);
  t.id = s.text(1);
  t.batch_id = text_at(s, 2);
  t.direction = s.integer(3) != 0 ? Direction::Upload : Direction::Download;
  t.username = s.text(4);
  t.filename = s.text(5);
  t.size = count_at(s, 6);
  t.start_offset = count_at(s, 7);
  t.state = static_cast<TransferState>(s.integer(8));
  t.requested_at = from_unix_micros(s.integer(9));
  t.enqueued_at = time_at(s, 10);
  t.started_at = time_at(s, 11);
  t.ended_at = time_at(s, 12);
  t.bytes_transferred = count_at(s, 13);
  t.average_speed = s.real(14);
  t.exception = text_at(s, 15);
  t.attempts = static_cast<std::uint32_t>(s.integer(16));
  t.next_attempt_at = time_at(s, 17);
  row->moving_to = s.text(18);
  t.removed = s.integer(19) != 0;
  row->synced = row->written = count_at(s, 20);
  row->target = s.text(21);
  if (t.state == (TransferState::Completed | TransferState::Succeeded) && !row->moving_to.empty()) t.local_path = row->moving_to;
  return row;
}

using Rows = std::vector<std::unique_ptr<TransferRow>>;

Result<std::shared_ptr<Rows>> read_rows(Database& database) {
  const std::string sql = "SELECT " + std::string(kColumns) + " FROM transfers WHERE removed=0 OR state<16 OR seq>(SELECT IFNULL(MAX(seq),0) FROM transfers)-" +
                          std::to_string(kRemovedInMemory) + " ORDER BY seq";
  SF_TRY_ASSIGN(SqlStatement s, database.prepare(sql));
  auto rows = std::make_shared<Rows>();
  for (;;) {
    SF_TRY_ASSIGN(const bool more, s.step());
    if (!more) return rows;
    rows->push_back(read_row(s));
  }
}

}  // namespace

Task<Status> TransferBook::load() {
  const auto rows = co_await store_.query(read_rows);
  if (!rows) co_return std::unexpected(rows.error());
  for (auto& row : **rows) {
    next_seq_ = row->seq + 1;
    insert(std::move(row));
  }
  co_return Status{};
}

TransferRow& TransferBook::insert(std::unique_ptr<TransferRow> row) {
  TransferRow& entry = *row;
  by_id_[entry.shown.id] = &entry;
  if (!entry.shown.removed) {
    by_file_[{entry.shown.direction, entry.shown.username, entry.shown.filename}] = &entry;
  } else {
    ++removed_;
  }
  rows_[entry.seq] = std::move(row);
  return entry;
}

TransferRow& TransferBook::create(Transfer shown) {
  auto row = std::make_unique<TransferRow>();
  row->seq = next_seq_++;
  row->shown = std::move(shown);
  row->shown.requested_at = clock_.wall();
  return insert(std::move(row));
}

TransferRow* TransferBook::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}
const TransferRow* TransferBook::find(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}
TransferRow* TransferBook::newest(Direction direction, const std::string& user, const std::string& file) {
  const auto found = by_file_.find({direction, user, file});
  return found == by_file_.end() ? nullptr : found->second;
}

void TransferBook::set_state(TransferRow& row, TransferState state) {
  Transfer& t = row.shown;
  const WallTime now = clock_.wall();
  if (has(state, TransferState::Queued) && !t.enqueued_at) t.enqueued_at = now;
  if (state == TransferState::InProgress && t.state != state) t.started_at = now;
  if (has(state, TransferState::Completed)) {
    if (!t.ended_at) t.ended_at = now;
    t.next_attempt_at.reset();
    t.place_in_queue.reset();
  }
  t.state = state;
  store(row);
  tell(row);
  if (row.remove_when_done) hide(row);
}

void TransferBook::store(const TransferRow& row) {
  store_.submit([copy = row](Database& database) { return write_row(database, copy); });
}

void TransferBook::tell(TransferRow& row) {
  row.reported = clock_.now();
  if (events_.changed) events_.changed(row.shown);
}

void TransferBook::tell_progress(TransferRow& row, Duration interval) {
  if (clock_.now() - row.reported >= interval) tell(row);
}

bool TransferBook::hide(TransferRow& row) {
  if (!has(row.shown.state, TransferState::Completed)) return false;
  if (row.shown.removed) return true;
  row.shown.removed = true;
  ++removed_;
  const auto found = by_file_.find({row.shown.direction, row.shown.username, row.shown.filename});
  if (found != by_file_.end() && found->second == &row) by_file_.erase(found);
  store(row);
  const std::string id = row.shown.id;
  if (events_.removed) events_.removed(id);
  return true;
}

void TransferBook::trim_removed() {
  for (auto row = rows_.begin(); removed_ > kRemovedInMemory && row != rows_.end();) {
    const Transfer& t = row->second->shown;
    // What ended just now may still be in the hands of the task that served it.
    if (t.removed && t.ended_at && clock_.wall() - *t.ended_at > std::chrono::minutes(10)) {
      by_id_.erase(t.id);
      row = rows_.erase(row);
      --removed_;
    } else {
      ++row;
    }
  }
}

void TransferBook::store_batch(const std::string& id, const DownloadRequest& request) {
  trim_removed();
  store_.submit([id, user = request.username, search = request.search_id, options = request.options, at = clock_.wall()](Database& database) {
    auto s = database.prepare("INSERT OR IGNORE INTO transfer_batches(id,username,search_id,destination,external_id,created_at) VALUES(?1,?2,?3,?4,?5,?6)");
    if (!s) return Status(std::unexpected(s.error()));
    s->bind(1, id).bind(2, bytes_of(user));
    bind_text(*s, 3, search);
    bind_text(*s, 4, options.destination);
    bind_text(*s, 5, options.external_id);
    s->bind(6, to_unix_micros(at));
    return s->run();
  });
}

Task<std::optional<Batch>> TransferBook::batch(std::string id) {
  auto read = [id](Database& database) -> std::optional<Batch> {
    auto s = database.prepare("SELECT username,search_id,destination,external_id,created_at FROM transfer_batches WHERE id=?1");
    if (!s) return std::nullopt;
    const auto row = s->bind(1, id).step();
    if (!row || !*row) return std::nullopt;
    Batch found;
    found.id = id;
    found.username = std::string(text_of(s->blob(0)));
    found.search_id = text_at(*s, 1);
    found.options = {text_at(*s, 2), text_at(*s, 3)};
    found.created_at = from_unix_micros(s->integer(4));
    return found;
  };
  // What was submitted before is committed first, so that a batch is there as soon as it was asked for.
  const auto flushed = co_await store_.flush();
  if (!flushed) co_return std::nullopt;
  auto found = co_await store_.query(std::move(read));
  co_return found;
}

std::vector<Transfer> TransferBook::list(Direction direction, bool include_removed) const {
  std::vector<Transfer> all;
  for (const auto& [seq, row] : rows_) {
    if (row->shown.direction == direction && (include_removed || !row->shown.removed)) all.push_back(row->shown);
  }
  return all;
}

std::vector<TransferRow*> TransferBook::unfinished(Direction direction) {
  std::vector<TransferRow*> found;
  for (const auto& [seq, row] : rows_) {
    if (row->shown.direction == direction && !has(row->shown.state, TransferState::Completed)) found.push_back(row.get());
  }
  return found;
}

std::vector<TransferRow*> TransferBook::completed(Direction direction) {
  std::vector<TransferRow*> found;
  for (const auto& [seq, row] : rows_) {
    if (row->shown.direction == direction && !row->shown.removed && has(row->shown.state, TransferState::Completed)) found.push_back(row.get());
  }
  return found;
}

}  // namespace soulfabric::soulseek
