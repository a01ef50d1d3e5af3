// SPDX-License-Identifier: GPL-3.0-or-later
// What downloads and uploads share: what they were given, one scope for their tasks, and a few small acts on peers.
#pragma once
#include <string>

#include "soulfabric/base/task_scope.hpp"
#include "transfers/transfer_book.hpp"
#include "transfers/transfer_service.hpp"

namespace soulfabric::soulseek {

struct TransferParts {
  TransferDeps deps;
  TransferOptions options;
  TransferBook book;
  TaskScope scope;
  bool logged_in = false;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  TransferParts(const TransferDeps& deps_in, TransferOptions options_in, TransferEvents events)
      : deps(deps_in),
        options(std::move(options_in)),
        book(deps_in.store, deps_in.clock, std::move(events)),
        scope(deps_in.context, "transfers") {}

  /// Sends one P message in the background; a failure is of no consequence.
  void send_quietly(const std::string& user, Bytes frame);
  /// True where the connection is known, or found out now, to come from the address that the server has for the user.
  [[nodiscard]] Task<bool> is_genuine(std::string user, Endpoint remote, bool checked);
};

/// A file (F) connection as seen by whoever may close it from outside, while a task reads or writes on it.
struct OpenStream {
  std::unique_ptr<net::ByteStream> stream;
  void close() const {
    if (stream) stream->close();
  }
};

}  // namespace soulfabric::soulseek
