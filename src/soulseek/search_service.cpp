// SPDX-License-Identifier: GPL-3.0-or-later
// A search from request to stored answer.
#include "search_service.hpp"

#include <algorithm>

#include "convert.hpp"
#include "core/query.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/base/timeout.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kInlineDecode = 16 * 1024;               // larger answers are inflated on a worker: they may hold a thousand times as much
constexpr std::size_t kMaxDecoding = 32 * 1024 * 1024;         // compressed bytes that wait for a worker; more are dropped
constexpr std::size_t kMaxSearchBytes = 64 * 1024 * 1024;      // answers kept for one search, as they lie in memory
constexpr std::size_t kMaxKeptSearches = 2000;
constexpr Duration kLongestWait = std::chrono::minutes(30);    // for the courtesy permit
constexpr Duration kLongestSearch = std::chrono::minutes(10);  // however many answers still come

std::size_t memory_of(const SearchResponse& response) {
  std::size_t bytes = sizeof(response) + response.username.size();
  for (const auto* list : {&response.files, &response.locked_files}) {
    for (const auto& file : *list) bytes += sizeof(file) + file.name.size() + file.extension.size();
  }
  return bytes;
}

}  // namespace

struct SearchService::Entry {
  Search search;
  SearchRequest request;
  std::vector<SearchResponse> responses;  // while it runs
  std::vector<Bytes> frames;              // the same as they are stored
  std::size_t bytes = 0;
  bool sent = false;
  bool removed = false;
  MonoTime quiet_until{};
  std::optional<SearchOutcome> end;
  Notifier changed;

  [[nodiscard]] Task<void> ended(IoClock& clock) {
    while (!end) co_await changed.wait(clock, kNever);
  }
};

SearchService::SearchService(IoContext& context, IoClock& clock, Random& random, ServerPort& server, guard::CourtesyDesk& desk, DbWriter& store,
                             WorkerPool& workers, Observers& observers)
    : clock_(clock),
      random_(random),
      server_(server),
      desk_(desk),
      store_(store),
      workers_(workers),
      observers_(observers),
      next_token_(static_cast<std::uint32_t>(random.below(UINT32_MAX / 1000))),
      scope_(context, "searches") {}

Task<Status> SearchService::start_up() {
  auto loaded = co_await store_.query([](Database& db) -> Result<std::vector<Search>> {
    SF_TRY(db.execute("UPDATE searches SET outcome=5, problem='the program ended before the search did', ended=started WHERE outcome=0"));
    SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT id,text,token,outcome,problem,started,ended,files,locked,responses FROM searches ORDER BY started,rowid"));
    std::vector<Search> out;
    for (;;) {
      SF_TRY_ASSIGN(const bool more, rows.step());
      if (!more) return out;
      Search s;
      s.id = rows.text(0);
      s.text = rows.text(1);
      s.token = static_cast<std::uint32_t>(rows.integer(2));
      s.outcome = static_cast<SearchOutcome>(rows.integer(3));
      if (!rows.is_null(4)) s.problem = rows.text(4);
      s.started_at = from_unix_micros(rows.integer(5));
      if (!rows.is_null(6)) s.ended_at = from_unix_micros(rows.integer(6));
      s.file_count = static_cast<std::uint32_t>(rows.integer(7));
      s.locked_file_count = static_cast<std::uint32_t>(rows.integer(8));
      s.response_count = static_cast<std::uint32_t>(rows.integer(9));
      out.push_back(std::move(s));
    }
  });
  if (!loaded) co_return std::unexpected(loaded.error());
  for (auto& search : *loaded) {
    auto entry = std::make_shared<Entry>();
    entry->search = std::move(search);
    entries_.push_back(std::move(entry));
  }
  co_return Status{};
}

Task<void> SearchService::stop() { co_await scope_.close(); }

Result<Search> SearchService::start(SearchRequest request, guard::Origin origin) {
  const std::string words = clean_query(request.text);
  if (words.empty()) return fail(Errc::InvalidArgument, "the search has no word to look for, give at least one that is not excluded");
  if (request.id && !is_guid(*request.id)) return fail(Errc::InvalidArgument, "the id of a search must be a GUID");
  if (!server_.logged_in()) return fail(Errc::Unavailable, "the search cannot start: we are not logged in to the Soulseek server");
  auto entry = std::make_shared<Entry>();
  entry->search.id = request.id ? ascii_lower(*request.id) : make_guid(random_);
  if (find(entry->search.id)) return fail(Errc::Conflict, "a search with this id exists already");
  entry->search.text = request.text;
  entry->search.token = ++next_token_;
  entry->search.started_at = clock_.wall();
  entry->request = std::move(request);
  entries_.push_back(entry);
  while (entries_.size() > kMaxKeptSearches) {
    const std::string oldest = entries_.front()->search.id;
    if (!remove(oldest)) break;
  }
  store_.submit([s = entry->search](Database& db) -> Status {
    SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT INTO searches VALUES(?,?,?,0,NULL,?,NULL,0,0,0)"));
    return insert.bind(1, std::string_view(s.id)).bind(2, std::string_view(s.text)).bind(3, std::int64_t{s.token}).bind(4, to_unix_micros(s.started_at)).run();
  });
  scope_.spawn("search", run(entry, origin));
  tell_changed(*entry);
  return entry->search;
}

Task<void> SearchService::run(std::shared_ptr<Entry> entry, guard::Origin origin) {
  guard::ActRequest act;
  act.origin = origin;
  const guard::PlaceCallback on_place = [this, entry](std::size_t place) {
    entry->search.queue_place = static_cast<std::uint32_t>(place);
    tell_changed(*entry);
  };
  auto turn = desk_.acquire<guard::SoulseekSearch>(act, on_place, clock_.now() + kLongestWait);
  auto permit = co_await unless_stopped<guard::Permit<guard::SoulseekSearch>>(std::move(turn), entry->ended(clock_));
  entry->search.queue_place.reset();
  if (entry->end) {
    co_await finish(entry, *entry->end, std::nullopt);
    co_return;
  }
  if (!permit || !server_.logged_in()) {
    const std::string why = permit ? "the connection to the Soulseek server was lost" : permit.error().message;
    co_await finish(entry, SearchOutcome::Errored, why);
    co_return;
  }
  permit->spend();
  const std::string words = clean_query(entry->search.text);
  desk_.guard().note_search(words);
  by_token_[entry->search.token] = entry;
  entry->sent = true;
  entry->quiet_until = clock_.now() + entry->request.timeout;
  server_.send(wire::encode(wire::request::FileSearch{entry->search.token, words}));
  tell_changed(*entry);
  co_await collect(entry);
}

Task<void> SearchService::collect(std::shared_ptr<Entry> entry) {
  const auto longest = clock_.now() + kLongestSearch;
  while (!entry->end) {
    const auto until = std::min(entry->quiet_until, longest);
    if (clock_.now() >= until) {
      entry->end = SearchOutcome::TimedOut;
      break;
    }
    co_await entry->changed.wait(clock_, until);
  }
  by_token_.erase(entry->search.token);
  std::optional<std::string> problem;
  if (*entry->end == SearchOutcome::Errored) problem = "the connection to the Soulseek server was lost";
  co_await finish(entry, *entry->end, std::move(problem));
}

Task<void> SearchService::finish(std::shared_ptr<Entry> entry, SearchOutcome outcome, std::optional<std::string> problem) {
  Search ended = entry->search;
  ended.outcome = outcome;
  ended.problem = std::move(problem);
  ended.ended_at = clock_.wall();
  if (!entry->removed) {
    store_.submit([ended, frames = std::move(entry->frames), users = [&] {
                     std::vector<std::string> names;
                     for (const auto& response : entry->responses) names.push_back(response.username);
                     return names;
                   }()](Database& db) -> Status {
      SF_TRY_ASSIGN(SqlStatement update, db.prepare("UPDATE searches SET outcome=?2,problem=?3,ended=?4,files=?5,locked=?6,responses=?7 WHERE id=?1"));
      update.bind(1, std::string_view(ended.id)).bind(2, static_cast<std::int64_t>(ended.outcome)).bind(4, to_unix_micros(*ended.ended_at));
      if (ended.problem) update.bind(3, std::string_view(*ended.problem));
      SF_TRY(update.bind(5, std::int64_t{ended.file_count}).bind(6, std::int64_t{ended.locked_file_count}).bind(7, std::int64_t{ended.response_count}).run());
      SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT OR REPLACE INTO search_responses VALUES(?,?,?,?)"));
      for (std::size_t i = 0; i < frames.size(); ++i) {
        insert.bind(1, std::string_view(ended.id)).bind(2, static_cast<std::int64_t>(i)).bind(3, bytes_of(users[i]));
        SF_TRY(insert.bind(4, ByteView(frames[i])).run());
      }
      return {};
    });
    co_await store_.flush();  // clients read the answers as soon as they see "complete"
  }
  entry->frames.clear();
  entry->responses.clear();
  entry->responses.shrink_to_fit();
  entry->search = std::move(ended);
  tell_changed(*entry);
}

void SearchService::on_answer(const PeerMessageIn& message) {
  const auto head = wire::peek_search_answer(message.body);
  if (!head || !wants(head->token)) return;
  Sender from{message.username, message.remote.address, message.incoming};
  if (message.body.size() > kInlineDecode) {
    if (decoding_ + message.body.size() > kMaxDecoding) return;
    scope_.spawn("large answer", decode_large(std::move(from), Bytes(message.body.begin(), message.body.end())));
    return;
  }
  judge(from, wire::decode_peer(wire::peer::FileSearchResponse::kCode, message.body), Bytes(message.body.begin(), message.body.end()));
}

Task<void> SearchService::decode_large(Sender from, Bytes body) {
  auto shared = std::make_shared<Bytes>(std::move(body));
  struct Counted {
    std::size_t& total;
    std::size_t bytes;
    ~Counted() { total -= bytes; }
  };
  decoding_ += shared->size();
  const Counted counted{decoding_, shared->size()};
  auto decoded = co_await workers_.run([shared] { return wire::decode_peer(wire::peer::FileSearchResponse::kCode, *shared); });
  judge(from, decoded, std::move(*shared));
}

void SearchService::judge(const Sender& from, const Result<wire::PeerMessage>& decoded, Bytes frame) {
  if (decoded) {
    if (const auto* answer = std::get_if<wire::peer::FileSearchResponse>(&*decoded)) take(from.username, *answer, std::move(frame));
    return;
  }
  auto& guard = desk_.guard();
  const auto violation = decoded.error().code == Errc::TooLarge ? guard::Violation::DangerousContent : guard::Violation::InvalidMessage;
  const auto channel = from.incoming ? guard::Channel::TheyConnected : guard::Channel::WeDialled;
  guard.charge({violation, guard.subject_for(from.username, from.address), from.address, channel});
}

void SearchService::take(const std::string& username, const wire::peer::FileSearchResponse& answer, Bytes frame) {
  const auto found = by_token_.find(answer.token);
  if (found == by_token_.end()) return;
  const auto entry = found->second;
  const auto& wish = entry->request;
  SearchResponse response = to_response(answer, username);
  const std::size_t bytes = frame.size() + memory_of(response);
  if (entry->end || entry->bytes + bytes > kMaxSearchBytes) return;
  if (wish.filter_responses && (response.files.size() + response.locked_files.size() < wish.minimum_response_file_count ||
                                response.queue_length > wish.maximum_peer_queue_length || response.upload_speed < wish.minimum_peer_upload_speed)) {
    return;
  }
  entry->bytes += bytes;
  entry->search.response_count += 1;
  entry->search.file_count += static_cast<std::uint32_t>(response.files.size());
  entry->search.locked_file_count += static_cast<std::uint32_t>(response.locked_files.size());
  entry->responses.push_back(std::move(response));
  entry->frames.push_back(std::move(frame));
  entry->quiet_until = clock_.now() + wish.timeout;
  if (entry->search.response_count >= wish.response_limit) entry->end = SearchOutcome::ResponseLimitReached;
  if (entry->search.file_count >= wish.file_limit) entry->end = SearchOutcome::FileLimitReached;
  entry->changed.notify_all();
  observers_.each([&](Observer& o) { o.on_search_responses(entry->search.id, entry->responses.size() - 1); });
  tell_changed(*entry);
}

void SearchService::on_session(bool logged_in) {
  if (logged_in) return;
  for (const auto& [token, entry] : by_token_) {
    entry->end = SearchOutcome::Errored;
    entry->changed.notify_all();
  }
}

std::vector<Search> SearchService::list() const {
  std::vector<Search> out;
  out.reserve(entries_.size());
  for (const auto& entry : entries_) out.push_back(entry->search);
  return out;
}

std::optional<Search> SearchService::find(const std::string& id) const {
  const std::string wanted = ascii_lower(id);
  for (const auto& entry : entries_) {
    if (entry->search.id == wanted) return entry->search;
  }
  return std::nullopt;
}

Task<Result<std::vector<SearchResponse>>> SearchService::responses(std::string id, std::size_t from) {
  const std::string wanted = ascii_lower(id);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry->search.id == wanted; });
  if (found == entries_.end()) co_return fail(Errc::NotFound, "there is no search with this id");
  const auto entry = *found;
  if (entry->search.outcome == SearchOutcome::Running) {
    std::vector<SearchResponse> out;
    for (std::size_t i = from; i < entry->responses.size(); ++i) out.push_back(entry->responses[i]);
    co_return out;
  }
  auto stored = co_await store_.query([wanted, from](Database& db) -> Result<std::vector<SearchResponse>> {
    SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT username,frame FROM search_responses WHERE search=? AND n>=? ORDER BY n"));
    rows.bind(1, std::string_view(wanted)).bind(2, static_cast<std::int64_t>(from));
    std::vector<SearchResponse> out;
    for (;;) {
      SF_TRY_ASSIGN(const bool more, rows.step());
      if (!more) return out;
      const auto decoded = wire::decode_peer(wire::peer::FileSearchResponse::kCode, rows.blob(1));
      if (const auto* answer = decoded ? std::get_if<wire::peer::FileSearchResponse>(&*decoded) : nullptr) out.push_back(to_response(*answer, rows.text(0)));
    }
  });
  co_return stored;
}

bool SearchService::cancel(const std::string& id) {
  const std::string wanted = ascii_lower(id);
  for (const auto& entry : entries_) {
    if (entry->search.id != wanted) continue;
    if (entry->search.outcome == SearchOutcome::Running && !entry->end) {
      entry->end = SearchOutcome::Cancelled;
      entry->changed.notify_all();
    }
    return true;
  }
  return false;
}

bool SearchService::remove(const std::string& id) {
  const std::string wanted = ascii_lower(id);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry->search.id == wanted; });
  if (found == entries_.end()) return false;
  (*found)->removed = true;
  cancel(wanted);
  entries_.erase(found);
  store_.submit([wanted](Database& db) -> Status {
    SF_TRY_ASSIGN(SqlStatement drop, db.prepare("DELETE FROM searches WHERE id=?"));
    return drop.bind(1, std::string_view(wanted)).run();
  });
  observers_.each([&](Observer& o) { o.on_search_removed(wanted); });
  return true;
}

void SearchService::tell_changed(const Entry& entry) {
  if (entry.removed) return;
  observers_.each([&](Observer& o) { o.on_search_changed(entry.search.id); });
}

}  // namespace soulfabric::soulseek
