// SPDX-License-Identifier: GPL-3.0-or-later
// A connection after its upgrade. Included only by the two files that know Beast.
#pragma once
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/connection.hpp"

namespace soulfabric::gateway {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;

inline constexpr std::size_t kMaxSocketMessage = 16 * 1024;  // what a page may send at once

/// Answers the upgrade, then carries texts until one side ends. Silence is answered by pings.
[[nodiscard]] Task<void> run_websocket(HttpServer& server, HttpSocket& socket, const BeastRequest& request, std::shared_ptr<SocketSource> source);

}  // namespace soulfabric::gateway
