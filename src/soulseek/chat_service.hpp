// SPDX-License-Identifier: GPL-3.0-or-later
// Private messages: acknowledged only once they are stored, kept, shown by conversation. Network thread only.
#pragma once
#include "observers.hpp"
#include "server_session.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::soulseek {

inline constexpr std::string_view kMessageTables = R"sql(
CREATE TABLE messages(
  n INTEGER PRIMARY KEY, id INTEGER NOT NULL, username BLOB NOT NULL, incoming INTEGER NOT NULL, time INTEGER NOT NULL,
  text BLOB NOT NULL, acknowledged INTEGER NOT NULL, replayed INTEGER NOT NULL);
CREATE INDEX messages_of ON messages(username, n);
CREATE TABLE conversations(username BLOB PRIMARY KEY, active INTEGER NOT NULL) WITHOUT ROWID;
)sql";

class ChatService final : public Chat, public ServerListener {
 public:
  ChatService(IoContext& context, IoClock& clock, ServerSession& server, guard::Guard& guard, DbWriter& store, Observers& observers);
  [[nodiscard]] Task<void> stop();

  [[nodiscard]] Task<Result<std::vector<Conversation>>> conversations(bool include_inactive) override;
  [[nodiscard]] Task<Result<std::vector<PrivateMessage>>> messages(std::string username) override;
  [[nodiscard]] Task<Status> send(std::string username, std::string text) override;
  [[nodiscard]] Task<bool> acknowledge(std::string username, std::optional<std::uint32_t> id) override;
  [[nodiscard]] Task<bool> close(std::string username) override;

  void on_reply(const wire::ServerReply& reply) override;

 private:
  [[nodiscard]] Task<void> take(PrivateMessage message);

  IoClock& clock_;
  ServerSession& server_;
  guard::Guard& guard_;
  DbWriter& store_;
  Observers& observers_;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
