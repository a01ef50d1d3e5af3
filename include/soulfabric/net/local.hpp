// SPDX-License-Identifier: GPL-3.0-or-later
// Streams and listeners on sockets of this machine alone: socket pairs and Unix sockets. Network thread only.
#pragma once
#include <filesystem>
#include <memory>
#include <utility>

#include "soulfabric/net/tcp.hpp"

namespace soulfabric::net {

/// Owns a connected AF_UNIX stream socket. It has no addresses: `remote` and `local` are 0.0.0.0:0.
[[nodiscard]] std::unique_ptr<ByteStream> make_local_stream(IoContext& context, IoClock& clock, int descriptor);

/// Two ends joined by the kernel: a stream of ours and a descriptor to hand on (close-on-exec, non-blocking). Io.
struct LocalPair {
  std::unique_ptr<ByteStream> stream;
  int descriptor = -1;
};
[[nodiscard]] Result<LocalPair> make_local_pair(IoContext& context, IoClock& clock);

/// A Unix socket that only this user may connect to (0600), removed again when it is closed. A socket left behind by a program that has
/// ended is replaced. Conflict: somebody listens there, or it is no socket; InvalidArgument: the path is too long; Io.
[[nodiscard]] Result<std::unique_ptr<Listener>> listen_local(IoContext& context, IoClock& clock, const std::filesystem::path& path);

}  // namespace soulfabric::net
