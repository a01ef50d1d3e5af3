// SPDX-License-Identifier: GPL-3.0-or-later
// A failed request: what is counted and what the caller is told.
#pragma once
#include <expected>
#include <string>
#include <utility>

#include "soulfabric/base/error.hpp"
#include "soulfabric/net/http.hpp"

namespace soulfabric::net {

struct HttpFault {
  HttpRefusal why;
  Error error;
};
template <class T>
using HttpResult = std::expected<T, HttpFault>;
using HttpStatus = HttpResult<void>;

[[nodiscard]] inline std::unexpected<HttpFault> refuse(HttpRefusal why, Errc code, std::string sentence) {
  return std::unexpected<HttpFault>(HttpFault{why, Error{code, std::move(sentence)}});
}

}  // namespace soulfabric::net
