// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets, database and password workers around ServerCore. Network thread only.
#pragma once
#include <deque>
#include <map>
#include <memory>

#include "core/server_core.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/server.hpp"
#include "wire/frame_reader.hpp"

namespace soulfabric::soulseek {

class SoulseekServer::Shell {
 public:
  Shell(IoContext& context, IoClock& clock, ServerOptions options);
  [[nodiscard]] Status start();
  [[nodiscard]] Task<void> stop();
  [[nodiscard]] Endpoint local() const { return listener_->local(); }
  [[nodiscard]] std::size_t users_online() const { return core_ ? core_->users_online() : 0; }
  void announce(std::string text);

 private:
  /// One client, kept by its reader and its writer.
  struct Line {
    ServerConnection id = 0;
    std::unique_ptr<net::ByteStream> stream;
    wire::FrameReader reader{wire::FrameKind::ServerRequests};
    std::deque<std::shared_ptr<const Bytes>> outbox;
    std::size_t outbox_bytes = 0;
    Notifier changed;
    bool finishing = false;  // nothing is taken any more; closed once the outbox has left
    bool dead = false;
    int coroutines = 0;
  };
  [[nodiscard]] Task<void> accept_all();
  [[nodiscard]] Task<void> read_requests(std::shared_ptr<Line> line);
  [[nodiscard]] Task<void> write_replies(std::shared_ptr<Line> line);
  [[nodiscard]] Task<void> work_on_password(ServerPasswordJob job);
  [[nodiscard]] Task<void> tick();
  void welcome(std::unique_ptr<net::ByteStream> stream);
  void take_frames(Line& line);
  void kill(Line& line);
  /// A coroutine of the line is done; the last one takes the client off line.
  void ended(Line& line);
  void perform_all(ServerActions actions);
  void perform(ServerSend& action);
  void perform(ServerClose& action);
  void perform(ServerPasswordJob& action);
  template <class Change>
  void perform(Change& action);
  [[nodiscard]] ServerMoment moment() const;

  IoContext& context_;
  IoClock& clock_;
  ServerOptions options_;
  std::unique_ptr<ServerCore> core_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<DbWriter> writer_;
  WorkerPool passwords_{1};  // one at a time: a hash takes 64 MiB while it runs
  std::map<ServerConnection, std::shared_ptr<Line>> lines_;
  ServerConnection last_id_ = 0;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek
