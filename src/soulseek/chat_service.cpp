// SPDX-License-Identifier: GPL-3.0-or-later
// Storing, then acknowledging: a message that the disk did not take is replayed by the server.
#include "chat_service.hpp"

#include <algorithm>

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kMaxText = 2000;       // servers drop more (protocol note, section 13)
constexpr std::int64_t kMaxShown = 1000;     // newest messages of a conversation
constexpr std::int64_t kMicros = 1'000'000;

Status insert(Database& db, const PrivateMessage& message) {
  SF_TRY_ASSIGN(SqlStatement row, db.prepare("INSERT INTO messages(id,username,incoming,time,text,acknowledged,replayed) VALUES(?,?,?,?,?,?,?)"));
  row.bind(1, std::int64_t{message.id}).bind(2, bytes_of(message.username)).bind(3, std::int64_t{message.incoming}).bind(4, to_unix_micros(message.timestamp));
  SF_TRY(row.bind(5, bytes_of(message.text)).bind(6, std::int64_t{message.acknowledged}).bind(7, std::int64_t{message.was_replayed}).run());
  SF_TRY_ASSIGN(SqlStatement open, db.prepare("INSERT INTO conversations VALUES(?,1) ON CONFLICT(username) DO UPDATE SET active=1"));
  return open.bind(1, bytes_of(message.username)).run();
}

Result<bool> is_stored(Database& db, const PrivateMessage& message) {
  SF_TRY_ASSIGN(SqlStatement same, db.prepare("SELECT 1 FROM messages WHERE username=? AND id=? AND time=? AND text=? AND incoming=1"));
  same.bind(1, bytes_of(message.username)).bind(2, std::int64_t{message.id}).bind(3, to_unix_micros(message.timestamp)).bind(4, bytes_of(message.text));
  return same.step();
}

}  // namespace

ChatService::ChatService(IoContext& context, IoClock& clock, ServerSession& server, guard::Guard& guard, DbWriter& store, Observers& observers)
    : clock_(clock), server_(server), guard_(guard), store_(store), observers_(observers), scope_(context, "chat", 4096) {}

Task<void> ChatService::stop() { co_await scope_.close(); }

void ChatService::on_reply(const wire::ServerReply& reply) {
  const auto* in = std::get_if<wire::reply::MessageUser>(&reply);
  if (in == nullptr) return;
  PrivateMessage message;
  message.id = in->id;
  message.timestamp = from_unix_micros(std::int64_t{in->time} * kMicros);
  message.username = in->user;
  message.text = in->text;
  message.was_replayed = !in->is_new.value_or(true);
  scope_.spawn("message", take(std::move(message)));
}

Task<void> ChatService::take(PrivateMessage message) {
  const bool banned = guard_.is_banned(guard::Subject::user(message.username));
  bool fresh = false;
  if (!banned) {
    const auto stored = co_await store_.query([message](Database& db) -> Result<bool> {
      SF_TRY_ASSIGN(const bool known, is_stored(db, message));
      if (known) return false;
      SF_TRY(insert(db, message));
      return true;
    });
    if (!stored) co_return;  // not acknowledged: the server sends it again at the next login
    fresh = *stored;
  }
  server_.send(wire::encode(wire::request::MessageAcked{message.id}));
  if (fresh) observers_.each([&](Observer& o) { o.on_message(message); });
}

Task<Status> ChatService::send(std::string username, std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  if (username.empty() || text.empty()) co_return fail(Errc::InvalidArgument, "a message needs a user and a text");
  if (text.size() > kMaxText) co_return fail(Errc::TooLarge, "the message is longer than 2000 bytes, send it in parts");
  if (!server_.logged_in()) co_return fail(Errc::Unavailable, "the message was not sent: we are not logged in to the Soulseek server");
  guard::ActRequest act;
  auto permit = guard_.try_permit<guard::SoulseekMessage>(act);
  if (!permit) co_return std::unexpected(permit.error());
  permit->spend();
  PrivateMessage message;
  message.timestamp = clock_.wall();
  message.username = username;
  message.incoming = false;
  message.text = text;
  message.acknowledged = true;
  auto stored = co_await store_.query([message](Database& db) { return insert(db, message); });
  if (!stored) co_return stored;
  server_.send(wire::encode(wire::request::MessageUser{username, text}));
  observers_.each([&](Observer& o) { o.on_message(message); });
  co_return Status{};
}

Task<Result<std::vector<Conversation>>> ChatService::conversations(bool include_inactive) {
  auto listed = co_await store_.query([include_inactive](Database& db) -> Result<std::vector<Conversation>> {
    SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT c.username,c.active,(SELECT count(*) FROM messages m WHERE m.username=c.username AND m.incoming=1 "
                                                "AND m.acknowledged=0) FROM conversations c WHERE c.active>=? ORDER BY c.username"));
    rows.bind(1, std::int64_t{include_inactive ? 0 : 1});
    std::vector<Conversation> out;
    for (;;) {
      SF_TRY_ASSIGN(const bool more, rows.step());
      if (!more) return out;
      out.push_back({rows.text(0), rows.integer(1) != 0, static_cast<std::uint32_t>(rows.integer(2))});
    }
  });
  co_return listed;
}

Task<Result<std::vector<PrivateMessage>>> ChatService::messages(std::string username) {
  auto listed = co_await store_.query([username](Database& db) -> Result<std::vector<PrivateMessage>> {
    SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT id,incoming,time,text,acknowledged,replayed FROM messages WHERE username=? ORDER BY n DESC LIMIT ?"));
    rows.bind(1, bytes_of(username)).bind(2, kMaxShown);
    std::vector<PrivateMessage> out;
    for (;;) {
      SF_TRY_ASSIGN(const bool more, rows.step());
      if (!more) break;
      PrivateMessage message;
      message.id = static_cast<std::uint32_t>(rows.integer(0));
      message.username = username;
      message.incoming = rows.integer(1) != 0;
      message.timestamp = from_unix_micros(rows.integer(2));
      message.text = rows.text(3);
      message.acknowledged = rows.integer(4) != 0;
      message.was_replayed = rows.integer(5) != 0;
      out.push_back(std::move(message));
    }
    std::reverse(out.begin(), out.end());
    return out;
  });
  co_return listed;
}

Task<bool> ChatService::acknowledge(std::string username, std::optional<std::uint32_t> id) {
  const auto changed = co_await store_.query([username, id](Database& db) -> Result<bool> {
    SF_TRY_ASSIGN(SqlStatement known, db.prepare("SELECT 1 FROM messages WHERE username=?1 AND (?2 IS NULL OR id=?2) LIMIT 1"));
    SF_TRY_ASSIGN(SqlStatement update, db.prepare("UPDATE messages SET acknowledged=1 WHERE username=?1 AND incoming=1 AND (?2 IS NULL OR id=?2)"));
    for (auto* statement : {&known, &update}) {
      statement->bind(1, bytes_of(username));
      if (id) statement->bind(2, std::int64_t{*id});
    }
    SF_TRY(update.run());
    return known.step();
  });
  co_return changed && *changed;
}

Task<bool> ChatService::close(std::string username) {
  const auto changed = co_await store_.query([username](Database& db) -> Result<bool> {
    SF_TRY_ASSIGN(SqlStatement update, db.prepare("UPDATE conversations SET active=0 WHERE username=?"));
    SF_TRY(update.bind(1, bytes_of(username)).run());
    return db.changes() > 0;
  });
  co_return changed && *changed;
}

}  // namespace soulfabric::soulseek
