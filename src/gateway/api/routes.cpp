// SPDX-License-Identifier: GPL-3.0-or-later
// The table, and the usual answers.
#include "api/routes.hpp"

#include "core/json_writer.hpp"

namespace soulfabric::gateway {

void RouteTable::insert(Route route) {
  if (router_.add(route.method, route.path, routes_.size())) routes_.push_back(std::move(route));
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

Response json_response(std::string json, int status) {
  Response response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.body = std::move(json);
  return response;
}

Response string_response(int status, std::string_view sentence) { return json_response(json_string(sentence), status); }

Response text_response(std::string text, int status) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

int status_of(Errc code) noexcept {
  switch (code) {
    case Errc::InvalidArgument: return 400;
    case Errc::TooLarge: return 413;
    case Errc::Unsupported: return 415;
    case Errc::NotFound:
    case Errc::Offline: return 404;
    case Errc::Unauthorized: return 401;
    case Errc::Forbidden:
    case Errc::Banned:
    case Errc::Rejected: return 403;
    case Errc::Exists:
    case Errc::Conflict:
    case Errc::Unavailable: return 409;
    case Errc::RateLimited:
    case Errc::Busy: return 429;
    case Errc::TimedOut: return 504;
    case Errc::NoSpace: return 507;
    case Errc::Cancelled: return 503;
    case Errc::Malformed:
    case Errc::Closed:
    case Errc::Io:
    case Errc::Corrupt:
    case Errc::Internal: return 500;
  }
  return 500;
}

Response error_response(const Error& error) { return string_response(status_of(error.code), error.message); }

}  // namespace soulfabric::gateway
