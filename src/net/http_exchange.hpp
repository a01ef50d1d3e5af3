// SPDX-License-Identifier: GPL-3.0-or-later
// One request and its answer over one connection, plain or in TLS. Network thread only.
#pragma once
#include <openssl/types.h>

#include <memory>
#include <string>

#include "core/http_reader.hpp"
#include "core/http_rules.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/net/stream.hpp"

namespace soulfabric::net {

struct HttpExchange {
  std::unique_ptr<ByteStream> stream;  // connected to a checked address
  std::shared_ptr<SSL_CTX> trust;      // what certificates are judged by
  HttpUrl url;
  HttpMethod method = HttpMethod::Get;
  std::string request;  // the bytes
  std::uint64_t body_cap = 0;
  MonoTime deadline;
};

/// `bytes` grows by what came over the wire. The connection is closed at the end.
[[nodiscard]] Task<HttpResult<HttpResponse>> run_exchange(HttpExchange exchange, std::uint64_t& bytes);

}  // namespace soulfabric::net
