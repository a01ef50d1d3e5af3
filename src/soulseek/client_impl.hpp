// SPDX-License-Identifier: GPL-3.0-or-later
// The client put together: which part hears what. Private to make_client.
#pragma once
#include "chat_service.hpp"
#include "distributed_tree.hpp"
#include "observers.hpp"
#include "search_answerer.hpp"
#include "search_service.hpp"
#include "share_answers.hpp"
#include "soulfabric/library/shares.hpp"
#include "soulfabric/soulseek/make_client.hpp"
#include "transfers/transfer_service.hpp"
#include "user_service.hpp"

namespace soulfabric::soulseek {

/// Files of the present snapshot, for uploads.
class SnapshotFiles final : public SharedFiles {
 public:
  explicit SnapshotFiles(const library::Shares& shares) : shares_(shares) {}
  [[nodiscard]] std::optional<std::uint64_t> size_of(const std::string& virtual_path) const override;
  [[nodiscard]] std::function<Result<std::unique_ptr<File>>()> opener(const std::string& virtual_path) const override;

 private:
  const library::Shares& shares_;
};

class ClientImpl final : public RunningClient, private Session, private ServerListener, private library::Shares::Observer {
 public:
  ClientImpl(const ClientDependencies& deps, const Options& options, const std::filesystem::path& app_dir);
  ~ClientImpl() override = default;

  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const Options& options) override;
  [[nodiscard]] ClientCounts counts() const override;

  Session& session() override { return *this; }
  Searches& searches() override { return searches_; }
  Transfers& transfers() override { return transfers_; }
  Users& users() override { return users_; }
  Chat& chat() override { return chat_; }
  void subscribe(soulseek::Observer& observer) override { observers_.add(observer); }
  void unsubscribe(soulseek::Observer& observer) override { observers_.remove(observer); }

 private:
  // Session
  [[nodiscard]] SessionInfo info() const override;
  [[nodiscard]] DistributedInfo distributed() const override { return tree_.info(); }
  bool connect() override { return server_.connect(); }
  void disconnect(std::string reason) override { server_.disconnect(std::move(reason)); }
  void set_listen(Endpoint at) override { hub_.set_listen(at); }
  [[nodiscard]] Task<Status> wait_logged_in(MonoTime deadline) override { return server_.wait_logged_in(deadline); }
  // ServerListener
  void on_login() override;
  void on_logout() override;
  void on_session_changed() override;
  void on_reply(const wire::ServerReply& reply) override;
  void on_user_status(const std::string& username, const UserStatus& status) override;
  // library
  void on_snapshot(const std::shared_ptr<const library::Snapshot>& snapshot) override;

  void on_peer_message(const PeerMessageIn& message);
  void announce_shares();
  [[nodiscard]] PeerHubHandlers hub_handlers();
  [[nodiscard]] TransferEvents transfer_events();

  ClientDependencies deps_;
  Options options_;
  std::filesystem::path app_dir_;
  Observers observers_;
  SnapshotFiles files_;
  ServerSession server_;
  PeerHub hub_;
  SearchService searches_;
  TransferService transfers_;
  SearchAnswerer answerer_;
  DistributedTree tree_;
  ShareAnswers share_answers_;
  UserService users_;
  ChatService chat_;
  AddressRates direct_searches_{5, 1, std::chrono::seconds(1)};  // a search that a peer sends to us alone
  bool started_ = false;
};

}  // namespace soulfabric::soulseek
