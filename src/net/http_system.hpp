// SPDX-License-Identifier: GPL-3.0-or-later
// What the HTTP client takes from the system: names to addresses, and whose certificates are believed.
#pragma once
#include <openssl/types.h>

#include <memory>
#include <string>

#include "soulfabric/net/http_client.hpp"

namespace soulfabric::net {

/// getaddrinfo of both families, whatever addresses this machine has, on the library's own thread. At the deadline the wait ends, though
/// the system may still be at it.
[[nodiscard]] HttpResolver make_system_resolver(IoContext& context, IoClock& clock);
/// The system's certificates and those of `ca_file` (PEM; empty: none). Reads files. Io where `ca_file` cannot be read.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> load_trust(const std::string& ca_file);

}  // namespace soulfabric::net
