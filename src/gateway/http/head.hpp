// SPDX-License-Identifier: GPL-3.0-or-later
// The head of an answer as text.
#pragma once
#include "http/message.hpp"

namespace soulfabric::gateway {

struct HeadOptions {
  std::string_view date;  // an HTTP date
  bool keep_alive = true;
  bool old_client = false;  // HTTP/1.0, which has to be told that the connection stays
};

[[nodiscard]] std::uint64_t body_size(const Response& response) noexcept;
/// Status line, fields with the page's security policy, blank line. Values of `headers` hold no line break.
void append_head(std::string& out, const Response& response, const HeadOptions& options);

}  // namespace soulfabric::gateway
