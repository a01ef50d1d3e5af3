// SPDX-License-Identifier: GPL-3.0-or-later
// How expected failures travel: a code that a caller can act on and one sentence that a user can read.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace soulfabric {

/// What a caller may want to tell apart. The gateway maps each to one HTTP status.
enum class Errc : std::uint8_t {
  InvalidArgument,  // the caller's own words are wrong
  Malformed,        // bytes from outside do not have the promised form
  TooLarge,         // over a stated cap
  Unsupported,
  NotFound,
  Exists,
  Unauthorized,  // nobody proved who they are
  Forbidden,     // they did, and may not
  Offline,       // the other side is not there
  Unavailable,   // we cannot do it now (not connected, shutting down)
  TimedOut,
  Cancelled,
  Closed,  // the other side closed the connection
  RateLimited,
  Busy,
  Banned,
  Conflict,
  Rejected,  // the other side said no; its words are the message
  Io,        // disk or socket failed
  NoSpace,
  Corrupt,
  Internal,
};

[[nodiscard]] std::string_view name_of(Errc code) noexcept;

/// `message` is one sentence: what happened, to what, what to do. It never carries a secret.
struct Error {
  Errc code = Errc::Internal;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}
/// An errno value as an error: "<what>: <system text>".
[[nodiscard]] Error error_from_errno(int errno_value, std::string_view what);

}  // namespace soulfabric

#define SF_CONCAT_INNER(a, b) a##b
#define SF_CONCAT(a, b) SF_CONCAT_INNER(a, b)
/// Returns the error of a Result-valued expression; drops its value.
#define SF_TRY(expression) \
  if (auto SF_CONCAT(sf_result_, __LINE__) = (expression); !SF_CONCAT(sf_result_, __LINE__)) \
  return std::unexpected(std::move(SF_CONCAT(sf_result_, __LINE__)).error())
/// Declares `declaration` from a Result-valued expression, or returns its error.
#define SF_TRY_ASSIGN(declaration, expression)                      \
  auto SF_CONCAT(sf_result_, __LINE__) = (expression);              \
  if (!SF_CONCAT(sf_result_, __LINE__))                             \
    return std::unexpected(std::move(SF_CONCAT(sf_result_, __LINE__)).error()); \
  declaration = std::move(*SF_CONCAT(sf_result_, __LINE__))
/// The same two for coroutines; the awaited value is given a name first, then handed in.
#define SF_CO_TRY(result) \
  if (!(result)) co_return std::unexpected(std::move(result).error())
