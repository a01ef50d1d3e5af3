// SPDX-License-Identifier: GPL-3.0-or-later
// One share list on its way from a peer to disk. Private to UserService.
#pragma once
#include "user_service.hpp"

namespace soulfabric::soulseek {

struct UserService::Fetch final : BrowseReceiver, std::enable_shared_from_this<UserService::Fetch> {
  Fetch(UserService& owner_in, std::string username_in) : owner(owner_in), username(std::move(username_in)) {}
  void begin(std::uint32_t compressed_size) override;
  [[nodiscard]] Task<Status> chunk(Bytes data) override;
  void finished(Status how) override;

  UserService& owner;
  std::string username;
  std::shared_ptr<BrowseStore> store;
  std::uint64_t size = 0;
  std::uint64_t got = 0;
  std::uint64_t told = 0;
  MonoTime progress_at{};
  MonoTime used_at{};
  std::optional<Status> arrived;  // how the transfer of the list ended
  std::optional<Status> done;     // how the whole fetch ended
  Notifier changed;
};

}  // namespace soulfabric::soulseek
