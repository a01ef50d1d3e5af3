// SPDX-License-Identifier: GPL-3.0-or-later
// Small acts on peers.
#include "transfers/parts.hpp"

namespace soulfabric::soulseek {
namespace {

Task<void> send_and_forget(PeerPort& peers, std::string user, Bytes frame, MonoTime deadline) {
  const Status sent = co_await peers.send(std::move(user), std::move(frame), deadline);
  static_cast<void>(sent);
}

}  // namespace

void TransferParts::send_quietly(const std::string& user, Bytes frame) {
  scope.spawn("message", send_and_forget(deps.peers, user, std::move(frame), deps.clock.now() + options.message_wait));
}

Task<bool> TransferParts::is_genuine(std::string user, Endpoint remote, bool checked) {
  // In one's own network the server knows everybody by the router's address, so it has no say there.
  if (checked || !options.verify_addresses || remote.address.is_loopback() || remote.address.is_private()) co_return true;
  const auto known = co_await deps.server.address_of(std::move(user), deps.clock.now() + options.handshake_wait);
  co_return known.has_value() && known->address == remote.address;
}

}  // namespace soulfabric::soulseek
