// SPDX-License-Identifier: GPL-3.0-or-later
// A TLS session between two identities over any other stream, as a stream. Network thread only.
#pragma once
#include <memory>
#include <optional>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/stream.hpp"
#include "soulfabric/net/tls.hpp"

namespace soulfabric::net {

/// An end of the stream below without the goodbye of TLS is no end but an error (Io): somebody cut it off. `shutdown_write` sends the
/// goodbye in the background, `finish` waits until it has left.
class TlsStream : public ByteStream {
 public:
  /// Proven; of a client's side only after its first byte was read it is certain that the server took our certificate.
  [[nodiscard]] virtual const PeerId& peer() const noexcept = 0;
};

struct TlsStreamOptions {
  TlsSide side = TlsSide::Client;
  std::optional<PeerId> expected;  // the only peer that a client accepts
};

/// After the handshake. `scope` outlives the stream and joins what `shutdown_write` left to be sent. Errors: Unauthorized (another peer
/// or none), Malformed, TimedOut, and those of the stream below.
[[nodiscard]] Task<Result<std::unique_ptr<TlsStream>>> start_tls(TaskScope& scope, IoClock& clock, std::unique_ptr<ByteStream> below,
                                                                 std::shared_ptr<const TlsIdentity> identity, TlsStreamOptions options,
                                                                 MonoTime deadline);

}  // namespace soulfabric::net
